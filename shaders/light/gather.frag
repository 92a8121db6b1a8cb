#version 330 core
// A picture as few cells of mean linear light: each is the mean of all texels that it covers.

uniform sampler2D picture;
// Of the picture in texels, and in cells.
uniform vec2 texels, cells;

in vec2 at;
out vec4 colour;

// Linear light of display code, to a thousandth, without a power: a rasteriser on the processor draws it all.
vec3 light(vec3 c) {
    return c * (c * (c * .305306011 + .682171111) + .012522878);
}

void main() {
    ivec2 first = ivec2(floor(gl_FragCoord.xy - .5) * texels / cells);
    ivec2 last = max(ivec2((floor(gl_FragCoord.xy - .5) + 1.) * texels / cells), first + 1);
    vec3 sum = vec3(0.);
    for (int y = first.y; y < last.y; y++)
        for (int x = first.x; x < last.x; x++)
            sum += light(texelFetch(picture, ivec2(x, y), 0).rgb);
    ivec2 covered = last - first;
    colour = vec4(sum / float(covered.x * covered.y), 1.);
}
