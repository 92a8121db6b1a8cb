"""What is fuzzed: for each kind of file right ones, and what the show does with one that comes from outside.

A reader's `right` is name -> files that are as they ought to be; `read` takes one under that name, bent or not, and may
raise VjError and nothing else.
"""

import hashlib
import queue
import random
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np
from layouts import hostile, tiny
from servers.memory_midi import MemoryPorts

from vj.apps.assemble import Settings, assemble, find_looks, parameters
from vj.apps.recorded import done_in, settings_of
from vj.devices.audio import _decode
from vj.devices.audio.file import AudioFile
from vj.devices.midi.input import MidiIn
from vj.devices.midi.mapping import read_map
from vj.engine.cues.looks import Looks, read_look
from vj.engine.cues.presets import PresetReader
from vj.engine.cues.setlist import read_setlist
from vj.engine.finish.effects import effects
from vj.engine.performance import LOG, Reading, replay
from vj.generators.bundle.catalogue import Catalogue
from vj.generators.bundle.manifest import MANIFEST, read_bundle
from vj.generators.bundle.opening import open_generator
from vj.outputs import context
from vj.outputs.finish.shader import Shader
from vj.workshop.checkpoint.reader import read_checkpoint

ROOT = Path(__file__).resolve().parents[2]
#: Of logs one in so many is played again, of bundles and shaders one in so many opened by what runs them.
SELDOM = 25


class Reader(Protocol):
    """Reads one kind."""

    right: Mapping[str, Sequence[bytes]]

    def read(self, name: str, data: bytes, luck: random.Random) -> None:
        """Do with it what a show does. Raises VjError."""


def shipped(*patterns: str) -> list[bytes]:
    """The content of files of the project."""
    return [path.read_bytes() for pattern in patterns for path in sorted(ROOT.glob(pattern))]


class Midi:
    """Bytes of a cable, and mapping files."""

    def __init__(self, folder: Path) -> None:
        table, self._folder = parameters(), folder
        self._events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._show, self._desk = assemble(Settings(bundle="testcard", size=(32, 18), threads=1), 48000)
        ports = MemoryPorts("nanoKONTROL2 0")
        self._in = MidiIn(table, self._events, maps=folder / "none", ports=ports)
        self._in._relist()
        self._plugged = ports.devices["nanoKONTROL2 0"]
        self._table = table
        cable = [bytes([0xB0, n, 64]) for n in range(0, 128, 5)]
        cable += [b"\x90\x24\x7f\x80\x24\x00", b"\xe0\x00\x40", b"\xc0\x05", b"\xf8" * 24, b"\xfa", b"\xfc"]
        cable += [b"\xf0\x7e\x7f\x06\x01\xf7", b"\xf2\x10\x20", b"\xf1\x35", b"\xb0\x63\x01\xb0\x62\x02\xb0\x06\x40"]
        cable += [b"\xf0\x7f\x7f\x01\x01\x20\x10\x05\x02\xf7", b"\xa0\x10\x20", b"\xd0\x55"]
        self.right = {"cable": [*cable, b"".join(cable)], "map.toml": shipped("vj/devices/midi/maps/*.toml")}

    def read(self, name: str, data: bytes, luck: random.Random) -> None:
        """Play the bytes, cut where messages begin or anywhere; or read the mapping."""
        if name == "map.toml":
            path = self._folder / name
            path.write_bytes(data)
            read_map(path, self._table)
            return
        cuts = re.findall(rb"[\x80-\xff][\x00-\x7f]*|[\x00-\x7f]+", data) if luck.random() < 0.7 else [data]
        self._plugged.play(*cuts[:400])
        self._in._poll(next(iter(self._in._devices.values())), luck.random() * 1e4)
        while not self._events.empty():
            self._desk.apply(self._events.get())


class Setlists:
    """Evenings of cues."""

    def __init__(self, folder: Path) -> None:
        self._path, self._table, self._catalogue = folder / "set.toml", parameters(), Catalogue()
        self._looks = find_looks(None, self._table, self._catalogue)
        self.right = {"set.toml": shipped("setlists/*.toml", "tests/data/**/setlist.toml")}

    def read(self, name: str, data: bytes, luck: random.Random) -> None:
        """As at the start of a show."""
        self._path.write_bytes(data)
        read_setlist(self._path, self._table, self._catalogue.admit, "worlds", self._looks, {})


