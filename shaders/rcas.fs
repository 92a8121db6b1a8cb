/*{
  "ISFVSN": "2",
  "DESCRIPTION": "Sharpens the enlarged picture as much as it can without clipping, contrast by contrast (full tier).",
  "CREDIT": "vj, after the idea of AMD FidelityFX FSR 1 RCAS",
  "CATEGORIES": ["Finish", "Sharpen"],
  "INPUTS": [
    {"NAME": "inputImage", "TYPE": "image"},
    {"NAME": "stops", "TYPE": "float", "DEFAULT": 0.2, "MIN": 0.0, "MAX": 3.0, "LABEL": "Halvings of the sharpening: 0 for hard edges, 1 for smoke"}
  ]
}*/

// Works on square roots of light, near enough to what the eye sees; alpha goes through.

vec3 root(ivec2 at, ivec2 last) {
    return sqrt(max(texelFetch(inputImage, clamp(at, ivec2(0), last), 0).rgb, 0.));
}

void main() {
    ivec2 last = textureSize(inputImage, 0) - 1, at = ivec2(gl_FragCoord.xy);
    vec4 whole = texelFetch(inputImage, at, 0);
    vec3 e = sqrt(max(whole.rgb, 0.));
    vec3 b = root(at + ivec2(0, 1), last), h = root(at - ivec2(0, 1), last);
    vec3 d = root(at - ivec2(1, 0), last), f = root(at + ivec2(1, 0), last);
    vec3 low = min(min(b, h), min(d, f)), high = max(max(b, h), max(d, f));
    // The strongest negative weight of the four neighbours with which the darkest sum stays at 0, the brightest at 1.
    vec3 room = max(-low / (4. * high + 1e-4), (1. - high) / (4. * low - 4. - 1e-4));
    float weight = clamp(max(room.r, max(room.g, room.b)), -.1875, 0.) * exp2(-stops);
    vec3 sharp = (e + weight * (b + d + f + h)) / (1. + 4. * weight);
    // And no pixel leaves the range of its neighbours: an edge gets steeper, not outlined.
    sharp = clamp(sharp, min(low, e), max(high, e));
    isf_FragColor = vec4(sharp * sharp, whole.a);
}
