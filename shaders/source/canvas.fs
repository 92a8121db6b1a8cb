/*{
  "ISFVSN": "2",
  "DESCRIPTION": "Slow silk of many colours: what a filter is shown that has no picture of its own.",
  "CREDIT": "vj",
  "CATEGORIES": ["Source"],
  "INPUTS": [
    {"NAME": "seed", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 9.0, "LABEL": "Which of them"}
  ]
}*/

void main() {
    vec2 at = (isf_FragNormCoord - 0.5) * RENDERSIZE / min(RENDERSIZE.x, RENDERSIZE.y);
    float t = 0.2 * TIME + 7.3 * seed;
    vec2 p = 2.2 * at;
    for (int k = 1; k < 5; ++k) {
        float n = float(k);
        p += 0.55 / n * sin(n * p.yx * 1.7 + vec2(t, 1.3 * t) + vec2(0.0, 1.9) * n);
    }
    float fold = 0.5 + 0.5 * sin(2.0 * p.x + 1.5 * p.y);
    vec3 color = 0.5 + 0.5 * cos(vec3(0.0, 1.1, 2.3) + 1.6 * p.x + 0.8 * seed + t);
    float disc = smoothstep(0.02, 0.0, abs(length(at - 0.3 * vec2(cos(t), sin(1.3 * t))) - 0.22) - 0.05);
    isf_FragColor = vec4(mix(color * (0.25 + 0.75 * fold), vec3(1.0) - color, 0.6 * disc), 1.0);
}
