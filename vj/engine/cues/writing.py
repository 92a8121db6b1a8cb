"""What was found on stage as TOML, short enough to read and to mend by hand, and exact: it reads back as it was."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from vj.core.types import Modulation
from vj.engine.cues.looks import Look
from vj.engine.cues.presets import Preset
from vj.engine.finish.effects import ROOT


def preset_text(preset: Preset) -> str:
    """The file of a preset."""
    head = {"name": preset.name, "look": preset.look, "bundle": preset.bundle, "walk": preset.walk}
    lines = [f"{key} = {scalar(value)}" for key, value in head.items() if value]
    if preset.classes is not None:
        lines.append(f"classes = {_inline(_pairs(preset.classes))}")
    blocks = ["\n".join(lines), _table("set", preset.values)]
    return "\n\n".join(filter(None, blocks)) + "\n"


def look_text(look: Look) -> str:
    """The file of a look."""
    values = dict(look.values)
    head = {"title": look.title, "mood": look.mood, "use": look.use, "director": values.pop("/director/select", "")}
    lines = [f"{key} = {scalar(value)}" for key, value in head.items() if value]
    suits = {"sections": look.sections or None, "energy": look.energy, "light": look.light}
    lines += [f"{key} = {scalar(value)}" for key, value in suits.items() if value is not None]
    if look.classes:
        lines.append(f"classes = {_inline(_pairs(look.classes))}")
    effects: dict[str, dict[str, Any]] = {}
    for address in [a for a in values if a.startswith(f"{ROOT}/")]:
        name, _, key = address.removeprefix(f"{ROOT}/").rpartition("/")
        effects.setdefault(f"fx.{name}" if name else "fx", {})[key] = values.pop(address)
    blocks = ["\n".join(lines), _table("set", values), *(_table(name, effects[name]) for name in sorted(effects))]
    blocks += [_table("[modulate]", modulate_entry(m)) for m in look.modulations]
    return "\n\n".join(filter(None, blocks)) + "\n"


def modulate_entry(modulation: Modulation) -> dict[str, Any]:
    """A [[modulate]] of a look or cue; what it does not say is left out."""
    said = {key: value for key, value in asdict(modulation).items() if value is not None and value != ""}
    return {"from": said.pop("source"), "to": said.pop("address"), **said}


def scalar(value: Any) -> str:
    """A word, number, switch or list as TOML has it; numbers to the last bit."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return _inline(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(scalar, value))}]"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _pairs(classes: Sequence[Any]) -> dict[str, float]:
    return dict(zip(classes[::2], classes[1::2], strict=True))


def _inline(entries: Mapping[str, Any]) -> str:
    return f"{{ {', '.join(f'{_key(k)} = {scalar(v)}' for k, v in entries.items())} }}" if entries else "{}"


def _table(title: str, entries: Mapping[str, Any]) -> str:
    lines = [f"{_key(key)} = {scalar(value)}" for key, value in entries.items()]
    return "\n".join([f"[{title}]", *lines]) if lines else ""


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else scalar(key)
