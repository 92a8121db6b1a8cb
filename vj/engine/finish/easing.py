"""From rung to rung without a jump: what can be had in parts is taken away, or given back, in small steps."""

from dataclasses import replace

from vj.engine.governor import Rung

#: Show time in which a rung is reached.
EASE_S = 0.4
#: The steps that sizes go in: a twentieth cannot be seen.
STEP = 0.05


class Easing:
    """Follows the rung that is wanted. Deterministic: show time is an argument."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """No rung yet; the first one is there at once."""
        self._from: Rung | None = None
        self._to: Rung | None = None
        self._since = 0.0

    def step(self, t: float, wanted: Rung) -> Rung:
        """What there is of `wanted` at show time `t` seconds."""
        if self._from is None or self._to is None:
            self._from = self._to = wanted
        if wanted != self._to:
            self._from, self._to, self._since = self._at(t), wanted, t
        return self._at(t)

    def _at(self, t: float) -> Rung:
        assert self._from is not None
        assert self._to is not None
        x = (t - self._since) / EASE_S
        if self._from is self._to or x >= 1.0:
            return self._to
        return replace(
            self._to,
            canvas=_between(self._from.canvas, self._to.canvas, x),
            picture=_between(self._from.picture, self._to.picture, x),
        )


def _between(a: float, b: float, x: float) -> float:
    """The step nearest to a share `x` of the way from `a` to `b`."""
    return round((a + (b - a) * max(x, 0.0)) / STEP) * STEP
