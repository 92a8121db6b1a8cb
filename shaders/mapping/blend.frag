#version 330 core
// What the edges of an output let through where another one overlaps it: red for the picture, green for its black.

// Left, right, top, bottom; gamma, curve, luminance, black.
uniform vec4 widths, fading;

in vec2 at;
out vec4 colour;

// The share of light at x of the way in from an edge: of two that overlap the shares sum to 1.
float share(float x) {
    x = clamp(x, 0., 1.);
    return x < .5 ? fading.z * pow(2. * x, fading.y) : 1. - (1. - fading.z) * pow(2. * (1. - x), fading.y);
}

void main() {
    vec4 far = vec4(at.x, 1. - at.x, at.y, 1. - at.y) / max(widths, 1e-6);
    float light = share(far.x) * share(far.y) * share(far.z) * share(far.w);
    // Where nothing overlaps, black is as bright as two projectors make it where they do.
    colour = vec4(pow(light, 1. / fading.x), light >= 1. ? fading.w : 0., 0., 1.);
}
