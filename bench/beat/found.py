"""Pieces with exact beats out of what Debian ships: `python bench/beat/found.py OUT [--only modules] [--packages DIR]`.

Fetches what it needs with apt-get into DIR, once, and installs nothing. See README.md here for what comes out.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

import _modules
from _found_pieces import write
from _packages import unpacked

KINDS = {"modules": _modules}


def main() -> None:
    """Writes the pieces and tells how many there are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", choices=list(KINDS))
    parser.add_argument("--packages", type=Path, default=Path.home() / ".cache/vj/packages")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    args.packages.mkdir(parents=True, exist_ok=True)
    for kind in [args.only] if args.only else KINDS:
        for package in KINDS[kind].PACKAGES:
            folder = unpacked(package, args.packages)
            if folder is None:
                print(f"{package}: cannot be had here, left out")
                continue
            for song, start, until in KINDS[kind].songs(package, folder):
                piece = write(song, args.out, start, until)
                if piece:
                    print(
                        f"{piece['name']}: {piece['bpm']} BPM in {song.metre}, {song.why}, {song.measured}", flush=True
                    )
    tell(args.out)


def tell(out: Path) -> None:
    """Prints what the folder holds."""
    pieces = [json.loads(path.read_text()) for path in sorted(out.glob("*.json"))]
    for what in ("source", "genre", "split", "metre"):
        print(what, dict(Counter(str(piece[what]) for piece in pieces).most_common()))
    print("tempo", dict(sorted(Counter(int(piece["bpm"] // 20 * 20) for piece in pieces).items())))
    print(f"{len(pieces)} pieces")


if __name__ == "__main__":
    main()
