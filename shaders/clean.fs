/*{
  "ISFVSN": "2",
  "DESCRIPTION": "Makes the generator's picture fit to be enlarged: doubles it unless it is large, steepens its edges without a halo, finds them, and feels its slopes. All at small sizes, where it costs little.",
  "CREDIT": "vj",
  "CATEGORIES": ["Finish"],
  "INPUTS": [
    {"NAME": "inputImage", "TYPE": "image"},
    {"NAME": "sharpen", "TYPE": "float", "DEFAULT": 0.6, "MIN": 0.0, "MAX": 1.0, "LABEL": "How steep edges become; 0 leaves them soft"},
    {"NAME": "soft", "TYPE": "float", "LABEL": "With SOFT: how much of each doubling is a spline that rounds off hard tones, whose stairs would show"},
    {"NAME": "relief", "TYPE": "float", "LABEL": "The finish's relief: how much an edge knows which way it faces"},
    {"NAME": "reach", "TYPE": "long", "DEFAULT": 1, "LABEL": "Pixels to either side that an edge is looked for in: more in larger pictures, so that lines are as wide"}
  ],
  "PASSES": [{"TARGET": "wide"}, {"TARGET": "doubled"}, {"TARGET": "crisp"}, {"TARGET": "blurred"}, {"TARGET": "slope"}]
}*/

// RELIEF says that an edge is to know which way it faces. ALONG makes pass 1 do the work of pass 0 as well, and better; SAME makes it leave the size as it is. Passes 0 to 2 work in display code, as the eye judges sharpness; what pass 2 writes is linear light, and in alpha how
// much of an EDGE there is, negative where it faces away from the light. Pass 4 writes the slope of the blurred
// lightness, 0..1 each way about 0, for displacement.

const vec3 LUMA = vec3(.2126, .7152, .0722);

vec3 at(ivec2 place) {
    ivec2 last = textureSize(inputImage, 0) - 1;
    return texelFetch(inputImage, clamp(place, ivec2(0), last), 0).rgb;
}

// Pass 1 leaves the luma in alpha: one channel is read for a quarter of four.
float lit(ivec2 place) {
    ivec2 last = textureSize(inputImage, 0) - 1;
    return texelFetch(inputImage, clamp(place, ivec2(0), last), 0).a;
}

// Catmull-Rom at a quarter of a texel to either side, where its four weights are constant.
const vec4 WEIGHTS = vec4(-.0703125, .8671875, .2265625, -.0234375);
// The cubic B-spline there.
const vec4 SPLINE = vec4(.0703125, .6119792, .3151042, .0026041);

#if PASSINDEX == 1 && defined(SAME)
void main() {
    vec3 c = at(ivec2(gl_FragCoord.xy));
    isf_FragColor = vec4(c, dot(c, LUMA));
}
#elif PASSINDEX == 1 && defined(ALONG)
// Twice as large at once, by a kernel that is laid along the edge where there is one: slanting lines without stairs.
// After the idea of AMD FidelityFX FSR 1 EASU, with its polynomial for Lanczos 2.

float kernel(float x) {
    x = min(x, 4.);
    float a = .4 * x - 1., b = .25 * x - 1.;
    return (1.5625 * a * a - .5625) * b * b;
}

void main() {
    vec2 place = (floor(gl_FragCoord.xy) + .5) * .5 - .5;
    ivec2 near = ivec2(floor(place));
    vec2 f = place - vec2(near);
    vec3 colour[16];
    float luma[16];
    for (int i = 0; i < 16; i++) {
        colour[i] = at(near + ivec2((i & 3) - 1, (i >> 2) - 1));
        luma[i] = dot(colour[i], LUMA);
    }
    // The slope, and how much light goes up and down here in all: alike on a straight edge, unlike in a texture.
    vec2 slope = vec2(0.), total = vec2(1e-3);
    for (int k = 0; k < 4; k++) {
        int c = 5 + (k & 1) + 4 * (k >> 1);
        float weight = ((k & 1) == 1 ? f.x : 1. - f.x) * ((k >> 1) == 1 ? f.y : 1. - f.y);
        vec2 step = vec2(luma[c + 1] - luma[c - 1], luma[c + 4] - luma[c - 4]);
        slope += weight * step;
        total += weight * (abs(vec2(luma[c + 1] - luma[c], luma[c + 4] - luma[c]))
                         + abs(vec2(luma[c - 1] - luma[c], luma[c - 4] - luma[c])));
    }
    float straight = clamp(length(slope) / length(total), 0., 1.);
    vec2 across = length(slope) > 1e-4 ? normalize(slope) : vec2(1., 0.);
    vec4 alike[2] = vec4[2](WEIGHTS, WEIGHTS.wzyx);
    vec4 wx = alike[f.x > .5 ? 1 : 0], wy = alike[f.y > .5 ? 1 : 0];
    vec3 sum = vec3(0.), plain = vec3(0.);
    float weights = 0.;
    vec2 ends = vec2(luma[5]);
    for (int i = 0; i < 16; i++) {
        vec2 off = vec2((i & 3) - 1, (i >> 2) - 1) - f;
        float u = dot(off, across), v = dot(off, vec2(-across.y, across.x));
        float weight = kernel(u * u + .36 * v * v);
        sum += weight * colour[i];
        weights += weight;
        ends = vec2(min(ends.x, luma[i]), max(ends.y, luma[i]));
        plain += wx[i & 3] * wy[i >> 2] * colour[i];
    }
    sum /= weights;
    // Only a straight and hard edge has a direction, one that spends its light on a single step. On a soft slope the
    // plain curve is the true one, and the kernel, which leans, would show the grid.
    vec4 inner = vec4(luma[5], luma[6], luma[9], luma[10]);
    float step = max(max(inner.x, inner.y), max(inner.z, inner.w)) - min(min(inner.x, inner.y), min(inner.z, inner.w));
    float hard = smoothstep(.45, .7, step / max(ends.y - ends.x, 1e-3)) * smoothstep(.06, .25, step);
    sum = mix(plain, sum, smoothstep(.4, .8, straight) * hard);
    vec3 low = min(min(colour[5], colour[6]), min(colour[9], colour[10]));
    vec3 high = max(max(colour[5], colour[6]), max(colour[9], colour[10]));
    sum = clamp(sum, low, high);
    isf_FragColor = vec4(sum, dot(sum, LUMA));
}
#elif PASSINDEX <= 1
// Twice as wide, then twice as high.

