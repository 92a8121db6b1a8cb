"""What this machine can encode, tried out in a process of its own: a driver that hangs or dies takes nobody with it."""

import json
import os
import subprocess
import sys

from vj.outputs.video.child import environment
from vj.outputs.video.formats import CODECS

#: Seconds that all trials together may take.
PATIENCE = 60.0


def available() -> dict[str, str]:
    """Codec -> the encoder that writes it here with each number of bits, or why there is none."""
    command = [sys.executable, "-m", "vj.outputs.video.available"]
    try:
        done = subprocess.run(command, capture_output=True, env=environment(), timeout=PATIENCE, check=False)
        found: dict[str, str] = json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return dict.fromkeys(CODECS, "cannot be found out")
    return found


def tried(name: str) -> str:
    """What writes a codec here."""
    from vj.outputs.video import hap
    from vj.outputs.video.streams import encodes, pixels_for

    codec = CODECS[name]
    if name in hap.KINDS:
        return f"no: {why}" if (why := hap.can(name)) else "ffmpeg"
    by: dict[str, list[int]] = {}
    for depth in sorted({*codec.pixels, *codec.alpha}):
        able = (one for one in codec.encoders if encodes(one, pixels_for(one, name, depth)))
        if encoder := next(able, ""):
            by.setdefault(encoder, []).append(depth)
    if not by:
        return f"no: {', '.join(codec.encoders)} cannot be had"
    whole = len(by) == 1 and len(next(iter(by.values()))) == len({*codec.pixels, *codec.alpha})
    return ", ".join(one if whole else f"{one} ({' and '.join(map(str, bits))} bits)" for one, bits in by.items())


def main() -> None:
    """Program: one JSON object."""
    answer, quiet = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)  # drivers talk
    os.dup2(quiet, 2)
    os.write(answer, json.dumps({name: tried(name) for name in CODECS}).encode())


if __name__ == "__main__":
    main()
