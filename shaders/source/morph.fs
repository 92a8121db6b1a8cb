/*{
  "ISFVSN": "2",
  "DESCRIPTION": "One picture grows out of the lights of the other, through its shadows, where a plain mean would show two ghosts.",
  "CREDIT": "vj",
  "CATEGORIES": ["Transition"],
  "INPUTS": [
    {"NAME": "startImage", "TYPE": "image"},
    {"NAME": "endImage", "TYPE": "image"},
    {"NAME": "progress", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 1.0, "LABEL": "How far on its way"},
    {"NAME": "contrast", "TYPE": "float", "DEFAULT": 5.0, "MIN": 0.0, "MAX": 10.0, "LABEL": "How much more what is bright claims"}
  ]
}*/

void main() {
    vec3 from = IMG_THIS_PIXEL(startImage).rgb, to = IMG_THIS_PIXEL(endImage).rgb;
    vec3 grey = vec3(0.2126, 0.7152, 0.0722);
    float leaving = (1.0 - progress) * exp(contrast * dot(from, grey));
    float coming = progress * exp(contrast * dot(to, grey));
    isf_FragColor = vec4(mix(from, to, coming / max(leaving + coming, 1e-6)), 1.0);
}
