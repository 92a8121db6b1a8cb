"""The first minute: perform to the bundled loop, or render it where there is no screen or no sound."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

from vj.apps._assemble import Settings, find_setlist
from vj.core.errors import VjError
from vj.workshop import loop
from vj.workshop.contact import contact_sheet, film_frames

Progress = Callable[[float, float | None], None]


def demo(
    offline: bool,
    seconds: float | None,
    with_progress: Callable[[str, Callable[[Progress], Any]], Any],
    say: Callable[[str], None],
    started: float,
) -> None:
    """Live if there are a screen and a sound output, else demo.mp4 and demo.png in the current folder."""
    song = loop.cached()
    settings = Settings(setlist=find_setlist("demo"))
    missing = "asked for" if offline else what_is_missing()
    if not missing:
        say("Performing to the bundled loop. H shows the instruments, B blacks out, 1 to 6 choose a world,")
        say("Ctrl+Q ends. Plug in a microphone and run `vj live` for the real thing.")
        _perform(song, settings, seconds, started)
        return
    say(f"Rendering instead of performing ({missing}).")
    video, sheet = Path("demo.mp4"), Path("demo.png")
    _render(song, video, settings, seconds, with_progress)
    times, pictures = zip(*film_frames(video, every=1.6), strict=True)
    contact_sheet(pictures, labels=[f"{t:.1f} s" for t in times]).save(sheet)
    say(f"The video is {video.resolve()}")
    say(f"A contact sheet of it is {sheet.resolve()}")


def what_is_missing() -> str:
    """Why a live demo cannot be given here; empty if it can."""
    from vj.devices.audio_out import has_output

    try:
        from vj.outputs.window import displays

        if not displays():
            return "there is no screen"
    except (VjError, ImportError, OSError):
        return "there is no screen"
    return "" if has_output() else "there is no sound output"


def _perform(song: Path, settings: Settings, seconds: float | None, started: float) -> None:
    from vj.apps.perform import Options, perform

    perform(settings, Options(song=song, duration=seconds), started)


def _render(song: Path, video: Path, settings: Settings, seconds: float | None, with_progress: Any) -> None:
    from vj.apps.render import render

    with_progress(
        f"Rendering {video}",
        lambda progress: render(song, video, settings, Fraction(30), span=(0.0, seconds), progress=progress),
    )
