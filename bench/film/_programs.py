"""What `ratio.py` runs in either build: programs that print figures by name as the last line, and what they are given.

They use only what both builds have. `cpu` figures are processor time, of all threads and children together, which what
else the machine does moves least.
"""

#: Renders `sys.argv[1:]`, song, film, bundle, fps, size and seconds.
RENDER = """
import json, resource, sys, time
from fractions import Fraction
from pathlib import Path
from vj.apps.assemble import Settings
try:
    from vj.apps.render.film import render
except ModuleNotFoundError:  # before renders had a room
    from vj.apps.render import render
song, out, bundle, fps, width, height, stop = sys.argv[1:]
began = time.perf_counter()
size, span = (int(width), int(height)), (0.0, float(stop))
done = render(Path(song), Path(out), Settings(bundle=bundle), Fraction(fps), size, span)
wall = time.perf_counter() - began
mine, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(json.dumps({
    "ms_a_frame": 1e3 * wall / done.frames,
    "cpu_ms_a_frame": 1e3 * sum(t.ru_utime + t.ru_stime for t in (mine, children)) / done.frames,
    "cpu_ms_a_frame_encoder": 1e3 * (children.ru_utime + children.ru_stime) / done.frames,
    "peak_mb": mine.ru_maxrss / 1024,
    "peak_mb_encoder": children.ru_maxrss / 1024,
    "file_mb": Path(out).stat().st_size / 1e6,
}))
"""
#: A command that only prints.
COMMAND = """
import json, resource, subprocess, sys, time
began = time.perf_counter()
subprocess.run([sys.executable, "-m", "vj.apps.cli", *sys.argv[1:]], check=True, stdout=subprocess.DEVNULL)
spent = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({
    "seconds": time.perf_counter() - began,
    "cpu_seconds": spent.ru_utime + spent.ru_stime,
    "peak_mb": spent.ru_maxrss / 1024,
}))
"""
#: A show for `sys.argv[2]` seconds to the song `sys.argv[1]`, governed to 60 a second, in a window of 720p.
LIVE = """
import json, resource, subprocess, sys, tempfile
from pathlib import Path
song, seconds = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    report, cues = Path(folder, "report.json"), Path(folder, "cues.toml")
    cue = '[[cue]]\\nnumber = "1"\\nname = "All"\\nlook = "neon_loom"\\nset = { "/quality/target" = 60.0 }\\n'
    cues.write_text('format = 1\\ntitle = "All"\\nbundle = "worlds"\\n\\n' + cue)
    command = [sys.executable, "-m", "vj.apps.cli", "live", "--input", song, "--no-midi", "--osc-port", "0"]
    command += ["--web-port", "0", "--setlist", str(cues), "--duration", seconds, "--report", str(report)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    told = json.loads(report.read_text())
spent = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({
    "first_frame_s": told["first_frame_s"],
    "displayed_fps": told["displayed_fps"],
    "pictures_a_second": told["unique_frames"] / told["seconds"],
    "block_to_swap_ms_p50": told["block_to_swap_ms_p50"],
    "block_to_swap_ms_p99": told["block_to_swap_ms_p99"],
    "cpu_ms_a_displayed_frame": 1e3 * (spent.ru_utime + spent.ru_stime) / told["displayed_frames"],
    "peak_mb": spent.ru_maxrss / 1024,
}))
"""
#: `vj live` to its first finished frame, and the processor time of that and of three seconds of show.
START = """
import json, resource, subprocess, sys, tempfile
from pathlib import Path
song, = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    report = Path(folder, "report.json")
    command = [sys.executable, "-m", "vj.apps.cli", "live", "--input", song, "--no-midi", "--osc-port", "0"]
    command += ["--web-port", "0", "--duration", "3", "--report", str(report)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    told = json.loads(report.read_text())
spent = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({
    "first_frame_s": told["first_frame_s"],
    "cpu_seconds": spent.ru_utime + spent.ru_stime,
    "peak_mb": spent.ru_maxrss / 1024,
}))
"""
#: The finish of one 720p frame by the software tier: as it comes, with history, and as the default look has it.
FINISH = """
import json, time
import numpy as np
from vj.core.types import Finish, Frame, Latent
from vj.generators.bundle.opening import open_generator
from vj.outputs.offscreen import Offscreen
generator = open_generator("worlds", threads=1)
spec, rng = generator.spec, np.random.default_rng(5)
def picture(k):
    z = rng.standard_normal((len(spec.groups), spec.z_dim)).astype(np.float32)
    still = np.zeros(len(spec.directions), np.float32)
    return generator.generate([Latent(z, np.eye(len(spec.classes), dtype=np.float32)[k], 1.0, still)])[0]
pictures = [picture(k) for k in (2, 3, 6)]
loom = {
    "grade": {"contrast": 1.3, "attract": 0.6}, "history": {"mode": 1, "show": 0.9},
    "finish": {"chroma": 0.0008, "edge": 0.2}, "coords": {"punch": 1.01},
}
found = {}
with Offscreen((1280, 720)) as out:
    for name, values, ticks in (("plain", {}, 1), ("history", {"history": {"mode": 1}}, 2), ("neon_loom", loom, 1)):
        spent = []
        for n in range(16):
            frame = Frame(pictures[n % 3].copy(), n / 30, n, finish=Finish(values, ticks, tier="software"))
            out._context.finish()
            began = time.process_time()
            out._picture.show(frame, out._target, out.size, out._way)
            out._context.finish()
            spent.append(1e3 * (time.process_time() - began))
        found[f"cpu_ms_{name}"] = sorted(spent[3:])[3]
print(json.dumps(found))
"""
#: A 720p picture as the encoder takes it.
COLOURS = """
import json, time
import numpy as np
from vj.outputs.video.colours import Colours
image = np.random.default_rng(1).integers(0, 256, (720, 1280, 3), np.uint8)
colours, wall, spent = Colours("yuv420p"), [], []
for _ in range(60):
    began, processor = time.perf_counter(), time.process_time()
    colours.frame(image)
    wall.append(time.perf_counter() - began)
    spent.append(time.process_time() - processor)
print(json.dumps({"ms": 1e3 * sorted(wall)[20], "cpu_ms": 1e3 * sorted(spent)[20]}))
"""
#: All that is heard of the song `sys.argv[1]`.
HEARING = """
import json, sys, time
import av
import numpy as np
from vj.core.params import defaults
from vj.engine.analyzer import Analyzer
with av.open(sys.argv[1]) as file:
    mono, parts = av.AudioResampler("fltp", "mono", 48000), []
    for frame in file.decode(audio=0):
        parts += [part.to_ndarray()[0] for part in mono.resample(frame)]
        if sum(map(len, parts)) > 16 * 48000:
            break
sound = np.concatenate(parts).astype(np.float32)
analyzer = Analyzer(48000)
snapshot, n, spent = defaults(*analyzer.stages), analyzer.hop_length, []
for second in range(14):
    began = time.process_time()
    for at in range(second * 48000, (second + 1) * 48000, n):
        analyzer.step(sound[at : at + n], snapshot)
    spent.append(time.process_time() - began)
print(json.dumps({"cpu_ms_a_second": 1e3 * sorted(spent[2:])[6]}))
"""
#: Every class of `worlds` on one thread: milliseconds of a picture, and opening it.
WORLDS = """
import json, resource, time
import numpy as np
from vj.core.types import Latent
from vj.generators.bundle.opening import open_generator
began = time.process_time()
generator = open_generator("worlds", (344, 192), threads=1)
opened = time.process_time() - began
spec, rng, spent = generator.spec, np.random.default_rng(3), []
for k in range(len(spec.classes)):
    z = rng.standard_normal((len(spec.groups), spec.z_dim)).astype(np.float32)
    latent = Latent(z, np.eye(len(spec.classes), dtype=np.float32)[k], 1.0, np.zeros(len(spec.directions), np.float32))
    took = []
    for _ in range(5):
        began = time.process_time()
        generator.generate([latent])
        took.append(time.process_time() - began)
    spent.append(1e3 * min(took))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"cpu_ms_median_class": float(np.median(spent)), "cpu_s_to_open": opened, "peak_mb": peak}))
"""
