/*{
  "ISFVSN": "2",
  "DESCRIPTION": "Light that spills from what is bright, over a pyramid of five sizes; and a warm halo round the brightest, as film has it.",
  "CREDIT": "vj; dual filter after Bjorge (2015)",
  "CATEGORIES": ["Finish", "Glow"],
  "INPUTS": [
    {"NAME": "inputImage", "TYPE": "image"},
    {"NAME": "threshold", "TYPE": "float", "DEFAULT": 0.6, "MIN": 0.2, "MAX": 1.0, "LABEL": "Brightness from which light spills"},
    {"NAME": "knee", "TYPE": "float", "DEFAULT": 0.3, "MIN": 0.02, "MAX": 0.5, "LABEL": "Softness of that threshold"},
    {"NAME": "gain", "TYPE": "float", "DEFAULT": 0.15, "MIN": 0.0, "MAX": 0.6, "LABEL": "How much light spills",
     "FOLLOW": {"from": "bands.bass.hits", "amount": 0.07, "attack": 0.01, "release": 0.25}},
    {"NAME": "halation", "TYPE": "float", "DEFAULT": 0.06, "MIN": 0.0, "MAX": 0.3, "LABEL": "Warm halo round highlights",
     "FOLLOW": {"from": "bands.mids.presence", "amount": 0.15, "attack": 0.2, "release": 0.9}},
    {"NAME": "stored", "TYPE": "image", "LABEL": "The history"},
    {"NAME": "share", "TYPE": "float", "DEFAULT": 0.0, "LABEL": "How much of the history is shown"},
    {"NAME": "wider", "TYPE": "image", "LABEL": "The next wider glow"},
    {"NAME": "weight", "TYPE": "float", "DEFAULT": 1.0, "LABEL": "What this size counts in the sum"},
    {"NAME": "rest", "TYPE": "float", "DEFAULT": 1.0, "LABEL": "What the wider sizes count"}
  ],
  "PASSES": [{"TARGET": "bright", "FLOAT": true}, {"TARGET": "down", "FLOAT": true}, {"TARGET": "up", "FLOAT": true}]
}*/

// Pass 0 takes what is bright at half the scene's size, in alpha what is bright enough for halation; pass 1 halves it
// once more; pass 2 adds a size to the wider ones. HISTORY and LIGHTEN say how the scene is composed.

#if PASSINDEX == 0
vec3 scene(vec2 uv) {
    vec3 now = texture(inputImage, uv).rgb;
#ifdef HISTORY
    vec3 old = texture(stored, uv).rgb;
#ifdef LIGHTEN
    now = max(now, share * old);
#else
    now = mix(now, old, share);
#endif
#endif
    return now;
}

void main() {
    vec3 c = scene(isf_FragNormCoord);
    // Half the luminance, half the brightest channel: a saturated blue light is a light too.
    float y = sqrt(.5 * dot(c, vec3(.2126, .7152, .0722)) + .5 * max(c.r, max(c.g, c.b)));
    float over = max(y - threshold + knee, 0.);
    float part = y > threshold + knee ? y - threshold : over * over / (4. * knee);
    isf_FragColor = vec4(min(c, 4.) * part / max(y, 1e-3), max(min(y, 1.5) - .7, 0.));
}
#elif PASSINDEX == 1
void main() {
    vec2 h = .5 / RENDERSIZE;
    vec2 uv = isf_FragNormCoord;
    isf_FragColor = .5 * texture(inputImage, uv)
        + .125 * (texture(inputImage, uv + h) + texture(inputImage, uv - h)
                + texture(inputImage, uv + vec2(h.x, -h.y)) + texture(inputImage, uv - vec2(h.x, -h.y)));
}
#else
void main() {
    vec2 h = .5 / vec2(textureSize(wider, 0));
    vec2 uv = isf_FragNormCoord;
#ifdef LAST
    // Nobody sees the difference in the finest size, which costs as much as all others together.
    vec4 sum = 3. * (texture(wider, uv + h) + texture(wider, uv - h)
                   + texture(wider, uv + vec2(h.x, -h.y)) + texture(wider, uv - vec2(h.x, -h.y)));
#else
    vec4 sum = texture(wider, uv + vec2(2. * h.x, 0.)) + texture(wider, uv - vec2(2. * h.x, 0.))
             + texture(wider, uv + vec2(0., 2. * h.y)) + texture(wider, uv - vec2(0., 2. * h.y))
             + 2. * (texture(wider, uv + h) + texture(wider, uv - h)
                   + texture(wider, uv + vec2(h.x, -h.y)) + texture(wider, uv - vec2(h.x, -h.y)));
#endif
    isf_FragColor = weight * texelFetch(inputImage, ivec2(gl_FragCoord.xy), 0) + rest * sum / 12.;
}
#endif
