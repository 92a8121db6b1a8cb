"""The first minute: perform to the bundled loop, or render it where there is no screen or no sound."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vj.core.errors import VjError

if TYPE_CHECKING:  # what takes long to import is imported when a window is up, or none is wanted
    from vj.apps.assemble import Settings

Progress = Callable[[float, float | None], None]
Say = Callable[[str], None]
WithProgress = Callable[[str, Callable[[Progress], Any]], Any]
#: What is rendered of each look.
LOOK_LENGTH_S = 5.0
#: Where in the loop it begins: its drop begins at 22.5 s.
LOOK_FROM_S = 21.5
#: The instants of it that go on the contact sheet.
LOOK_SHOWN_S = (0.6, 2.4, 4.6)


def demo(
    offline: bool,
    seconds: float | None,
    with_progress: WithProgress,
    say: Say,
    started: float,
    looks: bool = False,
    browser: bool = True,
) -> None:
    """Live if there are a screen and a sound output, else demo.mp4 and demo.png in the current folder.

    A `browser` of this machine, if there is one, shows the surface. With `looks` every look in turn, or each rendered
    by itself and all on one sheet, looks.png.
    """
    missing = "asked for" if offline else what_is_missing()
    if not missing:
        say("Performing to the bundled loop. H shows the instruments, B blacks out, 1 to 6 choose a world,")
        say("Ctrl+Q ends. Plug in a microphone and run `vj live` for the real thing.")
        if looks:
            say("N goes on to the next look.")
        _perform(looks, seconds, started, browser)
        return
    say(f"Rendering instead of performing ({missing}).")
    if looks:
        _render_looks(_song(), seconds or LOOK_LENGTH_S, with_progress, say)
        return
    from vj.workshop.contact import contact_sheet, film_frames

    video, sheet = Path("demo.mp4"), Path("demo.png")
    _render(_song(), video, _settings(looks), (0.0, seconds), with_progress)
    times, pictures = zip(*film_frames(video, every=1.6), strict=True)
    contact_sheet(pictures, labels=[f"{t:.1f} s" for t in times]).save(sheet)
    say(f"The video is {video.resolve()}")
    say(f"A contact sheet of it is {sheet.resolve()}")


def _song() -> Path:
    """The bundled loop, which is made the first time."""
    from vj.workshop import loop

    return loop.cached()


def _settings(looks: bool) -> "Settings":
    """The set of the demo, or that of all looks."""
    from vj.apps.assemble import Settings
    from vj.apps.homes import SETLISTS, shipped

    return Settings(setlist=shipped(SETLISTS) / ("looks.toml" if looks else "demo.toml"))


def what_is_missing() -> str:
    """Why a live demo cannot be given here; empty if it can."""
    from vj.devices.audio.output import has_output

    try:
        from vj.outputs.window import displays

        if not displays():
            return "there is no screen"
    except (VjError, ImportError, OSError):
        return "there is no screen"
    return "" if has_output() else "there is no sound output"


def look_names() -> tuple[str, ...]:
    """The looks of the shipped set of looks, in its order, each once."""
    import tomllib

    from vj.apps.homes import SETLISTS, shipped

    text = (shipped(SETLISTS) / "looks.toml").read_text(encoding="utf-8")
    return tuple(dict.fromkeys(str(cue["look"]) for cue in tomllib.loads(text)["cue"]))


def _perform(looks: bool, seconds: float | None, started: float, browser: bool) -> None:
    from vj.apps.live.options import Options
    from vj.apps.live.perform import perform

    perform(lambda: _settings(looks), Options(song=_song, duration=seconds, browser=browser), started)


def _render(
    song: Path, video: Path, settings: "Settings", span: tuple[float, float | None], with_progress: WithProgress
) -> None:
    from vj.apps.render.film import render

    with_progress(
        f"Rendering {video}",
        lambda progress: render(song, video, settings, Fraction(30), span=span, progress=progress),
    )


def _render_looks(song: Path, seconds: float, with_progress: WithProgress, say: Say) -> None:
    """A film of each look in the folder `looks`, and looks.png with three pictures of each."""
    from vj.apps.assemble import Settings
    from vj.workshop.contact import contact_sheet

    folder, sheet = Path("looks"), Path("looks.png")
    folder.mkdir(exist_ok=True)
    pictures: list[Any] = []
    labels: list[str] = []
    for name in look_names():
        video = folder / f"{name}.mp4"
        _render(song, video, Settings(look=name), (LOOK_FROM_S, LOOK_FROM_S + seconds), with_progress)
        for t, picture in _moments(video, [t for t in LOOK_SHOWN_S if t < seconds] or [0.0]):
            pictures.append(picture)
            labels.append(f"{name.replace('_', ' ')}  {t:.1f} s")
    contact_sheet(pictures, columns=len(LOOK_SHOWN_S) * 2, labels=labels, width=300).save(sheet)
    say(f"The films are in {folder.resolve()}")
    say(f"A contact sheet of them is {sheet.resolve()}")


def _moments(video: Path, times: Sequence[float]) -> list[tuple[float, Any]]:
    """The pictures of a film at some instants."""
    from vj.workshop.contact import film_frames

    shown = list(film_frames(video, every=0.2))
    return [min(shown, key=lambda frame: abs(frame[0] - t)) for t in times]
