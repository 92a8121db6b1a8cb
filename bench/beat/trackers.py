"""How good the beat is that a show displays, beside other trackers, on pieces whose beats are known.

python bench/beat/trackers.py MATERIAL... [--split test] [--peers aubio,beatnet,madmom,...] [--limit N] [--seconds 75]
                           [--out bench/results/beat.json] [--picture bench/results/beat.png]

MATERIAL are folders of NAME.flac with NAME.json beside it; README.md says how they are made and what is measured.
What peers found is remembered by sound, so that a second run costs ours alone; `--peers none` leaves them out.
"""

from functools import partial
from pathlib import Path
from typing import Any

import mir_eval

from bench._machine import arguments, machine
from bench.beat._measures import Judged, Shown, calibration, judge, worst_gap
from bench.beat._ours import RATE, hear
from bench.beat._peers import NAMES, MissingError, Peer
from bench.beat._peers import RATE as PEERS_RATE
from bench.beat._pieces import Piece, chosen
from bench.beat._summary import Row, compact, material, piece_row, table, tables


def ours(pieces: list[Piece], seconds: float) -> tuple[list[Row], list[Judged]]:
    """Our figures of every piece."""
    rows, judged = [], []
    for number, piece in enumerate(pieces, 1):
        shown, cost = hear(piece.sound(RATE, seconds))
        result = judge(piece.beats, piece.places, shown)
        rows.append(Row(piece, result, cost))
        judged.append(result)
        print(f"vj {number}/{len(pieces)} {piece.name}: right {result.figures['right']:.2f}", flush=True)
    return rows, judged


def theirs(peer: Peer, pieces: list[Piece], seconds: float) -> tuple[list[Row], dict[str, str]]:
    """A peer's figures of every piece that it takes, and why it did not take the others."""
    rows: list[Row] = []
    refused: dict[str, str] = {}
    for number, piece in enumerate(pieces, 1):
        try:
            told = peer.track(piece.mark(seconds), partial(piece.sound, PEERS_RATE, seconds))
        except MissingError as error:
            if number == 1:
                raise
            refused[piece.name] = str(error)
            continue
        first = told.places == 1 if told.places.any() else None
        result = judge(piece.beats, piece.places, Shown(told.times, first))
        rows.append(Row(piece, result, {"beat": told.cpu}))
        print(f"{peer.name} {number}/{len(pieces)} {piece.name}: right {result.figures['right']:.2f}", flush=True)
    return rows, refused


def main() -> None:
    """Measure, print, write, draw."""
    parser = arguments((__doc__ or "").splitlines()[0])
    parser.add_argument("material", type=Path, nargs="+", help="folders of sounds with a JSON beside each")
    parser.add_argument("--split", default="test", choices=("train", "valid", "test", "all"))
    parser.add_argument("--peers", default=",".join(NAMES), help=f"of {', '.join(NAMES)}, or none")
    parser.add_argument("--limit", type=int, help="so many pieces, by turns from every source and tempo")
    parser.add_argument("--seconds", type=float, default=75.0, help="so much of each piece")
    parser.add_argument("--picture", type=Path, help="draw the calibration and the tempi to this PNG")
    asked = parser.parse_args()
    about = machine()
    pieces = [piece.until(asked.seconds) for piece in chosen(asked.material, asked.split, asked.limit)]
    if not pieces:
        raise SystemExit(f"no piece of split {asked.split} in {', '.join(map(str, asked.material))}: make them first")
    rows, judged = ours(pieces, asked.seconds)
    all_rows = {"vj": rows}
    result: dict[str, Any] = {
        "what": "the displayed beat against true beats",
        "machine": {**about, "mir_eval": mir_eval.__version__},
        "material": material(pieces, asked.split, asked.seconds),
        "trackers": {"vj": {"mode": "online", "what": "as displayed, defaults", **tables(rows)}},
        "missing": {},
    }
    for name in [n for n in asked.peers.split(",") if n and n != "none"]:
        if name not in NAMES:
            raise SystemExit(f"no peer {name!r}: there are {', '.join(NAMES)}")
        try:
            with Peer(name) as peer:
                found, refused = theirs(peer, pieces, asked.seconds)
        except MissingError as error:
            result["missing"][name] = str(error)
            print(f"{name}: cannot be had: {error}", flush=True)
            continue
        told = {"mode": peer.mode, "what": peer.what, "package": peer.packages[0], **tables(found)}
        result["trackers"][name] = told | ({"refused": refused} if refused else {})
        all_rows[name] = found
    result["calibration"] = calibration(judged)
    result["calibration_worst"] = worst_gap(result["calibration"])
    result["pieces"] = {p.name: piece_row(p, all_rows) for p in pieces}
    print(table(result))
    if asked.out:
        asked.out.write_text(compact(result) + "\n", encoding="utf-8")
    if asked.picture:
        from bench.beat._picture import draw

        draw(result).save(asked.picture)


if __name__ == "__main__":
    main()
