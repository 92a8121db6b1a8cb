/*{
  "ISFVSN": "2",
  "DESCRIPTION": "Lays two pictures over a third, or with INSIDE also under it. Their alpha is multiplied in already.",
  "CREDIT": "vj",
  "CATEGORIES": ["Picture"],
  "INPUTS": [
    {"NAME": "inputImage", "TYPE": "image"},
    {"NAME": "corner", "TYPE": "point2D", "DEFAULT": [0.0, 0.0], "LABEL": "Picture coordinate of the lower left corner"},
    {"NAME": "extent", "TYPE": "point2D", "DEFAULT": [1.0, 1.0], "LABEL": "Width and height of what is drawn"},
    {"NAME": "level", "TYPE": "float", "DEFAULT": 1.0, "LABEL": "Master"},
    {"NAME": "one", "TYPE": "image", "LABEL": "The lower layer"},
    {"NAME": "one_corner", "TYPE": "point2D", "LABEL": "Where in it the lower left corner of the canvas lies"},
    {"NAME": "one_across", "TYPE": "point2D", "LABEL": "From there to the lower right corner"},
    {"NAME": "one_up", "TYPE": "point2D", "LABEL": "From there to the upper left corner"},
    {"NAME": "one_size", "TYPE": "point2D", "LABEL": "Its width and height in pixels of the canvas"},
    {"NAME": "one_how", "TYPE": "long", "DEFAULT": 0, "LABEL": "Number of its blend mode, of a mask 5"},
    {"NAME": "one_opacity", "TYPE": "float", "DEFAULT": 0.0, "LABEL": "Its opacity"},
    {"NAME": "one_under", "TYPE": "bool", "DEFAULT": false, "LABEL": "It lies under the picture"},
    {"NAME": "one_light", "TYPE": "bool", "DEFAULT": false, "LABEL": "As a mask it counts by its light, not its alpha"},
    {"NAME": "one_invert", "TYPE": "bool", "DEFAULT": false, "LABEL": "As a mask it is turned inside out"},
    {"NAME": "two", "TYPE": "image", "LABEL": "The upper layer"},
    {"NAME": "two_corner", "TYPE": "point2D", "LABEL": "Where in it the lower left corner of the canvas lies"},
    {"NAME": "two_across", "TYPE": "point2D", "LABEL": "From there to the lower right corner"},
    {"NAME": "two_up", "TYPE": "point2D", "LABEL": "From there to the upper left corner"},
    {"NAME": "two_size", "TYPE": "point2D", "DEFAULT": [1.0, 1.0], "LABEL": "Its width and height in pixels of the canvas"},
    {"NAME": "two_how", "TYPE": "long", "DEFAULT": 0, "LABEL": "Number of its blend mode, of a mask 5"},
    {"NAME": "two_opacity", "TYPE": "float", "DEFAULT": 0.0, "LABEL": "Its opacity"},
    {"NAME": "two_under", "TYPE": "bool", "DEFAULT": false, "LABEL": "It lies under the picture"},
    {"NAME": "two_light", "TYPE": "bool", "DEFAULT": false, "LABEL": "As a mask it counts by its light, not its alpha"},
    {"NAME": "two_invert", "TYPE": "bool", "DEFAULT": false, "LABEL": "As a mask it is turned inside out"}
  ]
}*/

const int NORMAL = 0, ADD = 1, SCREEN = 2, MULTIPLY = 3, DIFFERENCE = 4, MASK = 5;

// The layer at a place of its own, 0..1 within it, with an edge as soft as one pixel; clear outside.
vec4 seen(sampler2D layer, vec2 at, vec2 size) {
    vec2 inside = clamp(min(at, 1. - at) * size + .5, 0., 1.);
    return texture(layer, at) * (inside.x * inside.y);
}

// How much of the picture a mask lets through.
float opened(vec4 layer, bool light, bool invert, float opacity) {
    float open = light ? dot(layer.rgb, vec3(.2126, .7152, .0722)) : layer.a;
    return mix(1., invert ? 1. - open : open, opacity);
}

// The layer over the picture.
vec3 laid(vec3 below, vec4 layer, int how) {
    if (how == ADD) return below + layer.rgb;
    if (how == SCREEN) return below + layer.rgb - below * layer.rgb;
    if (how == MULTIPLY) return below * (1. - layer.a + layer.rgb);
    if (how == DIFFERENCE) return abs(below - layer.rgb);
    return below * (1. - layer.a) + layer.rgb;
}

void main() {
    vec2 canvas = corner + extent * isf_FragNormCoord;
    vec4 first = seen(one, one_corner + one_across * canvas.x + one_up * canvas.y, one_size);
    vec4 second = seen(two, two_corner + two_across * canvas.x + two_up * canvas.y, two_size);
    float first_open = one_how == MASK ? opened(first, one_light, one_invert, one_opacity) : 1.;
    float second_open = two_how == MASK ? opened(second, two_light, two_invert, two_opacity) : 1.;
    first *= one_how == MASK ? 0. : one_opacity;
    second *= two_how == MASK ? 0. : two_opacity;
#ifdef INSIDE
    // Of what lies under the picture is seen what the masks leave out of it; without a mask, where it is dark.
    vec3 dream = IMG_NORM_PIXEL(inputImage, isf_FragNormCoord).rgb;
    float open = first_open * second_open;
    float hides = one_how == MASK || two_how == MASK ? open : max(dream.r, max(dream.g, dream.b));
    bool one_below = one_under && one_how == NORMAL, two_below = two_under && two_how == NORMAL;
    vec4 under = one_below ? first : vec4(0.);
    if (two_below) under = under * (1. - second.a) + second;
    vec3 color = dream * open + under.rgb * (1. - hides);
    if (!one_below) color = laid(color, first, one_how);
    if (!two_below) color = laid(color, second, two_how);
#else
    // Each is laid over all below it: a mask in the second cuts the first as well.
    vec3 color = IMG_NORM_PIXEL(inputImage, canvas).rgb * first_open;
    color = laid(laid(color, first, one_how) * second_open, second, two_how);
#endif
    isf_FragColor = vec4(level * clamp(color, 0., 1.), 1.);
}
