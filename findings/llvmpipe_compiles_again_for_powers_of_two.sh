#!/bin/sh
# Mesa's llvmpipe compiles a shader anew when a texture's width or height is a power of two and was none before.
#
# Version:  Mesa 22.3.6 (LLVM 15.0.6) and 26.2.6 (LLVM 22.1.8); moderngl 5.13.0 on EGL. Mesa is the system's own.
# Input:    one program with one 2D texture of RGBA bytes that is clamped and read once a pixel; drawn with textures of six
#           sizes, one after the other. Mesa's cache lies in an empty folder and is counted after each.
# Expected: sizes are numbers that a program reads, as on a graphics card: whoever draws once with a small texture before a
#           show has all compiled.
# Seen:     36x20 and 60x44 share what was compiled; 32x32 is compiled anew, and 64x128 shares that; 32x20 and 20x32 are
#           compiled anew, each for itself: four times for each texture that a shader reads. Each takes 25 to 60 ms for this
#           shader of one line, and longer ones more: a show that was warmed with pictures of 256x256 stutters on others.
# Source:   gallium/auxiliary/gallivm/lp_bld_sample.c, lp_sampler_static_texture_state: pot_width and pot_height are of the
#           key by which compiled shaders are found, however the texture is wrapped.
# Exit:     0 while it is so, 1 once it has changed, 77 where llvmpipe is not what draws.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q moderngl==5.13.0
MESA_SHADER_CACHE_DIR="$folder/cache" "$folder/venv/bin/python" - <<'PY'
import os
import sys
import time

import moderngl

SIZES = ((36, 20), (60, 44), (32, 32), (64, 128), (32, 20), (20, 32))
VERTEX = "#version 330\nvoid main() { gl_Position = vec4(4. * vec2(gl_VertexID & 1, gl_VertexID >> 1) - 1., 0., 1.); }"
PIXEL = "#version 330\nuniform sampler2D image; out vec4 c; void main() { c = texture(image, gl_FragCoord.xy / 64.); }"

context = moderngl.create_context(standalone=True, backend="egl", require=330)
print(context.info["GL_RENDERER"], "of", context.info["GL_VERSION"])
if "llvmpipe" not in context.info["GL_RENDERER"]:
    sys.exit(77)
program = context.vertex_array(context.program(vertex_shader=VERTEX, fragment_shader=PIXEL), [])
context.framebuffer([context.texture((64, 64), 4)]).use()


def kept():
    """Files in the cache once no more come."""
    count = -1
    while count != (count := sum(len(names) for _, _, names in os.walk(os.environ["MESA_SHADER_CACHE_DIR"]))):
        time.sleep(1.0)
    return count


anew, before = [], None
for size in SIZES:
    texture = context.texture(size, 4)
    texture.repeat_x = texture.repeat_y = False
    texture.use(0)
    began = time.perf_counter()
    program.render(moderngl.TRIANGLES, vertices=3)
    context.finish()
    took, now = time.perf_counter() - began, kept()
    anew.append(before is None or now > before)
    print(f"{size[0]:3} x {size[1]:3}: {'compiled' if anew[-1] else 'there already'}, {1000 * took:.1f} ms")
    before = now
sys.exit(anew != [True, False, True, False, True, True])
PY
