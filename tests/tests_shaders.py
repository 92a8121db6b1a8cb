"""Small bundles of shaders for tests, imported as a performer does it."""

from pathlib import Path

from vj.workshop.isf.importer import write

#: Two classes: one looks at sound and moves with time, the other remembers.
RINGS = """/*{"CREDIT": "vj", "INPUTS": [
{"NAME": "zoom", "TYPE": "float", "DEFAULT": 3.0, "MIN": 1.0, "MAX": 9.0},
{"NAME": "tint", "TYPE": "color", "DEFAULT": [0.2, 0.6, 1.0, 1.0]},
{"NAME": "flash", "TYPE": "event"},
{"NAME": "heard", "TYPE": "audioFFT", "MAX": 64}]}*/
void main() {
    float r = length(isf_FragNormCoord - 0.5) * zoom, loud = IMG_NORM_PIXEL(heard, vec2(0.02, 0.5)).r;
    gl_FragColor = vec4(tint.rgb * (0.5 + 0.5 * sin(10.0 * r - 2.0 * TIME)) * (0.3 + loud) + (flash ? 0.2 : 0.0), 1.0);
}
"""
TRAILS = """/*{"CREDIT": "vj", "INPUTS": [
{"NAME": "zoom", "TYPE": "float", "DEFAULT": 3.0, "MIN": 1.0, "MAX": 9.0},
{"NAME": "tint", "TYPE": "color", "DEFAULT": [1.0, 0.6, 0.1, 1.0]}],
"PASSES": [{"TARGET": "old", "PERSISTENT": true, "FLOAT": true}, {}]}*/
void main() {
    if (PASSINDEX == 0) {
        float bar = step(0.5, fract(isf_FragNormCoord.x * zoom + TIME));
        gl_FragColor = mix(IMG_NORM_PIXEL(old, isf_FragNormCoord + vec2(0.0, 0.01)), tint * bar, 0.1);
    } else {
        gl_FragColor = vec4(IMG_THIS_PIXEL(old).rgb, 1.0);
    }
}
"""
#: No end of it. Mesa leaves any loop after 65,535 rounds, so each of them must be long.
ENDLESS = f"""/*{{}}*/
void main() {{
    float x = isf_FragNormCoord.x;
    for (;;) {{
{"        x = sin(x * 1.7 + TIME) + cos(x * 2.3) * exp(-x * x);" * 60}
        if (x > 9.0) break;
    }}
    gl_FragColor = vec4(x);
}}
"""


def bundle(folder: Path, **files: str) -> Path:
    """A bundle in `folder` / "bundle" of files by name, or of those above."""
    here, there = folder / "files", folder / "bundle"
    here.mkdir(parents=True)
    there.mkdir()
    for name, text in (files or {"rings": RINGS, "trails": TRAILS}).items():
        (here / f"{name}.fs").write_text(text)
    write(here, there, "tried")
    return there
