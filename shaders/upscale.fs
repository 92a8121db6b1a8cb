/*{
  "ISFVSN": "2",
  "DESCRIPTION": "Enlarges by Catmull-Rom interpolation, first across and then down; clamped against ringing, dithered.",
  "CREDIT": "vj",
  "CATEGORIES": ["Picture"],
  "INPUTS": [
    {"NAME": "inputImage", "TYPE": "image"},
    {"NAME": "first", "TYPE": "float", "DEFAULT": 0.0, "LABEL": "Where the row or column begins, in texels of the input"},
    {"NAME": "last", "TYPE": "float", "DEFAULT": 0.0, "LABEL": "Where it ends"},
    {"NAME": "row", "TYPE": "float", "DEFAULT": 0.0, "LABEL": "Row of the input that is row 0 of the first pass"},
    {"NAME": "shift", "TYPE": "point2D", "DEFAULT": [0.0, 0.0], "LABEL": "Target pixel of the lower left corner"},
    {"NAME": "grain", "TYPE": "float", "DEFAULT": 0.0, "LABEL": "Film grain in the middle tones"},
    {"NAME": "grain_frame", "TYPE": "long", "DEFAULT": 0, "LABEL": "Number of the grain's pattern"},
    {"NAME": "level", "TYPE": "float", "DEFAULT": 1.0, "LABEL": "Master, 0 in blackout"}
  ],
  "PASSES": [{"TARGET": "across"}, {}]
}*/

// Two passes of four whole texels each cost a software rasteriser half of what five filtered fetches do. The first
// pass is small, so it alone looks after the edges and hands the second one two rows more at either end.
// GRAIN makes the second pass the end of the finish: grain, level and dither are as in finish.fs, at the wall's own size.
// PASSINDEX is a constant: each pass is compiled without the other's branch.

const bool ACROSS = PASSINDEX == 0;
#ifdef DEEP
const float STEP = 1.0 / 1023.0;
#else
const float STEP = 1.0 / 255.0;
#endif

int mirrored(int at, int count) {
    return clamp(at < 0 ? -1 - at : (at >= count ? 2 * count - 1 - at : at), 0, count - 1);
}

// Noise of -1..1, most of it near 0: the sum of two even ones.
float evened(vec2 cell) {
    vec3 q = fract(vec3(cell.xyx) * vec3(.1031, .1030, .0973));
    q += dot(q, q.yzx + 33.33);
    vec2 two = fract((q.xx + q.yz) * q.zy);
    return two.x + two.y - 1.;
}

vec3 texel(int along, int beside, ivec2 size) {
    ivec2 at = ACROSS ? ivec2(mirrored(along, size.x), mirrored(beside, size.y)) : ivec2(beside, along);
    return texelFetch(inputImage, at, 0).rgb;
}

void main() {
    ivec2 size = textureSize(inputImage, 0);
    ivec2 pixel = ivec2(gl_FragCoord.xy - shift);
    int beside = ACROSS ? pixel.y + int(row) : pixel.x;
    float at = mix(first, last, ACROSS ? isf_FragNormCoord.x : isf_FragNormCoord.y) - 0.5;
    float whole = floor(at);
    float f = at - whole;
    int i = int(whole);

    vec3 a = texel(i - 1, beside, size);
    vec3 b = texel(i, beside, size);
    vec3 c = texel(i + 1, beside, size);
    vec3 d = texel(i + 2, beside, size);
    vec3 sum = a * (f * (-0.5 + f * (1.0 - 0.5 * f)))
             + b * (1.0 + f * f * (-2.5 + 1.5 * f))
             + c * (f * (0.5 + f * (2.0 - 1.5 * f)))
             + d * (f * f * (-0.5 + 0.5 * f));
    // The curve may not leave the range of its four texels: no halo along an edge.
    sum = clamp(sum, min(min(a, b), min(c, d)), max(max(a, b), max(c, d)));

#ifdef GRAIN
    vec2 cell = floor((gl_FragCoord.xy - shift) * min(1., 830. / RENDERSIZE.y)) + 17. * float(grain_frame & 255);
    float n = evened(cell);
    float l = dot(sum, vec3(.2126, .7152, .0722));
    sum = clamp(sum + grain * 4. * l * (1. - l) * n, 0., 1.) * level;
    isf_FragColor = vec4(sum + n * min(sum, STEP), 1.);
#else
    // Interleaved gradient noise, moved every frame: just under half a step of 8 bits each way
    // leaves flat colour flat.
    vec2 place = gl_FragCoord.xy + 5.588238 * float(FRAMEINDEX & 63);
    float noise = fract(52.9829189 * fract(dot(place, vec2(0.06711056, 0.00583715))));
    isf_FragColor = vec4(sum + (noise - 0.5) * (0.99 * STEP), 1.0);
#endif
}
