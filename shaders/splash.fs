/*{
  "ISFVSN": "2",
  "DESCRIPTION": "Before the first picture: three threads of light that sound will move, and over them what there is to read.",
  "CREDIT": "vj",
  "CATEGORIES": ["Host"],
  "INPUTS": [
    {"NAME": "inputImage", "TYPE": "image", "LABEL": "The words, with alpha; with STILL all of it"},
    {"NAME": "corner", "TYPE": "point2D", "DEFAULT": [0.0, 0.0], "LABEL": "Pixel of the words' lower left corner"},
    {"NAME": "extent", "TYPE": "point2D", "DEFAULT": [1.0, 1.0], "LABEL": "Width and height of the words in pixels"},
    {"NAME": "part", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 1.0, "LABEL": "How much is done"},
    {"NAME": "opacity", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 1.0, "LABEL": "How much of it is still there"}
  ]
}*/

// STILL: what was drawn before, to be faded; a fade must not cost the show its first frames.

#ifndef STILL
// Light of a thread `d` away, of a thin core and a wide breath.
float thread(float d, float wide) {
    return .0022 / (abs(d) + .0022) + .08 * wide / (d * d * 60. + wide);
}

vec3 backdrop(vec2 uv) {
    vec2 p = uv;
    float portrait = step(RENDERSIZE.x, RENDERSIZE.y);
    p.y = (p.y - mix(.5, .74, portrait)) * mix(1., RENDERSIZE.y / RENDERSIZE.x * .8, portrait);
    // They are tied at the left and swing freely at the right.
    float swing = .03 + .26 * smoothstep(0., 1., p.x) * (1. - smoothstep(.7, 1.5, p.x));
    float t = TIME * .35;
    float a = sin(p.x * 5.1 - t) * .62 + sin(p.x * 11.3 + 1.3 * t) * .2;
    float b = sin(p.x * 4.3 - 1.2 * t + 1.1) * .55 + sin(p.x * 8.9 - t + 2.) * .28;
    float c = sin(p.x * 3.7 - .8 * t + 2.3) * .7 + sin(p.x * 14.1 + 1.7 * t) * .1;
    float lit = mix(.16, 1., smoothstep(.15, .95, p.x + .25 * portrait)) * (.55 + .45 * part);
    vec3 light = vec3(.30, .36, 1.) * thread(p.y - swing * c, .10) * .8;
    light += vec3(.95, .26, .62) * thread(p.y - swing * b, .05) * .8;
    light += vec3(1., .70, .32) * thread(p.y - swing * a, .02);
    vec3 dark = mix(vec3(.0022, .0026, .0050), vec3(.0075, .0050, .0190), uv.x * .7 + .3 * uv.y);
    return dark + light * lit * .75;
}

float dither(vec2 cell) {
    vec3 q = fract(vec3(cell.xyx) * vec3(.1031, .1030, .0973));
    q += dot(q, q.yzx + 33.33);
    return fract((q.x + q.y) * q.z) - .5;
}
#endif

void main() {
#ifdef STILL
    isf_FragColor = vec4(IMG_THIS_PIXEL(inputImage).rgb, opacity);
#else
    vec3 c = backdrop(isf_FragNormCoord);
    c = sqrt(c / (1. + c * .45)) + dither(gl_FragCoord.xy) / 255.;
    vec2 at = (gl_FragCoord.xy - corner) / extent;
    if (all(greaterThanEqual(at, vec2(0.))) && all(lessThan(at, vec2(1.)))) {
        vec4 words = IMG_NORM_PIXEL(inputImage, at);
        c = mix(c, words.rgb, words.a);
    }
    isf_FragColor = vec4(c, opacity);
#endif
}
