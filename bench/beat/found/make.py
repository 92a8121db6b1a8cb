"""Pieces with exact beats out of what Debian ships.

python bench/beat/found/make.py OUT [--only modules] [--packages DIR]

Fetches what it needs with apt-get into DIR, once, and installs nothing. What is in OUT already, and what left_out.txt
there names as doubtful, is not made again. See README.md here for what comes out.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

from bench.beat.found import _arranged, _midi, _modules, _recorded
from bench.beat.found._packages import unpacked
from bench.beat.found._pieces import write

KINDS = {"modules": _modules, "recorded": _recorded, "midi": _midi, "arranged": _arranged}


def main() -> None:
    """Writes the pieces and tells how many there are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", choices=list(KINDS))
    parser.add_argument("--package", help="this one alone")
    parser.add_argument("--packages", type=Path, default=Path.home() / ".cache/vj/packages", help="where they are kept")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    args.packages.mkdir(parents=True, exist_ok=True)
    for kind in [args.only] if args.only else KINDS:
        for package in KINDS[kind].PACKAGES:
            if args.package in (None, package):
                make(kind, package, args.packages, args.out)
    tell(args.out)


def make(kind: str, package: str, packages: Path, out: Path) -> None:
    """Writes the pieces of one package."""
    folder = unpacked(package, packages)
    if folder is None:
        print(f"{package}: cannot be had here, left out")
        return
    doubtful = out / "left_out.txt"
    known = {path.stem for path in out.glob("*.json")}
    known |= set(doubtful.read_text().split()) if doubtful.exists() else set()
    for name, make_song in KINDS[kind].songs(package, folder):
        if name in known:
            continue
        known.add(name)
        found = make_song()
        piece = found and write(found[0], out, found[1], found[2])
        if piece:
            print(f"{name}: {piece['bpm']} BPM in {piece['metre']}, {piece['why']}, {piece['measured']}", flush=True)
        else:
            with doubtful.open("a") as file:
                file.write(f"{name}\n")


def tell(out: Path) -> None:
    """Prints what the folder holds."""
    pieces = [json.loads(path.read_text()) for path in sorted(out.glob("*.json"))]
    for what in ("source", "genre", "split", "metre"):
        print(what, dict(Counter(str(piece[what]) for piece in pieces).most_common()))
    print("tempo", dict(sorted(Counter(int(piece["bpm"] // 20 * 20) for piece in pieces).items())))
    print(f"{len(pieces)} pieces")


if __name__ == "__main__":
    main()
