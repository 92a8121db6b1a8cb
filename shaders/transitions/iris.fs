/*{
  "ISFVSN": "2",
  "DESCRIPTION": "A round window opens in the middle and shows the new picture, which is bent like a lens at its rim.",
  "CREDIT": "vj",
  "CATEGORIES": ["Transition"],
  "INPUTS": [
    {"NAME": "startImage", "TYPE": "image"},
    {"NAME": "endImage", "TYPE": "image"},
    {"NAME": "progress", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 1.0}
  ]
}*/

const float RIM = 0.10;

void main() {
    float aspect = RENDERSIZE.x / RENDERSIZE.y;
    vec2 at = (isf_FragNormCoord - 0.5) * vec2(aspect, 1.0);
    float reach = 0.5 * length(vec2(aspect, 1.0)) + RIM;
    float r = length(at), radius = progress * reach;
    float inside = 1.0 - smoothstep(radius - 0.004, radius + 0.004, r);
    // The lens is thickest at the rim and gone when the window is open, or shut.
    float calm = 4.0 * progress * (1.0 - progress);
    float rim = exp(-pow((r - radius) / RIM, 2.0)) * calm;
    vec2 away = r > 0.0 ? at / r : vec2(0.0);
    vec2 bent = (at - away * rim * 0.09) / vec2(aspect, 1.0) + 0.5;
    vec3 a = IMG_NORM_PIXEL(startImage, bent).rgb, b = IMG_NORM_PIXEL(endImage, bent).rgb;
    gl_FragColor = vec4(mix(a, b, inside) * (1.0 + 0.35 * rim), 1.0);
}
