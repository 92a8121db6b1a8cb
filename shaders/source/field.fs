/*{
  "ISFVSN": "2",
  "DESCRIPTION": "One field on its way to another: what is drawn from it grows from one form into the other.",
  "CREDIT": "vj",
  "CATEGORIES": ["Source"],
  "INPUTS": [
    {"NAME": "startImage", "TYPE": "image"},
    {"NAME": "endImage", "TYPE": "image"},
    {"NAME": "progress", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 1.0, "LABEL": "How far on its way"}
  ],
  "PASSES": [{"TARGET": "mixed", "FLOAT": true}]
}*/

void main() {
    isf_FragColor = mix(IMG_THIS_PIXEL(startImage), IMG_THIS_PIXEL(endImage), progress);
}
