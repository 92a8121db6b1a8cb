/*{
  "ISFVSN": "2",
  "DESCRIPTION": "The last look: fresh picture, history, edges and glow become one light; then shoulder, vignette, grain, master and dither.",
  "CREDIT": "vj",
  "CATEGORIES": ["Finish"],
  "INPUTS": [
    {"NAME": "inputImage", "TYPE": "image"},
    {"NAME": "edge", "TYPE": "float", "DEFAULT": 0.06, "MIN": 0.0, "MAX": 0.6, "LABEL": "Glow of edges",
     "FOLLOW": {"from": "bands.highs.hits", "amount": 0.2, "attack": 0.005, "release": 0.08}},
    {"NAME": "relief", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 1.0, "LABEL": "Edges warm on one side and cool on the other"},
    {"NAME": "chroma", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 0.004, "LABEL": "Red and blue drawn apart towards the rim",
     "FOLLOW": {"from": "bands.snare.hits", "amount": 0.3, "attack": 0.01, "release": 0.14}},
    {"NAME": "shoulder", "TYPE": "float", "DEFAULT": 0.8, "MIN": 0.4, "MAX": 0.98, "LABEL": "Where added light begins to be held back"},
    {"NAME": "vignette", "TYPE": "float", "DEFAULT": 0.2, "MIN": 0.0, "MAX": 0.6, "LABEL": "Darker rim"},
    {"NAME": "grain", "TYPE": "float", "DEFAULT": 0.02, "MIN": 0.0, "MAX": 0.08, "LABEL": "Film grain in the middle tones",
     "FOLLOW": {"from": "bands.highs.presence", "amount": 0.1, "attack": 0.3, "release": 1.5}},
    {"NAME": "grain_frame", "TYPE": "long", "DEFAULT": 0, "LABEL": "Number of the grain's pattern, 24 a second"},
    {"NAME": "level", "TYPE": "float", "DEFAULT": 1.0, "LABEL": "Master, 0 in blackout"},
    {"NAME": "corner", "TYPE": "point2D", "DEFAULT": [0.0, 0.0], "LABEL": "Picture coordinate of the canvas's lower left corner"},
    {"NAME": "across", "TYPE": "point2D", "DEFAULT": [1.0, 0.0], "LABEL": "Picture coordinates per canvas width"},
    {"NAME": "up", "TYPE": "point2D", "DEFAULT": [0.0, 1.0], "LABEL": "Picture coordinates per canvas height"},
    {"NAME": "map", "TYPE": "image", "LABEL": "Where each place looks"},
    {"NAME": "stored", "TYPE": "image", "LABEL": "The history"},
    {"NAME": "share", "TYPE": "float", "DEFAULT": 0.0, "LABEL": "How much of the history is shown"},
    {"NAME": "glow", "TYPE": "image", "LABEL": "Bloom, and in alpha the halo"},
    {"NAME": "gain", "TYPE": "float", "DEFAULT": 0.0, "LABEL": "Bloom's gain"},
    {"NAME": "halation", "TYPE": "float", "DEFAULT": 0.0, "LABEL": "The halo's gain"},
    {"NAME": "toned", "TYPE": "image", "LABEL": "With HALF: what pass 1 drew"},
    {"NAME": "aspect", "TYPE": "float", "DEFAULT": 1.0, "LABEL": "The canvas's width by its height"},
    {"NAME": "apart", "TYPE": "point2D", "DEFAULT": [0.0, 0.0], "LABEL": "With OWN: texels that red and blue are drawn apart at the rim, each way"},
    {"NAME": "shift", "TYPE": "point2D", "DEFAULT": [0.0, 0.0], "LABEL": "Target pixel of the canvas's lower left corner"}
  ],
  "PASSES": [{}, {"TARGET": "toned", "FLOAT": true}]
}*/

// Pass 0 is the last; BENT: its view is a map, else a parallelogram. HISTORY, LIGHTEN and CHROMA say what there is to
// compose; NEAR: red and blue are nowhere a pixel apart, and need no looks of their own; BEYOND: the view may leave the
// picture. What is smooth need not be worked out for every pixel: pass 1 does that before. HALF: at half the
// size, in alpha how much of the fresh light is seen, and what comes to it. OWN: at the fresh picture's own texels, all of
// it; corner, across and up are then the way back, from the picture to the canvas.

// The last noise is of one step: of 8 bits, or of the 10 that are left of DEEP pictures at least.
#ifdef DEEP
const float STEP = 1. / 1023.;
#else
const float STEP = 1. / 255.;
#endif

// Red and blue of a pixel and its neighbours: as they are so many pixels off, each to its side, by the slope there.
vec2 drawn_apart(vec2 rb, vec2 off) {
    return max(rb + vec2(1., -1.) * (dFdx(rb) * off.x + dFdy(rb) * off.y), 0.);
}

