#version 330 core
// Discs and lines over the picture, each with a dark rim so that it is seen on any.
in vec2 away, shape;
in vec4 ink;
out vec4 colour;

void main() {
    float far = length(away) - shape.x;
    float body = clamp(.5 - far, 0., 1.), rim = clamp(.5 + shape.y - far, 0., 1.);
    colour = vec4(mix(vec3(.02, .02, .03), ink.rgb, body), ink.a * max(body, .75 * rim));
}
