/*{
  "ISFVSN": "2",
  "DESCRIPTION": "Squares turn over, one after the other and each in its own moment, from the old picture to the new.",
  "CREDIT": "vj",
  "CATEGORIES": ["Transition"],
  "INPUTS": [
    {"NAME": "startImage", "TYPE": "image"},
    {"NAME": "endImage", "TYPE": "image"},
    {"NAME": "progress", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 1.0}
  ]
}*/

const float ROWS = 6.0;
const float LONG = 0.45;

float dice(vec2 cell) {
    return fract(sin(dot(cell, vec2(12.9898, 78.233))) * 43758.5453);
}

void main() {
    float aspect = RENDERSIZE.x / RENDERSIZE.y;
    vec2 grid = vec2(floor(ROWS * aspect + 0.5), ROWS);
    vec2 cell = floor(isf_FragNormCoord * grid), within = fract(isf_FragNormCoord * grid) - 0.5;
    float begin = (0.55 * cell.x / grid.x + 0.45 * dice(cell)) * (1.0 - LONG);
    float turned = smoothstep(0.0, 1.0, clamp((progress - begin) / LONG, 0.0, 1.0));
    float wide = max(abs(1.0 - 2.0 * turned), 0.0001);
    float across = within.x / wide;
    vec2 at = (cell + 0.5 + vec2(across, within.y)) / grid;
    vec3 seen = turned < 0.5 ? IMG_NORM_PIXEL(startImage, at).rgb : IMG_NORM_PIXEL(endImage, at).rgb;
    float soft = fwidth(within.x) * 1.5;
    float card = turned <= 0.0 || turned >= 1.0 ? 1.0 : 1.0 - smoothstep(0.5 - soft / wide, 0.5, abs(across));
    // What comes is seen behind a square that turns, in its shade.
    vec3 behind = IMG_THIS_NORM_PIXEL(endImage).rgb * mix(0.35, 1.0, turned);
    gl_FragColor = vec4(mix(behind, seen * (0.6 + 0.4 * wide), card), 1.0);
}
