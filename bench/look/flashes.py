"""Does a look that ships flash too much? Ours beside EA's IRIS (`iris-pse-detection`): python bench/look/flashes.py

Every look is played to the bundled loop and to made songs of 90, 128 and 174 BPM as `vj render` does it, and its
finished frames are read by both, frame by frame.
"""

from typing import Any

import numpy as np
from iris_pse_detection.configuration import Configuration
from iris_pse_detection.flash_detection import FlashDetection

from bench._machine import arguments, machine, write
from bench.look._picture import SIZE
from bench.look._songs import SONGS, made
from bench.look._sound import Piece, demo_loop
from bench.look.rendered import Look, played, shipped
from vj.core.flash.light import grid, linear, places
from vj.core.flash.meter import AREA, FlashMeter
from vj.core.flash.stripes import striped
from vj.core.types import U8

FPS = 30


class Watch:
    """Shows each frame to both."""

    def __init__(self) -> None:
        self._meter, self._iris = FlashMeter(), FlashDetection(FPS, SIZE[::-1], Configuration())
        self.ours: list[bool] = []
        self.theirs: list[bool] = []
        self.warned: list[bool] = []
        self.flashes = 0
        self.stripes: list[bool] = []

    def __call__(self, frame: U8) -> None:
        n, seen = len(self.ours), places(frame)
        reading = self._meter.step(n / FPS, grid(seen))
        self.ours.append(not reading.passes)
        self.flashes = max(self.flashes, reading.flashes)
        self.stripes.append(striped(linear(seen)) > AREA)
        self._iris.set_current_frame(np.ascontiguousarray(frame[..., ::-1]))
        data = self._iris.analyse_frame(n)
        result = max(int(data.luminance_frame_result), int(data.red_frame_result))
        self.theirs.append(result >= 2)
        self.warned.append(result == 1)


def judged(look: Look, piece: Piece) -> dict[str, Any]:
    """How many frames of `look` to `piece` fail by each count."""
    watch = Watch()
    film = played(look, piece.path, (piece.start, piece.stop), fps=FPS, watch=watch)
    ours, theirs = np.array(watch.ours), np.array(watch.theirs)
    return {
        "frames": len(ours),
        "fail_ours": int(ours.sum()),
        "fail_iris": int(theirs.sum()),
        "agree": round(float((ours == theirs).mean()), 4),
        "missed": int((theirs & ~ours).sum()),
        "iris_warns": int(sum(watch.warned)),
        "flashes_a_second": watch.flashes,
        "striped": int(sum(watch.stripes)),
        "limited": film.limited,
    }


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--look", nargs="*", help="only these")
    args = parser.parse_args()
    pieces = [piece for piece in (demo_loop(args.seconds), *(made(name, args.seconds) for name in SONGS)) if piece]
    looks = [look for look in shipped() if not args.look or look.name in args.look]
    result: dict[str, Any] = {
        "what": "flashes of every look, by ours and by IRIS 1.1.2's port",
        **machine(),
        "looks": {},
    }
    for look in looks:
        result["looks"][look.name] = {piece.name: judged(look, piece) for piece in pieces}
        print(look.name, result["looks"][look.name], flush=True)
    every = [row for rows in result["looks"].values() for row in rows.values()]
    for key in ("frames", "fail_ours", "fail_iris", "missed", "iris_warns", "striped", "limited"):
        result[key] = sum(row[key] for row in every)
    write(result, args.out)


if __name__ == "__main__":
    main()
