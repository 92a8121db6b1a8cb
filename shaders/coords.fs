/*{
  "ISFVSN": "2",
  "DESCRIPTION": "Where each place of the canvas looks in the picture: camera, shock ring, mirrors, kaleidoscope, swirl and warp in one coordinate; then one look there.",
  "CREDIT": "vj",
  "CATEGORIES": ["Finish", "Distortion"],
  "INPUTS": [
    {"NAME": "inputImage", "TYPE": "image"},
    {"NAME": "fold", "TYPE": "long", "DEFAULT": 1, "VALUES": [1, 3, 4, 5, 6, 7, 8, 10, 12], "LABELS": ["off", "3", "4", "5", "6", "7", "8", "10", "12"], "LABEL": "Kaleidoscope: number of wedges"},
    {"NAME": "fold_mix", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 1.0, "LABEL": "Kaleidoscope: 0 open, 1 folded; between, the picture is on its way"},
    {"NAME": "fold_speed", "TYPE": "float", "DEFAULT": 0.02, "MIN": -0.2, "MAX": 0.2, "LABEL": "Kaleidoscope: turns a second"},
    {"NAME": "mirror", "TYPE": "long", "DEFAULT": 0, "VALUES": [0, 1, 2], "LABELS": ["off", "halves", "quarters"], "LABEL": "Mirror: left and right, or all four quarters alike"},
    {"NAME": "displace", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 0.03, "LABEL": "Melt: the picture flows down its own slopes, by so much of the height",
     "FOLLOW": {"from": "bands.bass.presence", "amount": 0.0, "attack": 0.5, "release": 1.5}},
    {"NAME": "swirl", "TYPE": "float", "DEFAULT": 0.0, "MIN": -0.03, "MAX": 0.03, "LABEL": "Swirl: the picture flows round its own hills"},
    {"NAME": "warp", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 0.04, "LABEL": "Slow waves that bend the picture, by so much of the height"},
    {"NAME": "warp_speed", "TYPE": "float", "DEFAULT": 0.3, "MIN": 0.0, "MAX": 2.0, "LABEL": "How fast the waves go"},
    {"NAME": "bounce", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 0.04, "LABEL": "Kick lifts the picture by so much of the height"},
    {"NAME": "punch_amount", "TYPE": "float", "DEFAULT": 0.015, "MIN": 0.0, "MAX": 0.06, "LABEL": "Kick zooms the picture by so much"},
    {"NAME": "ring", "TYPE": "float", "DEFAULT": 0.02, "MIN": 0.0, "MAX": 0.06, "LABEL": "Shock ring on drops: how far it pushes, of the height"},
    {"NAME": "jitter", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 1.0, "LABEL": "Fine unevenness of edges, in 384ths of the height (full tier)"},
    {"NAME": "turned", "TYPE": "float", "DEFAULT": 0.0, "LABEL": "Kaleidoscope angle so far, rad"},
    {"NAME": "flow", "TYPE": "float", "DEFAULT": 0.0, "LABEL": "Time of the waves, s"},
    {"NAME": "bounce_y", "TYPE": "float", "DEFAULT": 0.0, "LABEL": "How high the picture is now, of the height"},
    {"NAME": "punch", "TYPE": "float", "DEFAULT": 1.0, "LABEL": "Zoom now"},
    {"NAME": "ring_age", "TYPE": "float", "DEFAULT": 99.0, "LABEL": "Seconds since the ring began"},
    {"NAME": "lean", "TYPE": "float", "DEFAULT": 0.0, "LABEL": "Angle of the camera, rad"},
    {"NAME": "corner", "TYPE": "point2D", "DEFAULT": [0.0, 0.0], "LABEL": "Picture coordinate of the canvas's lower left corner"},
    {"NAME": "extent", "TYPE": "point2D", "DEFAULT": [1.0, 1.0], "LABEL": "Width and height of what the canvas shows"},
    {"NAME": "across", "TYPE": "point2D", "DEFAULT": [1.0, 0.0], "LABEL": "Picture coordinates per canvas width"},
    {"NAME": "up", "TYPE": "point2D", "DEFAULT": [0.0, 1.0], "LABEL": "Picture coordinates per canvas height"},
    {"NAME": "slope", "TYPE": "image", "LABEL": "Slope of the blurred lightness"},
    {"NAME": "map", "TYPE": "image", "LABEL": "Where each place looks"}
  ],
  "PASSES": [{"TARGET": "map", "FLOAT": true}, {"TARGET": "scene", "FLOAT": true}]
}*/

// Pass 0 writes a coordinate for every place. Ring and waves are gone through though they do nothing now: a program for
// each set of what is on would have to be compiled, and places are few. FOLDS asks for mirrors and wedges, which have
// more of them, SLOPES says that there is a slope, JITTER asks for uneven edges. Pass 1 looks there. BENT says that
// there is a map, else the view is a parallelogram from corner along across and up; CUBIC asks for Catmull-Rom. Past its
// edges the picture goes on as its own mirror image.

const float PI = 3.14159265;

vec2 mirrored(vec2 uv) {
    return 1. - abs(1. - mod(uv, 2.));
}

#if PASSINDEX == 0
vec2 pushed(vec2 p) {
    float r = length(p);
    float off = (r - 1.2 * ring_age) / .09;
    return p - p / max(r, 1e-3) * ring * exp(-off * off) * exp(-ring_age / .35) * smoothstep(0., .08, r);
}

