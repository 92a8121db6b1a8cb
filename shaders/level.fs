/*{
  "ISFVSN": "2",
  "DESCRIPTION": "Draws a finished picture in light of the master's level: the very end, after filters.",
  "CREDIT": "vj",
  "CATEGORIES": ["Picture"],
  "INPUTS": [
    {"NAME": "inputImage", "TYPE": "image"},
    {"NAME": "level", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 1.0, "LABEL": "Master"}
  ]
}*/

void main() {
    isf_FragColor = vec4(IMG_THIS_PIXEL(inputImage).rgb * level, 1.0);
}
