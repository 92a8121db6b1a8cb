/*{
  "ISFVSN": "2",
  "DESCRIPTION": "Colour by taste, in OKLab and at the picture's own size: hues drawn to a look's few, tones mapped to a gradient, saturation, contrast, true black. Only hue, chroma and lightness move; nothing is lifted and nothing leaves the gamut.",
  "CREDIT": "vj; OKLab after Ottosson (2020)",
  "CATEGORIES": ["Finish", "Color"],
  "INPUTS": [
    {"NAME": "inputImage", "TYPE": "image"},
    {"NAME": "attract", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 1.0, "LABEL": "How far hues move to the nearest of the four"},
    {"NAME": "hue_1", "TYPE": "float", "DEFAULT": 35.0, "MIN": 0.0, "MAX": 360.0, "LABEL": "First hue of the look, OKLCH degrees"},
    {"NAME": "hue_2", "TYPE": "float", "DEFAULT": 80.0, "MIN": 0.0, "MAX": 360.0, "LABEL": "Second hue"},
    {"NAME": "hue_3", "TYPE": "float", "DEFAULT": 220.0, "MIN": 0.0, "MAX": 360.0, "LABEL": "Third hue"},
    {"NAME": "hue_4", "TYPE": "float", "DEFAULT": 320.0, "MIN": 0.0, "MAX": 360.0, "LABEL": "Fourth hue"},
    {"NAME": "map", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 1.0, "LABEL": "How much of the colour comes from the gradient dark, mid, light"},
    {"NAME": "map_shift", "TYPE": "float", "DEFAULT": 0.0, "MIN": -0.3, "MAX": 0.3, "LABEL": "Moves the gradient towards its light end",
     "FOLLOW": {"from": "bands.mids.presence", "amount": 0.1, "attack": 0.2, "release": 0.9}},
    {"NAME": "dark_hue", "TYPE": "float", "DEFAULT": 270.0, "MIN": 0.0, "MAX": 360.0, "LABEL": "Gradient, darks: hue"},
    {"NAME": "dark_chroma", "TYPE": "float", "DEFAULT": 0.1, "MIN": 0.0, "MAX": 0.3, "LABEL": "Gradient, darks: chroma"},
    {"NAME": "mid_hue", "TYPE": "float", "DEFAULT": 350.0, "MIN": 0.0, "MAX": 360.0, "LABEL": "Gradient, middle: hue"},
    {"NAME": "mid_chroma", "TYPE": "float", "DEFAULT": 0.18, "MIN": 0.0, "MAX": 0.3, "LABEL": "Gradient, middle: chroma"},
    {"NAME": "light_hue", "TYPE": "float", "DEFAULT": 75.0, "MIN": 0.0, "MAX": 360.0, "LABEL": "Gradient, lights: hue"},
    {"NAME": "light_chroma", "TYPE": "float", "DEFAULT": 0.12, "MIN": 0.0, "MAX": 0.3, "LABEL": "Gradient, lights: chroma"},
    {"NAME": "hue", "TYPE": "float", "DEFAULT": 0.0, "MIN": -180.0, "MAX": 180.0, "LABEL": "Turns all hues, before the look's hues attract them"},
    {"NAME": "saturation", "TYPE": "float", "DEFAULT": 1.05, "MIN": 0.0, "MAX": 2.0, "LABEL": "Chroma, 1 as it comes"},
    {"NAME": "warmth", "TYPE": "float", "DEFAULT": 0.0, "MIN": -1.0, "MAX": 1.0, "LABEL": "Lights warmer and shadows cooler, or the reverse"},
    {"NAME": "lightness", "TYPE": "float", "DEFAULT": 0.0, "MIN": -0.3, "MAX": 0.3, "LABEL": "Middle tones lighter or darker; black and white stay"},
    {"NAME": "contrast", "TYPE": "float", "DEFAULT": 1.05, "MIN": 0.5, "MAX": 3.0, "LABEL": "Steepness of the tones about the middle"},
    {"NAME": "black", "TYPE": "float", "DEFAULT": 0.08, "MIN": 0.0, "MAX": 0.4, "LABEL": "Lightness at which black ends"}
  ]
}*/

// QUICK asks for what a processor is quick at. ATTRACT and MAP say what is to be done, for what is not costs a software rasteriser as much.

const mat3 TO_LMS = mat3(.4122214708, .2119034982, .0883024619,
                         .5363325363, .6806995451, .2817188376,
                         .0514459929, .1073969566, .6299787005);
const mat3 TO_LAB = mat3(.2104542553, 1.9779984951, .0259040371,
                         .7936177850, -2.4285922050, .7827717662,
                         -.0040720468, .4505937099, -.8086757660);
const mat3 FROM_LAB = mat3(1., 1., 1.,
                           .3963377774, -.1055613458, -.0894841775,
                           .2158037573, -.0638541728, -1.2914855480);
const mat3 FROM_LMS = mat3(4.0767416621, -1.2684380046, -.0041960863,
                           -3.3077115913, 2.6097574011, -.7034186147,
                           .2309699292, -.3413193965, 1.7076147010);
const float PI = 3.14159265;

#ifdef QUICK
// A rasteriser on the processor takes ten times as long for a power as for a polynomial: this one is right to .04 %.
vec3 decoded(vec3 c) {
    vec3 power = c * (c * (c * (c * (.11664595 * c - .36905982) + .71044099) + .50753468) + .03392438) + .00088323;
    return mix(power, c / 12.92, lessThanEqual(c, vec3(.04045)));
}

