/*{
  "ISFVSN": "2",
  "DESCRIPTION": "Sharpens at the picture's own size and never past the brightest or darkest neighbour, so no halo.",
  "CREDIT": "vj",
  "CATEGORIES": ["Picture"],
  "INPUTS": [
    {"NAME": "inputImage", "TYPE": "image"},
    {"NAME": "sharpness", "TYPE": "float", "DEFAULT": 0.5, "MIN": 0.0, "MAX": 1.0, "LABEL": "Amount"}
  ]
}*/

const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722);

vec3 near(ivec2 at, ivec2 last) {
    return texelFetch(inputImage, clamp(at, ivec2(0), last), 0).rgb;
}

void main() {
    ivec2 last = textureSize(inputImage, 0) - 1;
    ivec2 at = ivec2(gl_FragCoord.xy);
    vec3 middle = near(at, last);
    vec3 n = near(at + ivec2(0, 1), last);
    vec3 s = near(at - ivec2(0, 1), last);
    vec3 e = near(at + ivec2(1, 0), last);
    vec3 w = near(at - ivec2(1, 0), last);
    // Only brightness is sharpened: a difference of colour would tint the edges.
    float luma = dot(middle, LUMA);
    vec4 around = vec4(dot(n, LUMA), dot(s, LUMA), dot(e, LUMA), dot(w, LUMA));
    float lowest = min(luma, min(min(around.x, around.y), min(around.z, around.w)));
    float highest = max(luma, max(max(around.x, around.y), max(around.z, around.w)));
    float sharp = luma + 2.0 * sharpness * (luma - dot(around, vec4(0.25)));
    isf_FragColor = vec4(middle + clamp(sharp, lowest, highest) - luma, 1.0);
}