class Tastes:
    """Looks and presets."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._table, self._catalogue = folder, parameters(), Catalogue()
        self._presets = PresetReader(self._table, Looks({}, self._table), self._catalogue.admit)
        preset = b'format = 1\nname = "mine"\nbundle = "worlds"\ndirector = "pulse"\nclasses = { ink = 0.7 }\n'
        preset += b'look = "dawn"\nwalk = 2\n[set]\n"/latent/psi" = 0.7\n'
        self.right = {"look.toml": shipped("setlists/looks/*.toml"), "1.toml": [preset]}

    def read(self, name: str, data: bytes, luck: random.Random) -> None:
        """As at the start of a show, or when the file was saved."""
        path = self._folder / name
        path.write_bytes(data)
        if name == "look.toml":
            read_look(path, self._table)
        else:
            self._presets.text(data.decode("utf-8", "replace"), path)


class Bundles:
    """Folders of generators: what describes them, and now and then their networks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "tiny"
        tiny.tiny(self._folder)
        self._whole = {path.name: path.read_bytes() for path in self._folder.iterdir()}
        others = shipped("models/*/bundle.toml")
        self.right = {name: [data, *(others if name == MANIFEST else [])] for name, data in self._whole.items()}

    def read(self, name: str, data: bytes, luck: random.Random) -> None:
        """Read, and open if it can be; a checksum is mended, so that what is behind it is reached too."""
        (self._folder / name).write_bytes(data)
        try:
            if name != MANIFEST and luck.random() < 0.8:
                before, after = (hashlib.sha256(each).hexdigest() for each in (self._whole[name], data))
                manifest = self._whole[MANIFEST].replace(before.encode(), after.encode())
                (self._folder / MANIFEST).write_bytes(manifest)
            read_bundle(self._folder)
            if luck.randrange(SELDOM) == 0:
                open_generator(str(self._folder), threads=1).close()
        finally:
            for each in {name, MANIFEST}:
                (self._folder / each).write_bytes(self._whole[each])


class Checkpoints:
    """Files of weights, right ones and those that mean harm."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "network.pkl"
        found = [raw for raw, _ in hostile.corpus().values() if len(raw) < 1 << 16]
        self.right = {"network.pkl": [*found, *[hostile.truncatable()] * (len(found) // 4)]}

    def read(self, name: str, data: bytes, luck: random.Random) -> None:
        """As an import does."""
        self._path.write_bytes(data)
        read_checkpoint(self._path)


class Logs:
    """Performances that were kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "performance"
        shutil.copytree(ROOT / "tests/data/performance", self._folder)
        lines = (self._folder / LOG).read_bytes().splitlines(keepends=True)
        bare = [re.sub(rb', "crc": "[0-9a-f]{8}"', b"", line) for line in lines[:60]]
        self.right = {LOG: [b"".join(lines[:60]), b"".join(lines[:12]), b"".join(bare)]}
        self._hops = np.zeros((400, 512, 1), np.float32)

    def read(self, name: str, data: bytes, luck: random.Random) -> None:
        """Read what was done; one in a few is played."""
        (self._folder / name).write_bytes(data)
        steps = Reading(self._folder / LOG)
        settings = settings_of(self._folder, steps.header)
        list(done_in(steps))
        if luck.randrange(SELDOM) == 0:
            show, desk = assemble(Settings(bundle="testcard", size=(32, 18), seed=settings.seed, threads=1), 48000)
            for _ in replay(steps, iter(self._hops), show, desk):
                pass
            show.close()


class Shaders:
    """Effects of the chain: their headers as parameters, and now and then the rest by the driver."""

    def __init__(self, folder: Path) -> None:
        self._path, self._context = folder / "effect.fs", context.standalone()
        self.right = {"effect.fs": shipped("shaders/*.fs", "models/currents/*.fs")}

    def read(self, name: str, data: bytes, luck: random.Random) -> None:
        """As at the start of a show."""
        self._path.write_bytes(data)
        effects.__wrapped__(self._path.parent)
        if self._context is not None and luck.randrange(SELDOM) == 0:
            Shader(self._context, self._path).release()


class Sounds:
    """Songs, by what decodes them; in a process of its own, as in a show."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        decoders = _decode.Decoders()  # one for all
        _decode.Decoders = lambda: decoders  # type: ignore[misc, assignment]
        self.right = {}
        for name, codec in (
            ("a.wav", "pcm_s16le"),
            ("b.wav", "pcm_f32le"),
            ("a.flac", "flac"),
            ("a.mp3", "libmp3lame"),
        ):
            encoded(folder / name, codec)
            self.right[name] = [(folder / name).read_bytes()]

    def read(self, name: str, data: bytes, luck: random.Random) -> None:
        """Look at it, and hear some of it."""
        path = self._folder / name
        path.write_bytes(data)
        heard = AudioFile(path).read(1 << 20)
        assert np.isfinite(heard).all()
        assert not len(heard) or np.abs(heard).max() <= 8.0


def encoded(path: Path, codec: str) -> None:
    """A tenth of a second of noise."""
    noise = (np.random.default_rng(1).standard_normal((2, 4800)) * 0.1).astype(np.float32)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=48000, layout="stereo")
        frame = av.AudioFrame.from_ndarray(noise, "fltp", "stereo")
        frame.rate = 48000
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)


READERS: Mapping[str, Callable[[Path], Reader]] = {
    "midi": Midi, "setlists": Setlists, "looks": Tastes, "bundles": Bundles, "checkpoints": Checkpoints, "logs": Logs,
    "shaders": Shaders, "sounds": Sounds,
}  # fmt: skip