#if PASSINDEX == 1 || !(defined(HALF) || defined(OWN))
// What is seen at a place where the fresh picture is `fresh`, with its edges in alpha: linear light; and in alpha how
// much of the fresh light that holds.
vec4 composed(vec4 fresh, vec2 uv) {
    vec3 c = fresh.rgb;
    float kept = 1.;
#ifdef HISTORY
    vec3 old = texture(stored, uv).rgb;
#ifdef LIGHTEN
    c = max(c, share * old);
#else
    c = mix(c, old, share);
    kept = 1. - share;
#endif
#endif
    // Plain edges shine in their own colour turned round the grey axis; in relief one side is warm and one is cool.
    float top = max(c.r, max(c.g, c.b));
    vec3 turned = max(c + .55 * (c.zxy - c.yzx), 0.) + .25 * top;
    vec3 sided = fresh.a > 0. ? vec3(1., .62, .28) : vec3(.22, .45, 1.);
    c += edge * abs(fresh.a) * mix(turned * 1.5, sided * (.12 + .8 * top), relief);
    vec4 light = texture(glow, uv);
    float sharp = max(sqrt(dot(c, vec3(.2126, .7152, .0722))) - .7, 0.);
    // The widest glow is a veil: what is left of it under this is not worth a lifted black.
    c += max(gain * light.rgb - .003, 0.) + halation * max(light.a - sharp, 0.) * vec3(1., .35, .12);
    vec2 side = (uv - .5) * vec2(aspect, 1.);
    float rim = clamp(dot(side, side) - .08, 0., 1.);
    rim = 1. - vignette * rim * (2. - rim);
    c *= rim;
    // Only what exceeds the shoulder bends; the ratio of the channels stays, and the very top turns a little white.
    float peak = max(c.r, max(c.g, c.b));
    float over = max(peak - shoulder, 0.) / (1. - shoulder);
    float held = min(peak, shoulder) + (1. - shoulder) * over / (1. + over);
    float bent = held / max(peak, 1e-4);
    c *= bent;
    return vec4(c + min(.04 * over, .15) * (held - c), kept * rim * bent);
}
#endif

#if PASSINDEX == 1
void main() {
    vec4 fresh = texelFetch(inputImage, ivec2(gl_FragCoord.xy), 0);
#ifdef OWN
    vec2 uv = corner + across * isf_FragNormCoord.x + up * isf_FragNormCoord.y;
#ifdef CHROMA
    fresh.rb = drawn_apart(fresh.rb, apart * (uv - .5));
#endif
    isf_FragColor = vec4(composed(fresh, uv).rgb, 1.);
#else
    vec4 c = composed(fresh, isf_FragNormCoord);
    isf_FragColor = vec4(c.rgb - c.a * fresh.rgb, c.a);
#endif
}
#else
vec2 mirrored(vec2 uv) {
#ifdef OWN
    return 1. - abs(1. - abs(uv));  // it is hardly left
#else
    return 1. - abs(1. - mod(uv, 2.));
#endif
}

vec4 look(vec2 uv) {
#ifdef BEYOND
    uv = mirrored(uv);
#endif
    vec4 c = texture(inputImage, uv);
#ifdef CHROMA
#ifdef NEAR
    c.rb = drawn_apart(c.rb, chroma * RENDERSIZE * (isf_FragNormCoord - .5));
#else
    // A pixel or two at the rim; in the middle nothing.
    vec2 off = chroma * (across * (isf_FragNormCoord.x - .5) + up * (isf_FragNormCoord.y - .5));
    c.r = texture(inputImage, uv + off).r;
    c.b = texture(inputImage, uv - off).b;
#endif
#endif
    return c;
}

// Linear light to display code; three square roots are nearer than the eye can tell.
vec3 encoded(vec3 c) {
    vec3 a = sqrt(c), b = sqrt(a), d = sqrt(b);
    return max(.662002687 * a + .684122060 * b - .323583601 * d - .0225411470 * c, 0.);
}

// Noise of -1..1, most of it near 0: the sum of two even ones.
float noise(vec2 cell) {
    vec3 q = fract(vec3(cell.xyx) * vec3(.1031, .1030, .0973));
    q += dot(q, q.yzx + 33.33);
    vec2 two = fract((q.xx + q.yz) * q.zy);
    return two.x + two.y - 1.;
}

void main() {
    vec2 uv = isf_FragNormCoord;
#ifdef BENT
    vec4 fresh = look(texture(map, uv).rg);
#else
    vec4 fresh = look(corner + across * uv.x + up * uv.y);
#endif
#ifdef OWN
    vec3 c = fresh.rgb;
#elif defined(HALF)
    vec4 seen = texture(toned, uv);
    vec3 c = max(seen.a * fresh.rgb + seen.rgb, 0.);
#else
    vec3 c = composed(fresh, uv).rgb;
#endif
    c = encoded(c);
    // One noise is grain in the middle tones and, last of all, a step that hides the steps. Black stays black.
    vec2 cell = floor((gl_FragCoord.xy - shift) * min(1., 830. / RENDERSIZE.y)) + 17. * float(grain_frame & 255);
    float n = noise(cell);
    float l = dot(c, vec3(.2126, .7152, .0722));
    c = clamp(c + grain * 4. * l * (1. - l) * n, 0., 1.) * level;
    isf_FragColor = vec4(c + n * min(c, STEP), 1.);
}
#endif
