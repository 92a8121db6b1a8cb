/*{
  "ISFVSN": "2",
  "DESCRIPTION": "What another shader drew, seen by a camera that zooms, turns and wanders, through coloured glass; where nothing was drawn it is black.",
  "CREDIT": "vj",
  "CATEGORIES": ["Source"],
  "INPUTS": [
    {"NAME": "inputImage", "TYPE": "image"},
    {"NAME": "zoom", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.8, "MAX": 1.9, "LABEL": "How near it is seen"},
    {"NAME": "turn", "TYPE": "float", "DEFAULT": 0.0, "MIN": -1.2, "MAX": 1.2, "LABEL": "Radians it is turned by"},
    {"NAME": "shift", "TYPE": "point2D", "DEFAULT": [0.0, 0.0], "MIN": [-0.3, -0.3], "MAX": [0.3, 0.3], "LABEL": "How far from its middle"},
    {"NAME": "hue", "TYPE": "float", "DEFAULT": 0.0, "MIN": -2.4, "MAX": 2.4, "LABEL": "Radians round the circle of hues"},
    {"NAME": "light", "TYPE": "float", "DEFAULT": 0.0, "MIN": -0.6, "MAX": 0.6, "LABEL": "Lighter or darker tones between black and white"},
    {"NAME": "opaque", "TYPE": "bool", "DEFAULT": true, "LABEL": "Whether its alpha means nothing"}
  ]
}*/

void main() {
    vec2 shape = RENDERSIZE / min(RENDERSIZE.x, RENDERSIZE.y);
    vec2 at = (isf_FragNormCoord - 0.5) * shape;
    float c = cos(turn), s = sin(turn);
    at = mat2(c, s, -s, c) * at / zoom / shape + shift + 0.5;
    at = 1.0 - abs(1.0 - mod(at, 2.0)); // past its edges it goes on as its own mirror image
    vec4 seen = IMG_NORM_PIXEL(inputImage, at);
    vec3 color = clamp(seen.rgb, 0.0, 1.0) * (opaque ? 1.0 : clamp(seen.a, 0.0, 1.0));
    if (hue != 0.0) {
        vec3 grey = vec3(0.57735);
        float h = cos(hue);
        color = color * h + cross(grey, color) * sin(hue) + grey * dot(grey, color) * (1.0 - h);
    }
    if (light != 0.0) {
        color = pow(clamp(color, 0.0, 1.0), vec3(exp2(-light)));
    }
    isf_FragColor = vec4(clamp(color, 0.0, 1.0), 1.0);
}
