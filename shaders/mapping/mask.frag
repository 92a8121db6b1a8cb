#version 330 core
// How much light a polygon lets through, with a soft edge; what several make of it is up to blending.

const int MOST = 32;
uniform vec2 points[MOST];
uniform int count;
// Of the output, in pixels; of the soft edge, in pixels; whether light is inside.
uniform vec2 size;
uniform float feather, shows;

in vec2 at;
out vec4 colour;

void main() {
    vec2 p = vec2(at.x, at.y) * size;
    float nearest = 1e12;
    bool inside = false;
    for (int i = 0; i < count; i++) {
        vec2 a = points[i] * size, b = points[(i + 1) % count] * size;
        vec2 side = b - a, to = p - a;
        vec2 off = to - side * clamp(dot(to, side) / max(dot(side, side), 1e-9), 0., 1.);
        nearest = min(nearest, dot(off, off));
        // A ray to the right crosses the outline an odd number of times from within.
        if ((a.y > p.y) != (b.y > p.y) && p.x < a.x + side.x * (p.y - a.y) / side.y) inside = !inside;
    }
    float away = sqrt(nearest) * (inside ? -1. : 1.);
    float within = smoothstep(0., 1., clamp(.5 - away / max(feather, 1.), 0., 1.));
    colour = vec4(vec3(shows > .5 ? within : 1. - within), 1.);
}
