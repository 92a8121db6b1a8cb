/*{
    "ISFVSN": "2",
    "DESCRIPTION": "A filter of somebody's, with an input of each kind that a hand can move.",
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "amount", "TYPE": "float", "MIN": -2.0, "MAX": 3.0, "DEFAULT": 0.5},
        {"NAME": "turned", "TYPE": "bool", "DEFAULT": false},
        {"NAME": "kind", "TYPE": "long", "VALUES": [0, 1, 4], "LABELS": ["plain", "soft", "hard"], "DEFAULT": 1},
        {"NAME": "hit", "TYPE": "event"},
        {"NAME": "tint", "TYPE": "color", "DEFAULT": [1.0, 0.5, 0.0, 1.0]},
        {"NAME": "where", "TYPE": "point2D", "MIN": [0.0, 0.0], "MAX": [1.0, 1.0], "DEFAULT": [0.5, 0.5]}
    ]
}*/
void main() {
    vec4 here = IMG_THIS_NORM_PIXEL(inputImage);
    gl_FragColor = turned ? mix(here, tint, amount * where.x) : here * (kind == 1 || hit ? 0.9 : 1.0);
}
