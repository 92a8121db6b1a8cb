"""Shadertoy's `mainImage` as an ISF file: its inputs, and what stands before and after its text."""

import re

_MAIN = re.compile(r"\bvoid\s+mainImage\s*\(")
#: Sound, as Shadertoy has it: a row of the spectrum below, a row of the wave above.
SOUND = "iChannel0"
SOUND_WIDTH = 512
#: All that Shadertoy declares.
NAMES = (
    *("iResolution", "iTime", "iGlobalTime", "iTimeDelta", "iFrame", "iFrameRate", "iDate", "iMouse", "iSampleRate"),
    *("iChannelTime", "iChannelResolution", "iChannel0", "iChannel1", "iChannel2", "iChannel3"),
)
BEFORE = f"""#define iResolution vec3(RENDERSIZE, 1.0)
#define iTime TIME
#define iGlobalTime TIME
#define iTimeDelta TIMEDELTA
#define iFrame FRAMEINDEX
#define iFrameRate (1.0 / max(TIMEDELTA, 1e-4))
#define iDate DATE
#define iSampleRate 48000.0
#define iMouse vec4(iMouseAt * RENDERSIZE, (iMouseDown ? 1.0 : -1.0) * iMouseAt * RENDERSIZE)
#define iChannelTime (float[4](TIME, TIME, TIME, TIME))
#define iChannelResolution (vec3[4](vec3({SOUND_WIDTH}.0, 2.0, 1.0), iResolution, iResolution, iResolution))
"""
AFTER = """
void main() {
    vec4 color = vec4(0.0, 0.0, 0.0, 1.0);
    mainImage(color, gl_FragCoord.xy);
    isf_FragColor = vec4(color.rgb, 1.0);
}
"""


def is_toy(text: str) -> bool:
    """Whether bare GLSL `text` draws by `mainImage` alone."""
    return _MAIN.search(text) is not None and re.search(r"\bvoid\s+main\s*\(", text) is None


def inputs(text: str) -> list[dict[str, object]]:
    """The INPUTS that bare `text` asks for: the mouse, and a channel for every one it looks at, of which the first is
    the sound."""
    found: list[dict[str, object]] = []
    if re.search(r"\biMouse\b", text):
        found.append(
            {"NAME": "iMouseAt", "TYPE": "point2D", "DEFAULT": [0.5, 0.5], "MIN": [0.0, 0.0], "MAX": [1.0, 1.0]}
        )
        found.append({"NAME": "iMouseDown", "TYPE": "bool", "DEFAULT": True})
    for index in range(4):
        if re.search(rf"\biChannel{index}\b", text):
            heard: dict[str, object] = {"TYPE": "audio", "MAX": SOUND_WIDTH, "SHADERTOY": True}
            found.append({"NAME": f"iChannel{index}", **(heard if index == 0 else {"TYPE": "image"})})
    return found
