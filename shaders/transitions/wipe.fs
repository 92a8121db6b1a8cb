/*{
  "ISFVSN": "2",
  "DESCRIPTION": "A soft edge sweeps across the picture and leaves the new one behind it.",
  "CREDIT": "vj",
  "CATEGORIES": ["Transition"],
  "INPUTS": [
    {"NAME": "startImage", "TYPE": "image"},
    {"NAME": "endImage", "TYPE": "image"},
    {"NAME": "progress", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 1.0}
  ]
}*/

const float SOFT = 0.16;
const vec2 WAY = vec2(0.94, 0.34);

void main() {
    float aspect = RENDERSIZE.x / RENDERSIZE.y;
    vec2 at = (isf_FragNormCoord - 0.5) * vec2(aspect, 1.0);
    float far = 0.5 * dot(vec2(aspect, 1.0), WAY);
    float place = dot(at, WAY) / (2.0 * far) + 0.5;
    float edge = progress * (1.0 + SOFT);
    float done = 1.0 - smoothstep(edge - SOFT, edge, place);
    vec4 a = IMG_THIS_NORM_PIXEL(startImage), b = IMG_THIS_NORM_PIXEL(endImage);
    // Light gathers on the edge, of what both hold there.
    float glow = 4.0 * done * (1.0 - done) * (1.0 - abs(2.0 * progress - 1.0));
    gl_FragColor = vec4(mix(a.rgb, b.rgb, done) * (1.0 + 0.6 * glow), 1.0);
}
