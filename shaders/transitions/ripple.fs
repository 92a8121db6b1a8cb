/*{
  "ISFVSN": "2",
  "DESCRIPTION": "Rings run out from the middle through both pictures while one gives way to the other.",
  "CREDIT": "vj",
  "CATEGORIES": ["Transition"],
  "INPUTS": [
    {"NAME": "startImage", "TYPE": "image"},
    {"NAME": "endImage", "TYPE": "image"},
    {"NAME": "progress", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 1.0}
  ]
}*/

void main() {
    float aspect = RENDERSIZE.x / RENDERSIZE.y;
    vec2 at = (isf_FragNormCoord - 0.5) * vec2(aspect, 1.0);
    float r = length(at), calm = 4.0 * progress * (1.0 - progress);
    float wave = sin(r * 34.0 - progress * 22.0) * exp(-r * 1.2);
    vec2 away = r > 0.0 ? at / r : vec2(0.0);
    vec2 bent = (at + away * wave * 0.035 * calm) / vec2(aspect, 1.0) + 0.5;
    bent = 1.0 - abs(1.0 - abs(bent));  // past its edges the picture goes on as its own mirror image
    float front = progress * 1.5 - r * 0.45;
    float done = smoothstep(0.0, 1.0, clamp(mix(front, progress, abs(2.0 * progress - 1.0)), 0.0, 1.0));
    vec3 a = IMG_NORM_PIXEL(startImage, bent).rgb, b = IMG_NORM_PIXEL(endImage, bent).rgb;
    gl_FragColor = vec4(mix(a, b, done) * (1.0 + 0.25 * wave * calm), 1.0);
}