vec2 folded(vec2 p) {
    float wedge = PI / float(fold);
    // abs() of a sawtooth: both sides of every seam look at the same place.
    float angle = abs(mod(atan(p.y, p.x) + PI / 2., 2. * wedge) - wedge) + turned;
    // The way there is a movement of places, not a cross-fade; every stage of it is without seam.
    return mix(p, length(p) * vec2(cos(angle), sin(angle)), fold_mix);
}

vec2 waved(vec2 p) {
    vec2 q = 3.1 * p.yx + vec2(1.3, 4.1) + flow * vec2(.31, -.27);
    q = sin(q + 1.7 * sin(1.9 * p + flow * vec2(-.23, .19)));
    vec2 r = sin(4.3 * p.yx + 2.1 * q.yx + flow * vec2(.43, .37));
    return p + warp * (.6 * q + .4 * r);
}

float hashed(vec2 cell) {
    vec3 q = fract(vec3(cell.xyx) * .1031);
    q += dot(q, q.yzx + 33.33);
    return fract((q.x + q.y) * q.z);
}

// Two numbers of -1..1, smooth over a few pixels.
vec2 uneven(vec2 at) {
    vec2 cell = floor(at), f = at - cell;
    f = f * f * (3. - 2. * f);
    vec2 result;
    for (int i = 0; i < 2; i++) {
        vec2 c = cell + float(i) * 71.;
        float low = mix(hashed(c), hashed(c + vec2(1., 0.)), f.x);
        result[i] = mix(low, mix(hashed(c + vec2(0., 1.)), hashed(c + vec2(1., 1.)), f.x), f.y);
    }
    return 2. * result - 1.;
}

void main() {
    float aspect = RENDERSIZE.x / RENDERSIZE.y;
    // Lengths are heights of the canvas from here on.
    vec2 p = (isf_FragNormCoord - .5) * vec2(aspect, 1.);
    p = mat2(cos(lean), sin(lean), -sin(lean), cos(lean)) * (p - vec2(0., bounce_y)) / punch;
    p = pushed(p);
#ifdef FOLDS
    // Each part shows the middle of the picture's half, not its rim.
    p.x = mirror >= 1 ? .25 * aspect - abs(p.x) : p.x;
    p.y = mirror >= 2 ? .25 - abs(p.y) : p.y;
    p = fold > 1 ? folded(p) : p;
#endif
    p = waved(p);
#ifdef SLOPES
    vec2 g = texture(slope, mirrored(corner + extent * (p / vec2(aspect, 1.) + .5))).rg;
    p += swirl * vec2(-g.y, g.x) - displace * g;
#endif
    vec2 uv = corner + extent * (p / vec2(aspect, 1.) + .5);
#ifdef JITTER
    uv += jitter * uneven(350. * isf_FragNormCoord * vec2(aspect, 1.)) / vec2(384. * aspect, 384.);
#endif
    isf_FragColor = vec4(uv, 0., 1.);
}
#else
#ifdef CUBIC
// Catmull-Rom in nine filtered looks, kept within the four texels round the place so that no edge rings.
vec4 look(vec2 uv) {
    vec2 size = vec2(textureSize(inputImage, 0));
    vec2 place = uv * size;
    vec2 whole = floor(place - .5) + .5;
    vec2 f = place - whole;
    vec2 w0 = f * (-.5 + f * (1. - .5 * f)), w1 = 1. + f * f * (-2.5 + 1.5 * f);
    vec2 w2 = f * (.5 + f * (2. - 1.5 * f)), w3 = f * f * (-.5 + .5 * f);
    vec2 w12 = w1 + w2;
    vec2 a = (whole - 1.) / size, b = (whole + w2 / w12) / size, c = (whole + 2.) / size;
    vec4 sum = w0.y * (w0.x * texture(inputImage, a) + w12.x * texture(inputImage, vec2(b.x, a.y)) + w3.x * texture(inputImage, vec2(c.x, a.y)))
             + w12.y * (w0.x * texture(inputImage, vec2(a.x, b.y)) + w12.x * texture(inputImage, b) + w3.x * texture(inputImage, vec2(c.x, b.y)))
             + w3.y * (w0.x * texture(inputImage, vec2(a.x, c.y)) + w12.x * texture(inputImage, vec2(b.x, c.y)) + w3.x * texture(inputImage, c));
    ivec2 i = ivec2(whole), last = textureSize(inputImage, 0) - 1;
    vec4 k = texelFetch(inputImage, clamp(i, ivec2(0), last), 0);
    vec4 l = texelFetch(inputImage, clamp(i + ivec2(1, 0), ivec2(0), last), 0);
    vec4 m = texelFetch(inputImage, clamp(i + ivec2(0, 1), ivec2(0), last), 0);
    vec4 n = texelFetch(inputImage, clamp(i + 1, ivec2(0), last), 0);
    return clamp(sum, min(min(k, l), min(m, n)), max(max(k, l), max(m, n)));
}
#else
vec4 look(vec2 uv) {
    return texture(inputImage, uv);
}
#endif

void main() {
#ifdef BENT
    vec2 uv = texture(map, isf_FragNormCoord).rg;
#else
    vec2 uv = corner + across * isf_FragNormCoord.x + up * isf_FragNormCoord.y;
#endif
    isf_FragColor = look(mirrored(uv));
}
#endif
