"""Whether two commits do the same: digests of what is drawn, said and read, to be compared line by line.

python bench/parity.py [--out FILE]     # on both commits, on one machine; then compare the two files

Five renders (every frame, before it is finished and with how), a performance that an earlier version recorded, the
help of every command, the table of parameters, and every bundle, setlist and look of the repository. Frames are those
of one processor and its libraries: a digest says nothing across machines.
"""

import argparse
import hashlib
import importlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

# before any library reads them
os.environ.update(COLUMNS="100", TERM="dumb", NO_COLOR="1", OMP_NUM_THREADS="1")
for home in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):  # nobody's own looks, maps and measurements
    os.environ[home] = tempfile.gettempdir() + "/vj-parity"

import numpy as np  # noqa: E402
import typer  # noqa: E402
from typer.testing import CliRunner  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
RECORDED = ROOT / "tests" / "data" / "performance"
RATE, FPS, SECONDS = 48000, Fraction(30), 3.0
#: Bundle, director, look, seed.
RENDERS = (
    ("worlds", "pulse", "neon_loom", 1),
    ("worlds", "style_walk", "ink_press", 2),
    ("worlds", "anchors", None, 3),
    ("dream", "spectrum", None, 4),
    ("dream", "drift", "slow_tide", 5),
)


def ours(name: str, *modules: str) -> Any:
    """The thing called `name` in the first of some modules that is there; older commits call them otherwise."""
    for module in modules:
        try:
            return getattr(importlib.import_module(f"vj.{module}"), name)
        except ModuleNotFoundError as error:
            if not (error.name or "").startswith("vj."):
                raise
    raise ModuleNotFoundError(f"no {name} in {', '.join(modules)}")


def digest(parts: Iterable[str]) -> str:
    """24 hex digits of some texts, in order."""
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()


def song() -> np.ndarray[Any, Any]:
    """SECONDS of a kick, a hat and a chord, [samples] float32; the same on every run."""
    t = np.arange(round(RATE * SECONDS)) / RATE
    kick = np.sin(2 * np.pi * 55 * t) * np.exp(-(t % 0.5) / 0.08)
    hat = np.random.default_rng(1).standard_normal(len(t)) * np.exp(-((t + 0.25) % 0.5) / 0.02)
    chord = sum(np.sin(2 * np.pi * hz * t) for hz in (220.0, 261.6, 329.6)) * (0.5 + 0.5 * np.sin(2 * np.pi * t / 3))
    return np.asarray(0.5 * kick + 0.1 * hat + 0.06 * chord, np.float32)


