"""One report about this machine and this installation: what a bug report should carry.

Every line is found out by doing it, and a part that fails says so in its line: the report never stops half way.
"""

import importlib.metadata
import os
import platform
import queue
import sys
from collections.abc import Callable, Iterator

import vj
from vj.core.errors import ControlError, VjError
from vj.core.types import Event

PACKAGES = (
    "numpy",
    "scipy",
    "sounddevice",
    "aubio-ledfx",
    "aubio",
    "onnxruntime",
    "onnxruntime-gpu",
    "moderngl",
    "glfw",
    "python-osc",
    "mido",
    "python-rtmidi",
    "supriya-midi",
    "LinkPython-extern",
    "av",
    "pillow",
    "starlette",
    "uvicorn",
    "websockets",
    "zeroconf",
    "torch",
)


def report() -> Iterator[str]:
    """The lines of the report."""
    yield f"vj {vj.__version__}, Python {platform.python_version()} at {sys.executable}"
    yield f"{platform.platform()}, {os.cpu_count()} processors"
    for title, section in SECTIONS.items():
        yield ""
        yield title
        try:
            for line in section():
                yield f"  {line}"
        except (VjError, OSError, ImportError, RuntimeError) as error:
            for line in f"FAILED: {error}".splitlines():
                yield f"  {line}"


def _versions() -> Iterator[str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    yield ", ".join(f"{name} {version}" for name, version in found.items())
    if {"onnxruntime", "onnxruntime-gpu"} <= found.keys():
        pip = f"{sys.executable} -m pip"
        yield "CLASH: onnxruntime and onnxruntime-gpu own the same folder. Run: "
        yield f"  {pip} uninstall -y onnxruntime onnxruntime-gpu && {pip} install onnxruntime-gpu"
    if {"aubio", "aubio-ledfx"} <= found.keys():
        yield "CLASH: aubio and aubio-ledfx own the same module. Uninstall one."


def _audio() -> Iterator[str]:
    from vj.apps.machine.devices import audio_lines

    yield from audio_lines()


def _midi() -> Iterator[str]:
    from vj.apps.assemble import parameters
    from vj.apps.machine.midi import describe
    from vj.devices.midi.ports import open_ports

    ports = open_ports()
    try:
        yield f"backend {ports.backend}"
        for name, found, entries in describe(parameters(mine=True), ports):
            yield f"{name}: {found} map, {entries} bindings"
    finally:
        ports.close()


def _link() -> Iterator[str]:
    from vj.devices.link.ear import OLD_S, PORT, Ear
    from vj.devices.link.session import load_link

    try:
        load_link()
    except ControlError as error:
        yield f"{error.what}: {error.hint}"
        return
    ear = Ear()
    try:
        ear.hear(OLD_S)
        peers = ear.hear(OLD_S)
    finally:
        ear.close()
    yield f"UDP port {PORT} can be had; a show listens there with --link or /tempo/link, and not otherwise"
    yield f"peers on this network now: {peers}"


def _displays() -> Iterator[str]:
    from vj.outputs.window import Window, displays

    yield from map(str, displays())
    with Window(size=(320, 180), title="vj doctor") as window:
        pace = "the driver paces" if window.paced else "the driver does not wait, so we pace ourselves"
        yield f"window: {window.renderer}; {pace}; upscaler {window.upscaler} at {window.draw_ms:.1f} ms"
        yield from _hand_over()


def _offscreen() -> Iterator[str]:
    from vj.outputs.offscreen import Offscreen

    with Offscreen((320, 180)) as screen:
        yield screen.renderer
        yield from _hand_over()


def _hand_over() -> Iterator[str]:
    """How pictures of a torch generator on a card would reach the OpenGL context that is current."""
    from vj.outputs.finish.interop import HandOver

    interop = HandOver()
    refusal = interop.refusal()
    interop.release()
    if refusal:
        yield f"pictures are uploaded; CUDA interop cannot be used: {refusal}"
    else:
        yield "pictures of a torch generator on CUDA device 0 come by CUDA interop, all others are uploaded"


def _generators() -> Iterator[str]:
    from vj.generators.bundle.manifest import bundle_names, find_bundle, read_bundle
    from vj.generators.bundle.opening import open_generator
    from vj.generators.onnx import Onnx
    from vj.generators.torch import Torch

    for name in bundle_names():
        bundle = read_bundle(find_bundle(name))  # reads every file and compares its checksum
        try:
            generator = open_generator(name)
        except VjError as error:  # such as shaders on a machine that has no OpenGL
            yield f"{name}: cannot be played here: {error.what}"
            continue
        generator.warm_up()
        yield f"{name}: checksums right, {len(bundle.classes)} classes, {generator.size}, runs on {generator.provider}"
        for attempt in generator.tried if isinstance(generator, Onnx | Torch) else ():
            yield f"  tried {attempt.provider}: {attempt.reason or 'in use'}"
        generator.close()


def _listening() -> Iterator[str]:
    """The ports that a show would open, each tried."""
    from vj.apps.live.options import WEB_PORT
    from vj.apps.web.address import own_address
    from vj.apps.web.link import Link
    from vj.devices.osc.input import PORT, OscIn

    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    osc, link = OscIn({}, events, PORT), Link(events, WEB_PORT)
    osc.close()
    link.close()
    for what, kind, wanted, port in (("OSC", "UDP", PORT, osc.port), ("surface", "TCP", WEB_PORT, link.port)):
        taken = "" if port in (0, wanted) else f", for {wanted} is taken"
        yield f"{what}: {kind} 127.0.0.1:{port}{taken}" if port else f"{what}: {link.missing}"
    yield f"with --lan both listen on {own_address()} too, and want a token; MIDI and JACK open no port"
    yield "only when asked for: UDP 20808 (Ableton Link), 5568 (sACN) and 6454 (Art-Net; both --light-in)"


SECTIONS: dict[str, Callable[[], Iterator[str]]] = {
    "Versions": _versions,
    "Audio inputs and outputs": _audio,
    "MIDI": _midi,
    "Ableton Link": _link,
    "Listening": _listening,
    "Displays and OpenGL": _displays,
    "Off-screen rendering": _offscreen,
    "Generators": _generators,
}
