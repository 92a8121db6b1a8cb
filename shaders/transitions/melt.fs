/*{
  "ISFVSN": "2",
  "DESCRIPTION": "The new picture burns through where the old one is darkest, its lights last; an ember runs along the seam.",
  "CREDIT": "vj",
  "CATEGORIES": ["Transition"],
  "INPUTS": [
    {"NAME": "startImage", "TYPE": "image"},
    {"NAME": "endImage", "TYPE": "image"},
    {"NAME": "progress", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 1.0}
  ]
}*/

const float SOFT = 0.22;
const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722);

// Lightness of the old picture round here: of single pixels the seam would be dust.
float lightness(vec2 at) {
    float sum = 0.0;
    for (int y = -2; y <= 2; y++)
        for (int x = -2; x <= 2; x++)
            sum += dot(IMG_NORM_PIXEL(startImage, at + vec2(x, y) * 0.006 * vec2(RENDERSIZE.y / RENDERSIZE.x, 1.0)).rgb, LUMA);
    return pow(sum / 25.0, 0.6);
}

void main() {
    float edge = progress * (1.0 + 2.0 * SOFT) - SOFT;
    float light = lightness(isf_FragNormCoord);
    float done = 1.0 - smoothstep(edge - SOFT, edge + SOFT, light);
    vec3 a = IMG_THIS_NORM_PIXEL(startImage).rgb, b = IMG_THIS_NORM_PIXEL(endImage).rgb;
    float seam = pow(4.0 * done * (1.0 - done), 2.0) * (1.0 - abs(2.0 * progress - 1.0));
    gl_FragColor = vec4(mix(a, b, done) + seam * 0.28 * max(a, b), 1.0);
}