void main() {
    const ivec2 AXIS = PASSINDEX == 0 ? ivec2(1, 0) : ivec2(0, 1);
    ivec2 pixel = ivec2(gl_FragCoord.xy);
    ivec2 near = pixel >> AXIS;
    ivec2 side = (2 * (pixel & 1) - 1) * AXIS;
    vec3 b = at(near), c = at(near + side);
    vec3 a = at(near - side), d = at(near + 2 * side);
    vec3 sum = WEIGHTS.x * a + WEIGHTS.y * b + WEIGHTS.z * c + WEIGHTS.w * d;
    // The curve may not leave the range of the two texels beside it: no halo along an edge.
    sum = clamp(sum, min(b, c), max(b, c));
#ifdef SOFT
    sum = mix(sum, SPLINE.x * a + SPLINE.y * b + SPLINE.z * c + SPLINE.w * d, soft);
#endif
    isf_FragColor = vec4(sum, dot(sum, LUMA));
}
#elif PASSINDEX == 2
// Display code to linear light, to a thousandth.
vec3 decoded(vec3 c) {
    return c * (c * (c * .305306011 + .682171111) + .012522878);
}

// How much lighter it is on the one side than on the other, from `first` to `last` pixels off.
vec2 step_over(ivec2 pixel, int first, int last) {
    vec2 sum = vec2(0.);
    for (int k = first; k <= last; k++)
        sum += vec2(lit(pixel + ivec2(k, 0)) - lit(pixel - ivec2(k, 0)), lit(pixel + ivec2(0, k)) - lit(pixel - ivec2(0, k)));
    return sum;
}

// `near` is the luma above, below, right and left, which is looked up already.
float edge_alpha(ivec2 pixel, vec4 near) {
    vec2 fine = (vec2(near.z - near.w, near.x - near.y) + step_over(pixel, 2, reach)) / float(reach);
    vec2 wide = step_over(pixel, 2 * reach + 1, 3 * reach) / float(reach);
    float e = .65 * smoothstep(.03, .22, length(fine)) + .35 * smoothstep(.08, .45, length(wide));
#ifdef RELIEF
    vec2 facing = (fine + wide) / max(length(fine + wide), 1e-3);
    e *= mix(1., dot(facing, vec2(.6, -.8)), relief);
#endif
    return e;
}

void main() {
    ivec2 pixel = ivec2(gl_FragCoord.xy);
    vec3 middle = at(pixel);
    float luma = dot(middle, LUMA);
    vec4 near = vec4(lit(pixel + ivec2(0, 1)), lit(pixel - ivec2(0, 1)), lit(pixel + ivec2(1, 0)), lit(pixel - ivec2(1, 0)));
    float lowest = min(luma, min(min(near.x, near.y), min(near.z, near.w)));
    float highest = max(luma, max(max(near.x, near.y), max(near.z, near.w)));
    // Only brightness is sharpened: a difference of colour would tint the edges.
    float sharp = clamp(luma + 4. * sharpen * (luma - dot(near, vec4(.25))), lowest, highest);
    vec3 colour = clamp(middle + sharp - luma, 0., 1.);
#ifdef EDGE
    isf_FragColor = vec4(decoded(colour), edge_alpha(pixel, near));
#else
    isf_FragColor = vec4(decoded(colour), 0.);
#endif
}
#elif PASSINDEX == 3
void main() {
    // Of a picture four times as large, four filtered looks are a tent of eight texels.
    vec2 texel = .25 / RENDERSIZE;
    float sum = 0.;
    for (int i = 0; i < 4; i++) {
        vec2 off = vec2((i & 1) * 2 - 1, (i >> 1) * 2 - 1) * 1.5;
        sum += dot(texture(inputImage, isf_FragNormCoord + off * texel).rgb, LUMA);
    }
    isf_FragColor = vec4(.25 * sum);
}
#else
void main() {
    ivec2 pixel = ivec2(gl_FragCoord.xy);
    vec2 slope = vec2(0.);
    for (int i = -1; i <= 1; i++) {
        float weight = i == 0 ? .5 : .25;
        slope.x += weight * (at(pixel + ivec2(1, i)).r - at(pixel + ivec2(-1, i)).r);
        slope.y += weight * (at(pixel + ivec2(i, 1)).r - at(pixel + ivec2(i, -1)).r);
    }
    // Never longer than 1, so that a displacement's amount is also its limit.
    slope *= 4.;
    isf_FragColor = vec4(slope / (1. + length(slope)), 0., 1.);
}
#endif
