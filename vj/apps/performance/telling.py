"""What is in a performance, in lines to read."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from vj.apps.performance.summary import Summary

#: So many of a kind are told one by one.
MOST = 8


def lines(found: Summary, folder: Path) -> Iterator[str]:
    """A heading and a dozen lines, each a word and what is to be said of it; what is missing comes last."""
    head = found.header
    yield f"{folder.resolve().name}, {clock(found.length)} long"
    if found.begins:
        yield _line("begins", f"at {clock(found.begins)}; what was before leads up to it")
    yield _line(
        "sound", f"{clock(found.sound)}, {found.channels} channels at {found.rate} Hz" if found.sound else "none"
    )
    yield _line("pictures", f"{found.pictures} imagined, {found.frames} frames shown")
    began = (f"bundle {head.get('bundle')}", f"look {head.get('look')}", f"director {head.get('director')}")
    seed = f"seed {head.get('seed')}"
    yield _line("began", ", ".join((*(word for word in began if not word.endswith("None")), seed)))
    yield _line("done", f"{found.events.total()} events: {_counted(found.events)}" if found.events else "nothing")
    if found.sources:
        yield _line("by", _counted(found.sources))
    for t, address, args in found.cues[:MOST]:
        yield _line("cue", f"{clock(t)} {address} {' '.join(map(str, args))}".rstrip())
    if len(found.cues) > MOST:
        yield _line("", f"and {len(found.cues) - MOST} others")
    for name, known in found.bundles.items():
        told = [known[word] for word in ("kind", "why") if word in known]
        told += [f"sha256 {known['manifest'][:12]}"] if known.get("manifest") else []
        yield _line("bundle", ", ".join((name, *map(str, told))))
    if found.quality:
        steps = ", ".join(f"{rung} at {clock(t)}" for t, rung in found.quality[:MOST])
        yield _line("quality", f"{len(found.quality)} steps, least rung {max(r for _, r in found.quality)}: {steps}")
    for t, facts in found.notes[:MOST]:
        yield _line("note", f"{clock(t)} " + ", ".join(f"{name} {value}" for name, value in facts.items()))
    if versions := head.get("versions"):
        yield _line("made by", ", ".join(f"{name} {version}" for name, version in versions.items()))
        yield _line("on", str(head.get("machine", "")))
    yield _line("takes", ", ".join(found.takes) if found.takes else "none beside it")
    exact = "to the end" if found.exact is None else f"up to {clock(found.exact)}"
    yield _line("exact", f"{exact}; all of it renders anew" if found.exact is not None else exact)
    for what in found.missing or ["nothing"]:
        yield _line("missing", what)


def clock(seconds: float) -> str:
    """Hours, minutes, seconds and tenths."""
    whole, tenths = divmod(round(seconds * 10), 10)
    return f"{timedelta(seconds=whole)}.{tenths}"


def _line(word: str, text: str) -> str:
    return f"  {word:9}{text}"


def _counted(counts: Counter[str]) -> str:
    told = ", ".join(f"{name} {count}" for name, count in counts.most_common(MOST))
    return told + (f" and {len(counts) - MOST} others" if len(counts) > MOST else "")
