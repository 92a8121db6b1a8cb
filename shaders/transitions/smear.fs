/*{
  "ISFVSN": "2",
  "DESCRIPTION": "The old picture is drawn out by its own lights, like wet paint, until it is the new one that comes to rest.",
  "CREDIT": "vj",
  "CATEGORIES": ["Transition"],
  "INPUTS": [
    {"NAME": "startImage", "TYPE": "image"},
    {"NAME": "endImage", "TYPE": "image"},
    {"NAME": "progress", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 1.0}
  ]
}*/

const int STEPS = 12;

vec2 way(vec3 c) { return vec2(c.r - c.b, c.g - 0.5 * (c.r + c.b)) + vec2(0.25, -0.1); }

// The picture along its own way: where its colours point.
vec3 drawn(sampler2D image, vec2 at, float far) {
    vec3 sum = vec3(0.0);
    vec2 here = at;
    for (int k = 0; k < STEPS; k++) {
        vec3 c = texture(image, 1.0 - abs(1.0 - abs(here))).rgb;
        sum += c;
        here += way(c) * far / float(STEPS) * vec2(RENDERSIZE.y / RENDERSIZE.x, 1.0);
    }
    return sum / float(STEPS);
}

void main() {
    float out_ = smoothstep(0.0, 0.75, progress), in_ = 1.0 - smoothstep(0.25, 1.0, progress);
    vec3 a = drawn(startImage, isf_FragNormCoord, 0.55 * out_);
    vec3 b = drawn(endImage, isf_FragNormCoord, -0.55 * in_);
    // Paint that is drawn out grows thin: its light is kept up, and where both lie the brighter one wins.
    float x = smoothstep(0.3, 0.7, progress), calm = 4.0 * progress * (1.0 - progress);
    vec3 both = mix(mix(a, b, x), max(a * (1.0 - x), b * x) * 1.25, calm);
    gl_FragColor = vec4(both * (1.0 + 0.3 * calm), 1.0);
}
