"""What all files of worlds need before them: where things lie, splines, look-ups and the dither."""

COMMON = """uniform vec2 size;
uniform vec2 target;
uniform int columns;
uniform int tiles;
uniform sampler2D lattice;
uniform sampler2D fields;
uniform float style[50];
uniform float tint[32];
uniform float share;
uniform uint grain;
#define aspect (size.x / size.y)
#define pixel (2.0 / size.y)

// Where a pixel, a pixel of the rim, a pixel of the picture in fewer rows and a knot lie: y from -1 below to 1 above.
#ifndef VERTEX
vec2 pixel_place() { return vec2(gl_FragCoord.x * pixel - aspect, 1.0 - gl_FragCoord.y * pixel); }
vec2 rim_place() { return pixel_place() + vec2(-pixel, pixel); }
vec2 wide_place() {
    vec2 at = gl_FragCoord.xy * 2.0 / target - 1.0;
    return vec2(at.x * aspect, -at.y);
}
ivec2 knot_index() { return ivec2(int(gl_FragCoord.x) % columns, int(gl_FragCoord.y)); }
vec2 knot_place() { return vec2(knot_index()) / 16.0 - vec2(aspect, 1.0) - 1.0 / 16.0; }

// Weights of the four knots about a place that lies `part` of the way from the second to the third, and of the slope.
vec4 spline(float f) {
    float g = 1.0 - f;
    return vec4(g * g * g, 4.0 + f * f * (3.0 * f - 6.0), 4.0 + g * g * (3.0 * g - 6.0), f * f * f) / 6.0;
}
vec4 spline_slope(float f) {
    float g = 1.0 - f;
    return vec4(-0.5 * g * g, f * (1.5 * f - 2.0), g * (2.0 - 1.5 * g), 0.5 * f * f) * 16.0;
}
vec4 up(sampler2D knots, int slot, bool steep) {
    float place = (2.0 - gl_FragCoord.y * 2.0 / target.y) * 16.0 + 1.0;
    float below = floor(place);
    vec4 w = steep ? spline_slope(place - below) : spline(place - below);
    int x = slot * columns + int(gl_FragCoord.x) % columns;
    vec4 sum = vec4(0.0);
    for (int k = 0; k < 4; k++) sum += w[k] * texelFetch(knots, ivec2(x, clamp(int(below) - 1 + k, 0, 34)), 0);
    return sum;
}
int knot_before;
vec4 weights, slopes;
void stand(float x) {
    float place = (x + aspect) * 16.0 + 1.0;
    float before = floor(place);
    knot_before = clamp(int(before) - 1, 0, columns - 4);
    weights = spline(place - before);
    slopes = spline_slope(place - before);
}
vec4 along(sampler2D rows, int place, vec4 w) {
    ivec2 at = ivec2(place * columns + knot_before, int(gl_FragCoord.y));
    return w.x * texelFetch(rows, at, 0) + w.y * texelFetch(rows, at + ivec2(1, 0), 0)
        + w.z * texelFetch(rows, at + ivec2(2, 0), 0) + w.w * texelFetch(rows, at + ivec2(3, 0), 0);
}
vec4 near(sampler2D knots, int slot, ivec2 by) {
    ivec2 at = clamp(knot_index() + by, ivec2(0), ivec2(columns - 1, 34));
    return texelFetch(knots, at + ivec2(slot * columns, 0), 0);
}
vec4 texel(sampler2D field, ivec2 at) {
    ivec2 far = textureSize(field, 0);
    return at.x < 0 || at.y < 0 || at.x >= far.x || at.y >= far.y ? vec4(0.0) : texelFetch(field, at, 0);
}
vec4 look(sampler2D field, vec2 at) {
    vec2 place = ((at + 1.0) * vec2(textureSize(field, 0)) - 1.0) * 0.5;
    vec2 first = floor(place);
    vec2 part = place - first;
    ivec2 low = ivec2(first);
    vec4 top = mix(texel(field, low), texel(field, low + ivec2(1, 0)), part.x);
    vec4 foot = mix(texel(field, low + ivec2(0, 1)), texel(field, low + 1), part.x);
    return mix(top, foot, part.y);
}
vec2 tile_place() {
    vec2 at = vec2(int(gl_FragCoord.x) % tiles, int(gl_FragCoord.y)) + 0.5;
    return vec2(at.x / 16.0 - aspect, 1.0 - at.y / 16.0);
}
ivec2 tile_here() { return ivec2(gl_FragCoord.xy * pixel * 16.0); }
bool is_many(sampler2D nearby) { return texelFetch(nearby, tile_here(), 0).x < -1.5; }
int thing_near(sampler2D nearby, int k) {
    return int(texelFetch(nearby, tile_here() + ivec2((k >> 2) * tiles, 0), 0)[k & 3]);
}
vec4 noise(vec2 at) { return texture(lattice, at / 8.0 + 0.5 / vec2(textureSize(lattice, 0))); }

// About a standard normal: four bytes of a hash of the pixel.
float dither() {
    uvec2 at = uvec2(gl_FragCoord.xy);
    uint h = at.x * 0x9E3779B9u ^ (at.y + 0x7F4A7C15u) * 0x85EBCA6Bu ^ grain * 0xC2B2AE35u;
    h = (h ^ (h >> 16)) * 0x7FEB352Du;
    h = (h ^ (h >> 15)) * 0x846CA68Bu;
    h ^= h >> 16;
    uint sum = (h & 255u) + ((h >> 8) & 255u) + ((h >> 16) & 255u) + (h >> 24);
    return (float(sum) - 510.0) / 147.8;
}
#endif
vec4 row(sampler2D table, int k) { return texelFetch(table, ivec2(k & 255, k >> 8), 0); }
float softplus(float x) { return max(x, 0.0) + log(1.0 + exp(-abs(x))); }
"""
