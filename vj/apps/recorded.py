"""A recorded performance as something to render: its settings, its sound, and what was done when."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from vj.apps.assemble import Settings
from vj.apps.homes import look_file
from vj.core.errors import AudioError
from vj.core.types import Event
from vj.engine.performance import LOG, LOOKS, OLD_SOUND, PALETTES, PRESETS, SETLIST, Reading, sound_in

#: Who an event is from that nobody but the show itself did.
GOVERNOR = "governor"
#: What the performer did, and at which show time in seconds.
Script = tuple[tuple[float, Event], ...]


def header(settings: Settings) -> dict[str, Any]:
    """What a performance must say of the settings it was given with."""
    file = look_file(settings.look)
    look = file.stem if file else settings.look
    memory = {} if settings.memory is None else {"memory": settings.memory}
    began = {"began": settings.began} if settings.began else {}
    told = {"bundle": settings.bundle, "director": settings.director, "seed": settings.seed, "look": look}
    return {**told, **memory, **began}


def read_recorded(folder: Path) -> tuple[Settings, Path, Script]:
    """Settings, the place of the sound (see `sound_of`) and script of a performance's folder; raises VjError if it is
    none."""
    steps = Reading(folder / LOG)
    return settings_of(folder, steps.header), sound_in(folder), tuple(done_in(steps))


def sound_of(folder: Path) -> Path:
    """The sound file of the performance in `folder`, for who must hear it; raises AudioError if there is none: the show
    ended before it heard anything, or somebody took it away."""
    sound = sound_in(folder)
    if sound.exists():
        return sound
    hint = f"copy the sound of that show there, from its first second on, as {sound.name} or {OLD_SOUND}"
    raise AudioError("this performance has no sound", str(sound), hint)


def settings_of(folder: Path, head: Mapping[str, Any]) -> Settings:
    """The settings that the performance in `folder` was given with, by the header of its log."""
    setlist, palettes = folder / SETLIST, folder / PALETTES
    return Settings(
        bundle=str(head["bundle"]),
        director=head.get("director"),
        seed=int(head["seed"]),
        setlist=setlist if setlist.exists() else None,
        look=head.get("look"),
        looks=folder / LOOKS,
        presets=folder / PRESETS,
        memory=head.get("memory"),
        palettes=palettes if palettes.is_dir() else None,
        began=float(head.get("began", 0.0)),
    )


def done_in(steps: Iterable[dict[str, Any]]) -> Iterator[tuple[float, Event]]:
    """What was done in the steps of a log, and when."""
    return (
        (float(step["t"]), Event(**{**event, "args": tuple(event["args"])}))
        for step in steps
        if step["k"] == "tick"
        for event in step["events"]
        if event["source"] != GOVERNOR  # there is time for everything now
    )


def begins(folder: Path) -> float:
    """The show time from which a performance is seen: of one that was trimmed, what was before leads up to it."""
    return float(Reading(folder / LOG).header.get("from", 0.0))