// And so do three square roots.
vec3 encoded(vec3 c) {
    vec3 a = sqrt(c), b = sqrt(a), d = sqrt(b);
    vec3 power = .662002687 * a + .684122060 * b - .323583601 * d - .0225411470 * c;
    return mix(power, c * 12.92, lessThanEqual(c, vec3(.0031308)));
}
#else
vec3 decoded(vec3 c) {
    return mix(pow((c + .055) / 1.055, vec3(2.4)), c / 12.92, lessThanEqual(c, vec3(.04045)));
}

vec3 encoded(vec3 c) {
    return mix(1.055 * pow(max(c, 1e-6), vec3(1. / 2.4)) - .055, c * 12.92, lessThanEqual(c, vec3(.0031308)));
}
#endif

vec3 linear_of(vec3 lab) {
    vec3 root = FROM_LAB * lab;
    return FROM_LMS * (root * root * root);
}

vec2 polar(float chroma, float degrees) {
    return chroma * vec2(cos(radians(degrees)), sin(radians(degrees)));
}

// The turn from hue h to an anchor, and how much that anchor counts: all of them do, the nearest most, so that a hue
// half-way between two stays where it is and no seam appears.
vec2 pull(float h, float degrees) {
    float turn = mod(radians(degrees) - h + PI, 2. * PI) - PI;
    float near = exp(-turn * turn / .35);
    return vec2(turn * near, near);
}

vec2 attracted(vec2 ab) {
    float chroma = length(ab);
    float h = atan(ab.y, ab.x + 1e-9);
    vec2 sum = pull(h, hue_1) + pull(h, hue_2) + pull(h, hue_3) + pull(h, hue_4);
    // Greys have no hue worth moving.
    h += attract * smoothstep(.02, .08, chroma) * sum.x / max(sum.y, 1e-4);
    return chroma * vec2(cos(h), sin(h));
}

// Hue and chroma at lightness l: a curve through dark, mid and light that is neutral at black and at white.
vec2 mapped(float l) {
    float at = clamp((l - .08) / .84 + map_shift, 0., 1.);
    vec2 dark = polar(dark_chroma, dark_hue), mid = polar(mid_chroma, mid_hue), light = polar(light_chroma, light_hue);
    vec2 ab = at < .5 ? mix(dark, mid, smoothstep(0., 1., 2. * at)) : mix(mid, light, smoothstep(0., 1., 2. * at - 1.));
    return ab * smoothstep(0., .2, l) * (1. - smoothstep(.8, 1., l));
}

float toned(float l) {
    // About a pivot the tones steepen as two power curves, so that 0 and 1 stay: nothing clips, nothing is lifted.
    const float PIVOT = .45;
    l = clamp(l, 0., 1.);
    bool low = l < PIVOT;
    float bent = pow(low ? l / PIVOT : (1. - l) / (1. - PIVOT), contrast);
    l = low ? PIVOT * bent : 1. - (1. - PIVOT) * bent;
    l = clamp(l + 4. * lightness * l * (1. - l), 0., 1.);
    return l * smoothstep(0., 1., clamp((l - .35 * black) / max(1.3 * black, 1e-4), 0., 1.));
}

// Chroma gives way where the screen cannot show it; hue and lightness stay.
vec3 shown(vec3 lab) {
    vec3 whole = linear_of(lab);
    bool fits = min(whole.r, min(whole.g, whole.b)) >= -.001 && max(whole.r, max(whole.g, whole.b)) <= 1.001;
    float low = fits ? 1. : 0., high = 1.;
    // A number of rounds that no compiler can tell: unrolled, they would be gone through where nothing is to be done.
    int rounds = fits ? 0 : 4 + int(0. * contrast);
    for (int i = 0; i < rounds; i++) {
        float part = .5 * (low + high);
        vec3 c = linear_of(vec3(lab.x, lab.yz * part));
        bool inside = min(c.r, min(c.g, c.b)) >= -.0005 && max(c.r, max(c.g, c.b)) <= 1.0005;
        low = inside ? part : low;
        high = inside ? high : part;
    }
    return clamp(linear_of(vec3(lab.x, lab.yz * low)), 0., 1.);
}

void main() {
    vec3 lms = TO_LMS * decoded(texelFetch(inputImage, ivec2(gl_FragCoord.xy), 0).rgb);
    vec3 lab = TO_LAB * pow(max(lms, 1e-9), vec3(1. / 3.));
    float turn = radians(hue);
    lab.yz = mat2(cos(turn), sin(turn), -sin(turn), cos(turn)) * lab.yz;
#ifdef ATTRACT
    lab.yz = attracted(lab.yz);
#endif
    float l = toned(lab.x);
#ifdef MAP
    lab.yz = mix(lab.yz, mapped(lab.x), map);
#endif
    lab.yz *= saturation;
    // Chroma follows lightness down: what became black has no colour left.
    lab.yz *= clamp(l / max(lab.x, 1e-4), 0., 1.3);
    lab.yz += warmth * vec2(.012, .045) * (2. * l - .6) * smoothstep(0., .25, l);
    isf_FragColor = vec4(encoded(shown(vec3(l, lab.yz))), 1.);
}
