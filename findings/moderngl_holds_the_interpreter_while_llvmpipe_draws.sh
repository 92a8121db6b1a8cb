#!/bin/sh
# moderngl's `render` keeps every Python thread waiting for as long as llvmpipe draws the pass before.
#
# Version:  moderngl 5.13.0 on EGL, with Mesa 22.3.6 and 26.2.6. Mesa is the system's own.
# Input:    a pass that takes two processors a second or two, and one that reads what it made; beside them a thread
#           that sleeps a millisecond at a time and counts how often it was run.
# Expected: draw calls are queued and come back at once, as on a graphics card, so that what moderngl holds the
#           interpreter for is short; the proposal to let go of it names finish and read alone.
# Seen:     llvmpipe begins a pass when another one reads what it makes, and has that one wait for it. The wait is within
#           `render`, the interpreter with it: the thread is run once or twice in all that time. Where glFinish is called
#           through ctypes, which lets go of the interpreter, between the two, it is run at nearly every millisecond, and the
#           two take no longer. Threads that hear or dream stand still for most of a show that a processor draws.
# Source:   its module imports no PyEval_SaveThread (nm -D); moderngl pull request 723 (February 2025, open), of reading and
#           finish.
# Exit:     0 while it is so, 1 once it has changed, 77 where llvmpipe is not what draws.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q moderngl==5.13.0
"$folder/venv/bin/python" - <<'PY'
import ctypes
import sys
import threading
import time

import moderngl

VERTEX = "#version 330\nvoid main() { gl_Position = vec4(4. * vec2(gl_VertexID & 1, gl_VertexID >> 1) - 1., 0., 1.); }"
PIXEL = """#version 330
uniform sampler2D image; out vec4 c;
void main() {
    float sum = texture(image, gl_FragCoord.xy / 640.).x;
    for (int i = 0; i < 2000; i++) sum = sin(1.7 * sum + .1);
    c = vec4(sum);
}"""

context = moderngl.create_context(standalone=True, backend="egl", require=330)
print(context.info["GL_RENDERER"], "of", context.info["GL_VERSION"], "by moderngl", moderngl.__version__)
if "llvmpipe" not in context.info["GL_RENDERER"]:
    sys.exit(77)
program = context.vertex_array(context.program(vertex_shader=VERTEX, fragment_shader=PIXEL), [])
first, second = (context.framebuffer([context.texture((640, 360), 4)]) for _ in range(2))
empty = context.texture((4, 4), 4, bytes(64))
egl = ctypes.CDLL("libEGL.so.1")
egl.eglGetProcAddress.restype, egl.eglGetProcAddress.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
finish = ctypes.CFUNCTYPE(None)(egl.eglGetProcAddress(b"glFinish"))


def both(between):
    """Seconds until the second pass is asked for, and how often the other thread was run by then."""
    count, over = [0], threading.Event()

    def other():
        while not over.wait(0.001):
            count[0] += 1

    thread = threading.Thread(target=other)
    thread.start()
    began = time.perf_counter()
    empty.use(0)
    first.use()
    program.render(moderngl.TRIANGLES, vertices=3)
    between()
    first.color_attachments[0].use(0)
    second.use()
    program.render(moderngl.TRIANGLES, vertices=3)
    took, ran = time.perf_counter() - began, count[0]
    over.set()
    thread.join()
    finish()
    return took, ran


both(finish)  # compiled by now
found = {}
for name, between in (("as moderngl does it", lambda: None), ("glFinish by ctypes between", finish)):
    took, ran = both(between)
    found[name] = ran / (1000.0 * took)
    print(f"{name}: the second is drawn after {1000 * took:.0f} ms, in which the other thread was run {ran} times")
held, free = found.values()
sys.exit(not (held < 0.05 and free > 0.2))
PY
