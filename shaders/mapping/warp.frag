#version 330 core
// The last pass of an output: the finished picture, or a test pattern, where the projector throws it.
// PATTERN=1..5 is grid, bars, ramp, checker, name; SHADE says that there is a shade.

// The shade of each place of the output: how much light is let through, and what black is lifted to.
uniform sampler2D picture, shade, plate;
// Rows of what takes a place (a, b, 1) to the picture's coordinates, from its top left; the slice that is shown.
uniform vec3 across, down;
uniform vec4 part;
// Of the output; squares of the patterns in the picture each way; size of the plate in the slice.
uniform vec2 size, cells, plated;

in vec2 at;
out vec4 colour;

#ifdef PATTERN
// How much of a pixel is right of an edge at 0 of x, where a pixel is `px` wide.
float over(float x, float px) {
    return clamp(x / px + .5, 0., 1.);
}

// 1 on lines at whole numbers of x, `wide` pixels wide.
float ruled(float x, float px, float wide) {
    return clamp(.5 * wide + .5 - abs(fract(x + .5) - .5) / px, 0., 1.);
}

float lined(float x, float px, float wide) {
    return clamp(.5 * wide + .5 - abs(x) / px, 0., 1.);
}

float ring(vec2 p, float radius) {
    float away = length(p) - radius;
    return lined(away, fwidth(away), 1.6);
}

vec3 named(vec3 under, vec2 inner) {
    vec2 p = (inner - .5) / plated + .5;
    vec4 words = texture(plate, vec2(p.x, 1. - p.y));
    float there = step(abs(p.x - .5), .5) * step(abs(p.y - .5), .5);
    return mix(under, words.rgb, words.a * there);
}

vec3 pattern(vec2 uv) {
    vec2 inner = (uv - part.xy) / part.zw;
    vec2 cell = uv * cells, px = fwidth(cell);
    vec3 made = vec3(0.);
#if PATTERN == 1 || PATTERN == 5
    vec2 middle = cell - .5 * cells;
    float fine = max(ruled(cell.x, px.x, 1.), ruled(cell.y, px.y, 1.));
    made = mix(vec3(.045, .05, .06), vec3(.42, .45, .5), fine);
    float rings = max(ring(middle, .5 * min(cells.x, cells.y) - .02), ring(middle, 1.));
    vec2 corner = abs(middle) - .5 * cells + 1.5;
    rings = max(rings, ring(corner, 1.5));
    made = mix(made, vec3(.94), rings);
    float middles = max(lined(middle.x, px.x, 2.), lined(middle.y, px.y, 2.));
    made = mix(made, vec3(1., .745, .36), middles);
    vec2 rim = min(at, 1. - at) / fwidth(at);
    made = mix(made, vec3(.41, .84, .66), clamp(3. - min(rim.x, rim.y), 0., 1.));
#elif PATTERN == 2
    // White, yellow, cyan, green, magenta, red, blue, black at three quarters; below them the same at full, and greys.
    float n = 7. - min(floor(inner.x * 8.), 7.);
    vec3 bar = vec3(mod(floor(n / 2.), 2.), floor(n / 4.), mod(n, 2.));
    made = inner.y < .62 ? .75 * bar : inner.y < .78 ? bar : vec3(floor(inner.x * 16.) / 15.);
#elif PATTERN == 3
    // Smooth, in steps, and the darkest and lightest eighths alone, where projectors differ most.
    float x = clamp(inner.x, 0., 1.);
    made = vec3(inner.y < .4 ? x : inner.y < .6 ? floor(x * 32.) / 31. : inner.y < .8 ? floor(x * 16.) / 120. : 1. - floor(x * 16.) / 120.);
#elif PATTERN == 4
    vec2 odd = vec2(over(.5 - abs(mod(cell.x - .5, 2.) - 1.), px.x), over(.5 - abs(mod(cell.y - .5, 2.) - 1.), px.y));
    made = vec3(mix(odd.x, 1. - odd.x, odd.y));
#endif
#if PATTERN == 5
    made = named(made, inner);
#endif
    return made;
}
#endif

#ifdef SHADE
float noise() {
    return fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(.06711056, .00583715)))) - .5;
}
#endif

void main() {
    vec2 uv = vec2(dot(across, vec3(at, 1.)), dot(down, vec3(at, 1.)));
#ifdef PATTERN
    vec3 made = pattern(uv);
#else
    vec3 made = texture(picture, vec2(uv.x, 1. - uv.y)).rgb;
#endif
#ifdef SHADE
    vec2 light = texelFetch(shade, ivec2(gl_FragCoord.xy), 0).rg;
    made = light.g + (light.r - light.g) * made;
    // What fades would show its steps; what is whole or dark stays so.
    made += noise() / 255. * min(8. * min(light.r, 1. - light.r), 1.);
#endif
    // The rim is as smooth as a pixel allows, but for where it is the output's own.
    vec2 rim = min(at, 1. - at) / max(fwidth(at), 1e-6);
    colour = vec4(made * clamp(min(rim.x, rim.y) + .5, 0., 1.), 1.);
}
