/*{
  "ISFVSN": "2",
  "DESCRIPTION": "Draws a picture as it is, filtered by the texture unit: the plain and cheapest way to the screen.",
  "CREDIT": "vj",
  "CATEGORIES": ["Picture"],
  "INPUTS": [
    {"NAME": "inputImage", "TYPE": "image"},
    {"NAME": "corner", "TYPE": "point2D", "DEFAULT": [0.0, 0.0], "LABEL": "Picture coordinate of the lower left corner"},
    {"NAME": "extent", "TYPE": "point2D", "DEFAULT": [1.0, 1.0], "LABEL": "Width and height of what is shown"}
  ]
}*/

void main() {
    vec2 at = corner + extent * isf_FragNormCoord;
#ifdef MIRROR
    // Past its edges the picture goes on as its own mirror image.
    at = 1.0 - abs(1.0 - abs(at));
#endif
    isf_FragColor = IMG_NORM_PIXEL(inputImage, at);
}