def written(folder: Path) -> Path:
    """`song` as a sound file."""
    import av

    path = folder / "song.wav"
    with av.open(str(path), "w", format="wav") as file:
        stream = file.add_stream("pcm_f32le", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(song().reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate = RATE
        file.mux([*stream.encode(frame), *stream.encode(None)])
    return path


class Deaf:
    """Takes the sound of a render, which is known."""

    def write_audio(self, block: object) -> None:
        """Nothing."""


def render(path: Path, bundle: str, director: str, look: str | None, seed: int) -> list[str]:
    """Digests of the frames of `path`, dreamt by `bundle` on one thread."""
    settings_of, assemble = (ours(name, "apps.assemble", "apps._assemble") for name in ("Settings", "assemble"))
    imagine = ours("imagine", "apps.render.pictures", "apps.render")
    listen = ours("listen", "apps.render.moments", "apps.render")
    sound = ours("AudioFile", "devices.audio.file", "devices.audio_file")(path, RATE)
    track = ours("track_of", "apps.track", "apps._track")(sound, FPS)
    drawing_of = ours("Drawing", "apps.render.drawing", "apps.drawing", "apps._drawing")
    show, desk = assemble(settings_of(bundle, director, seed=seed, threads=1, look=look), RATE)
    drawing, listening = drawing_of(show, None, "draft"), listen(sound, Deaf(), show, desk, track)
    with ours("Null", "outputs.null")() as screen:
        while batch := list(islice(listening, drawing.batch)):
            for moment, image in zip(batch, imagine(drawing, batch), strict=True):
                picture = show.picture(image, moment.latent, moment.t, moment.snapshot, moment.features)
                screen.write(show.composite(moment.t, picture, moment.snapshot, moment.features))
    show.close()
    return list(screen.hashes)


def replayed(folder: Path) -> list[str]:
    """Digests of the frames of a recorded performance, made again."""
    head, steps = ours("read_performance", "engine.performance")(folder / "performance.jsonl")
    settings_of, assemble = (ours(name, "apps.assemble", "apps._assemble") for name in ("Settings", "assemble"))
    show, desk = assemble(settings_of(head["bundle"], head["director"], seed=head["seed"], size=(64, 36)), head["rate"])
    sound = ours("AudioFile", "devices.audio.file", "devices.audio_file")(folder / "sound.wav", head["rate"])
    hops = sound.blocks(show.analyzer.hop_length)
    with ours("Null", "outputs.null")() as screen:
        for frame in ours("replay", "engine.performance")(steps, hops, show, desk):
            screen.write(frame)
    show.close()
    return list(screen.hashes)


def helps(app: typer.Typer, command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Every command with its `--help`, 100 characters wide."""
    yield " ".join(("vj", *path)), CliRunner().invoke(app, [*path, "--help"]).output
    for name, below in sorted(getattr(command, "commands", {}).items()):
        yield from helps(app, below, (*path, name))


def declared(address: str, param: Any) -> str:
    """All that is said of a parameter."""
    parts = ("kind", "default", "lo", "hi", "choices", "unit", "curve", "doc")
    return f"{address} {[getattr(param, part) for part in parts]}"


def lines() -> Iterator[tuple[str, str]]:
    """Every line of the report: what was looked at, and its digest or what was found."""
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder))
        for bundle, director, look, seed in RENDERS:
            frames = render(path, bundle, director, look, seed)
            about = f"render {bundle} {director} {look or 'undressed'} seed {seed}, {len(frames)} frames"
            yield f"{about}, {len(set(frames))} unlike", digest(frames)
    frames = replayed(RECORDED)
    yield f"performance {RECORDED.name}, {len(frames)} frames, {len(set(frames))} unlike", digest(frames)
    app = ours("app", "apps.cli")
    for command, text in helps(app, typer.main.get_command(app)):
        yield f"{command} --help", digest([" ".join(text.split())])
    table = ours("parameters", "apps.assemble", "apps._assemble")()
    yield f"parameters, {len(table)}", digest(declared(*each) for each in sorted(table.items()))
    yield "the table of docs/osc.md", digest([ours("markdown_table", "apps.osc")(table)])
    yield "generators by name", " ".join(ours("generator_names", "generators.bundle.opening", "generators._open")())
    for manifest in sorted((ROOT / "models").glob("*/bundle.toml")):
        findings = ours("findings", "generators.bundle.verify", "generators._verify")(manifest.parent)
        yield f"bundle {manifest.parent.name}", digest(f"{found.fault} {found.text}" for found in findings)
    catalogue = ours("Catalogue", "generators.bundle.catalogue", "generators._catalogue")()
    looks = ours("read_looks", "engine.cues.looks", "engine.looks")([ROOT / "setlists" / "looks"], table)
    for name in looks.names:
        yield f"look {name}", digest([str(looks[name])])
    for file in sorted((ROOT / "setlists").glob("*.toml")):
        read_setlist = ours("read_setlist", "engine.cues.setlist", "engine.setlist")
        setlist = read_setlist(file, table, catalogue.admit, "worlds", looks)
        yield f"setlist {file.stem}", digest(json.dumps(asdict(cue), default=str) for cue in setlist.cues)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="write the lines to this file as well")
    out = parser.parse_args().out
    text = ""
    for about, found in lines():
        text += f"{found}  {about}\n"
        print(f"{found}  {about}", flush=True)
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
