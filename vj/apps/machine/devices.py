"""`vj devices`: what sound can come in through and go out to, displays, controllers; what to do where there is none."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from vj.core.errors import AudioError, VjError
from vj.devices.audio.link import Device, devices

NOTHING = """No audio device.
  Linux with a desktop: install libasound2-plugins, so that ALSA's default device leads to PipeWire or PulseAudio
  Linux without one:    start jackd, PipeWire or PulseAudio; or plug in a sound card (and be in the group "audio")
  macOS:                allow your terminal the microphone: System Settings, Privacy & Security, Microphone
  Windows:              allow desktop apps the microphone: Settings, Privacy & security, Microphone
  anywhere:             `vj live --input SONG` performs to a file"""
HINT = "Choose with --device: a number, or better a part of the name, which stays the same. * is the default."


SCREEN_HINT = "Choose with --display: a number or a part of the name; --fullscreen fills it."


def print_all() -> None:
    """Print all there is, in three parts; a part that cannot be told says why and leaves the others alone."""
    console = Console()
    for title, part in (("Sound", print_devices), ("Displays", print_displays), ("MIDI", print_midi)):
        console.print(title, style="bold")
        try:
            part()
        except (VjError, ImportError, OSError) as error:
            why = f"{error.what}; {error.hint}" if isinstance(error, VjError) and error.hint else str(error)
            console.print(why, style="yellow", highlight=False, markup=False, soft_wrap=True)
        console.print()


def print_displays() -> None:
    """Print every display: number, name, size and place, refresh. Raises OutputError where there is no screen."""
    from vj.outputs.window import displays  # a machine without a screen may lack GLFW's libraries

    console = Console()
    for display in displays():
        console.print(str(display), highlight=False, markup=False, soft_wrap=True)
    console.print(SCREEN_HINT, style="dim", highlight=False, soft_wrap=True)


def print_midi() -> None:
    """Print every MIDI input and the map it would use. Raises ControlError where there is no MIDI."""
    from vj.apps.assemble import parameters
    from vj.apps.machine import midi

    midi.print_ports(parameters())


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
