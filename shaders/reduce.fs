/*{
  "ISFVSN": "2",
  "DESCRIPTION": "Makes a picture that was drawn larger small: each pixel is the mean of the light of SAMPLES x SAMPLES.",
  "CREDIT": "vj",
  "CATEGORIES": ["Picture"],
  "INPUTS": [
    {"NAME": "inputImage", "TYPE": "image"}
  ]
}*/

#ifndef SAMPLES
#define SAMPLES 2
#endif

vec3 light(vec3 c) {
    return mix(c / 12.92, pow((c + .055) / 1.055, vec3(2.4)), step(.04045, c));
}

vec3 code(vec3 c) {
    return mix(12.92 * c, 1.055 * pow(c, vec3(1. / 2.4)) - .055, step(.0031308, c));
}

void main() {
    ivec2 first = SAMPLES * ivec2(gl_FragCoord.xy);
    vec3 sum = vec3(0.);
    for (int y = 0; y < SAMPLES; y++)
        for (int x = 0; x < SAMPLES; x++)
            sum += light(texelFetch(inputImage, first + ivec2(x, y), 0).rgb);
    isf_FragColor = vec4(code(sum / float(SAMPLES * SAMPLES)), 1.);
}
