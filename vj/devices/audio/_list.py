"""What sound can come from and go to: PortAudio's devices, and before them the sources of a sound server by name.

Belongs to the audio child; imports nothing of `vj`. A device is a plain record:

handle           what it is called by the API that opens it: PortAudio's index, or the name of a server's source
index            its number in `vj devices`
name, host       as people know it, and the API it is reached by
inputs, outputs  channels
rate             the one to use unless told, in Hz
default_input, default_output
"""

import json
import re
import subprocess
from typing import Any

#: ALSA's card number, which changes when a device is plugged in again.
CARD = re.compile(r"\s*\(hw:\d+,\d+\)")
#: Names of ALSA's that lead to the sound server, where channels are mixed by name: its sources are listed instead.
ROADS = ("default", "pipewire", "pulse")
#: What else people call the default source.
_SERVERS = (*ROADS, "pulseaudio")
#: Rates of a source that need no resampling by the server.
_RATES = (44100, 48000)


def devices(sd: Any, server: Any) -> list[dict[str, Any]]:
    """Every device: `server`'s sources (a Pulse, or None), then what PortAudio (`sd`) sees.

    A running JACK server comes before ALSA's own default, which is often a bridge to it that costs latency. But where
    PipeWire plays JACK, "the first device" is any program that plays, so the user's default is looked up by name.
    """
    hosts, found = sd.query_hostapis(), sd.query_devices()
    inputs, outputs = sd.default.device
    jack = next((host for host in hosts if host["name"].startswith("JACK")), None)
    sources = _sources(server) if server else []
    if jack is not None:
        names = {number: found[number]["name"] for number in jack["devices"]}
        source, sink = _defaults(server)
        own = "system" in names.values() or not (source or sink)  # jackd itself, or nobody else to ask
        first = {way: jack[f"default_{way}_device"] for way in ("input", "output")}
        inputs = _named(source, names, found, "max_input_channels", first["input"] if own else -1, inputs)
        outputs = _named(sink, names, found, "max_output_channels", first["output"] if own else -1, outputs)
        if inputs in names:
            sources = [source | {"default_input": False} for source in sources]
    chosen = any(source["default_input"] for source in sources)
    listed = [
        {
            "handle": number,
            "name": device["name"],
            "host": hosts[device["hostapi"]]["name"],
            "inputs": 0 if sources and _is_road(device, hosts) else device["max_input_channels"],
            "outputs": device["max_output_channels"],
            "rate": _rate(device, hosts),
            "default_input": number == inputs and not chosen and not (sources and _is_road(device, hosts)),
            "default_output": number == outputs,
        }
        for number, device in enumerate(found)
    ]
    return [{"index": index} | device for index, device in enumerate(sources + listed)]


def matching(found: list[dict[str, Any]], wanted: Any, kind: str) -> list[dict[str, Any]]:
    """The devices that `wanted` (None, an index, or a part of "name, host") can mean; `kind` is inputs or outputs."""
    able = [device for device in found if device[kind]]
    default = [device for device in able if device[f"default_{kind[:-1]}"]]
    if wanted is None:
        return default
    if isinstance(wanted, int):
        return [device for device in able if device["index"] == wanted]
    word = wanted.strip().lower()
    labels = [(f"{device['name']}, {device['host']}".lower(), device) for device in able]
    handles = [device for device in able if str(device["handle"]).lower() == word]
    exact = [device for label, device in labels if word in (label, CARD.sub("", label), device["name"].lower())]
    if exact and all(device["host"] == "ALSA" for device in exact):  # "jack" is JACK, not ALSA's road to it
        exact = _first(default, [device for device in able if device["host"].lower().split()[:1] == [word]]) or exact
    meant = default if word == "default" else [device for device in default if isinstance(device["handle"], str)]
    part = [device for label, device in labels if word in label]
    return _likeliest(exact or handles or (meant if word in _SERVERS else []) or part, {d["host"] for d in default})


def _first(default: list[dict[str, Any]], devices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """`devices`, or those among them that are the default."""
    return [device for device in devices if device in default] or devices


def _likeliest(fits: list[dict[str, Any]], hosts: set[str]) -> list[dict[str, Any]]:
    """Of several devices that fit those reached like the default one, and of these those that are no monitors.

    (One interface is often seen by two hosts, and as the monitor of its own outputs.)
    """
    near = [device for device in fits if device["host"] in hosts] or fits
    return [device for device in near if not str(device["handle"]).endswith(".monitor")] or near


def again(found: list[dict[str, Any]], label: str, handle: Any, kind: str) -> list[dict[str, Any]]:
    """The device we had: its twin will do, another number of its ALSA card, another profile of its server's card."""
    card = str(handle).rpartition(".")[0] if str(handle).startswith("alsa_input.") else None
    profiles = [d for d in found if d[kind] and card and str(d["handle"]).rpartition(".")[0] == card]
    matches = matching(found, label, kind)[:1]
    return matches or profiles[:1] or matching(found, CARD.sub("", label), kind)


def _sources(server: Any) -> list[dict[str, Any]]:
    """A server's sources as devices; two of one description are told apart by their names."""
    described = [source["description"] for source in server.sources]
    return [
        {
            "handle": source["name"],
            "name": text if described.count(text) == 1 else f"{text} ({source['name']})",
            "host": server.name,
            "inputs": source["channels"],
            "outputs": 0,
            "rate": source["rate"] if source["rate"] in _RATES else 48000,
            "default_input": source["name"] == server.source,
            "default_output": False,
        }
        for source, text in zip(server.sources, described, strict=True)
    ]


def _is_road(device: Any, hosts: Any) -> bool:
    host = hosts[device["hostapi"]]["name"]
    return (host == "ALSA" and device["name"] in ROADS) or host == "PulseAudio"


def _rate(device: Any, hosts: Any) -> int:
    """The rate to use unless told: the device's own, but 48 kHz for an ALSA name that leads to a sound server.

    Such a name reports 44.1 kHz because it can do anything, while the server behind it mostly runs at 48.
    """
    virtual = hosts[device["hostapi"]]["name"] == "ALSA" and "(hw:" not in device["name"]
    return 48000 if virtual else int(device["default_samplerate"])


def _named(text: str, names: dict[int, str], found: Any, way: str, own: int, other: int) -> int:
    """The JACK device (`names` by number) that is meant by "Monitor of NAME" or the like; else `own`, else `other`.

    (The word before the name is in the server's language.)
    """
    fits = [
        number for number, name in names.items() if found[number][way] and (text == name or text.endswith(f" {name}"))
    ]
    return max(fits, key=lambda number: len(names[number]), default=own if own >= 0 else other)


def _defaults(server: Any) -> tuple[str, str]:
    """Descriptions of the user's default source and sink, "" where unknown: as `server` has them, or PipeWire's own."""
    if server:
        described = {source["name"]: source["description"] for source in server.sources}
        return described.get(server.source, ""), described.get(f"{server.sink}.monitor", "")
    try:
        dump = json.loads(subprocess.run(["pw-dump"], capture_output=True, timeout=2, check=True).stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return "", ""
    described, chosen = {}, {}
    for thing in dump:
        props = (thing.get("info") or {}).get("props") or {}
        if "node.name" in props:
            described[props["node.name"]] = (
                props.get("node.description") or props.get("node.nick") or props["node.name"]
            )
        for entry in thing.get("metadata") or []:
            if isinstance(entry.get("value"), dict):
                chosen[entry.get("key")] = entry["value"].get("name")
    source, sink = (described.get(chosen.get(f"default.audio.{way}"), "") for way in ("source", "sink"))
    return source or sink, sink
