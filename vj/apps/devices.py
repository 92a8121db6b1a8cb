"""`vj devices`: what sound can come in through and go out to, and what to do where there is nothing."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from vj.core.errors import AudioError
from vj.devices._audio_link import Device, devices

NOTHING = """No audio device.
  Linux with a desktop: install libasound2-plugins, so that ALSA's default device leads to PipeWire or PulseAudio
  Linux without one:    start jackd, PipeWire or PulseAudio; or plug in a sound card (and be in the group "audio")
  macOS:                allow your terminal the microphone: System Settings, Privacy & Security, Microphone
  Windows:              allow desktop apps the microphone: Settings, Privacy & security, Microphone
  anywhere:             `vj live --input SONG` performs to a file"""
HINT = "Choose with --device: a number, or better a part of the name, which stays the same. * is the default."


def print_devices() -> None:
    """Print a table of the audio devices; without any, what to do about it."""
    console = Console()
    found = devices()
    if not found:
        console.print(NOTHING, highlight=False, markup=False, soft_wrap=True)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("", "in", "out", "Hz", "device", "through"):
        table.add_column(title, justify="right" if title in ("", "in", "out", "Hz") else "left")
    for device in found:
        table.add_row(*_cells(device), style=None if device.inputs else "dim")
    console.print(table)
    console.print(HINT, style="dim", highlight=False, soft_wrap=True)
    if not any(device.default_input for device in found):
        console.print("There is no default input: name one.", style="yellow", highlight=False)


def audio_lines() -> Iterator[str]:
    """One line a device for a plain report, or one that says why there is none."""
    try:
        found = devices()
    except AudioError as error:
        yield f"audio: {error.what} ({error.where}); {error.hint}"
        return
    for device in found:
        number, inputs, outputs, rate, name, host = (cell.strip() for cell in _cells(device))
        yield f"{number}: {name}, {host}: in {inputs}, out {outputs}, {rate} Hz"
    if not found:
        yield "no audio device"


def _cells(device: Device) -> tuple[str, str, str, str, str, str]:
    """What is said of a device; * marks the default in each direction."""
    inputs = f"{device.inputs or '-'}{'*' if device.default_input else ' '}"
    outputs = f"{device.outputs or '-'}{'*' if device.default_output else ' '}"
    return str(device.index), inputs, outputs, str(device.rate), device.name, device.host
