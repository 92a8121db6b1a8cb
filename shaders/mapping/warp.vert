#version 330 core
// clip: x, y and w of clip space, so that what lies between corners is seen in true perspective; place: in the unit square.
in vec3 clip;
in vec2 place;
out vec2 at;

void main() {
    at = place;
    gl_Position = vec4(clip.xy, 0., clip.z);
}
