#version 330 core
// spot: in clip space; off: pixels from the middle of what is drawn; form: half its width, and the width of its rim.
in vec2 spot, off, form;
in vec4 tint;
out vec2 away, shape;
out vec4 ink;

void main() {
    away = off;
    shape = form;
    ink = tint;
    gl_Position = vec4(spot, 0., 1.);
}
