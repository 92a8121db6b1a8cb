/*{
  "ISFVSN": "2",
  "DESCRIPTION": "Holds a finished picture back so that it does not flash: as vj/engine/finish/hold.py says, cell by cell.",
  "CREDIT": "vj",
  "CATEGORIES": ["Picture"],
  "INPUTS": [
    {"NAME": "inputImage", "TYPE": "image"},
    {"NAME": "last", "TYPE": "image"},
    {"NAME": "cells", "TYPE": "image"},
    {"NAME": "part", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 1.0, "LABEL": "How much of the way from the frame before"}
  ]
}*/

void main() {
    vec3 image = IMG_THIS_PIXEL(inputImage).rgb;
    vec3 before = IMG_NORM_PIXEL(last, isf_FragNormCoord).rgb;
    // gain and share of a cell, the top row first
    vec2 cell = IMG_NORM_PIXEL(cells, vec2(isf_FragNormCoord.x, 1. - isf_FragNormCoord.y)).rg;
    vec3 held = sqrt(mix(image * image * cell.r, before * before, cell.g));
    isf_FragColor = vec4(mix(before, min(held, vec3(1.)), part), 1.);
}
