"""How each convolution of a network is done best by torch on this processor: see `player.FORMS`.

Every convolution is timed in every form, and what each form by itself costs in likeness is measured on a picture. Then
all take the form that is quickest, and those whose error is largest for the time they save go back to a better one,
until the errors together are small enough: they come of rounding, and so their squares add up. What was chosen is
tried, and chosen anew with less room where the pictures are worse than that promised. It takes a few hundred pictures
for a network of a few dozen convolutions; one so large that this were hours is left as it is.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vj.core.types import F32
from vj.generators.torch.player import FORMS, LAYERS, Program, Threads, way

#: Single precision, done as it stands: what all are compared with.
PLAIN = "s"
#: Others, the most alike first: one that is slower than those before it is of no use.
BY_LIKENESS = "winvu"
#: Quick, and as good as single precision: what stands beside one form that is measured.
EXACT = "w"
#: Pictures timed in each form.
_TIMED = 4
#: Beyond what is asked, for other pictures are not as easy.
_ROOM_DB = 1.0
#: What must be saved by a form to be thought of, as a part of the whole picture's time.
_WORTH = 0.0005
#: How often a choice that was worse than promised is made anew.
_AGAIN = 6
#: Seconds that the choice may take.
LIMIT_S = 900.0
Feeds = Mapping[str, F32]


@dataclass(frozen=True)
class Form:
    """A way to do one convolution: the seconds it takes, and the mean square that it adds to a picture's error."""

    letter: str
    seconds: float
    error: float = 0.0


def by_layer(
    file: Path,
    feeds: Sequence[Feeds],
    least_psnr_db: float,
    tick: Callable[[float], None] = lambda part: None,
    clock: Callable[[], float] = time.monotonic,
) -> str:
    """The precision ("layers ...") in which `file` is quickest on one thread at `least_psnr_db` for all of `feeds`;
    nothing where single precision as it stands is. Raises what torch does, and TimeoutError after LIMIT_S of `clock`,
    which is looked at between two pictures.
    """
    end = clock() + LIMIT_S

    def look() -> None:
        if clock() > end:
            raise TimeoutError(f"what is best for each layer is not known after {LIMIT_S / 60.0:g} minutes")

    with Threads(1), torch.inference_mode():
        made = Program(file, way("cpu", "fp32", False))
        given = [{name: torch.from_numpy(feed[name]) for name in made.inputs} for feed in feeds]
        plain = Program(file, way("cpu", LAYERS + PLAIN * len(made.convolutions), False))
        trial = _Trial(plain, given, look)
        choices = trial.choices(tick)
        budget, letters = 4.0 * 10 ** (-(least_psnr_db + _ROOM_DB) / 10.0), ""
        for _ in range(_AGAIN):
            letters = chosen(choices, budget)
            error = trial.error(letters, given)
            if error <= 4.0 * 10 ** (-least_psnr_db / 10.0):
                break
            budget *= min(0.8, budget / error)
    return LAYERS + letters if set(letters) != {PLAIN} else ""


def chosen(choices: Sequence[Sequence[Form]], budget: float) -> str:
    """A letter for each of `choices`, all forms of a convolution: the quickest whose errors sum to `budget` at most."""
    picked = [min(forms, key=lambda form: form.seconds) for forms in choices]
    while sum(form.error for form in picked) > budget:
        moves = [
            ((now.error - better.error) / max(better.seconds - now.seconds, 1e-9), k, better)
            for k, now in enumerate(picked)
            for better in choices[k]
            if better.error < now.error
        ]
        if not moves:
            break
        _, k, better = max(moves, key=lambda move: move[0])
        picked[k] = better
    return "".join(form.letter for form in picked)


class _Trial:
    """A network whose convolutions can be given other letters, and what it draws with none."""

    def __init__(self, plain: Program, feeds: Sequence[Mapping[str, Tensor]], look: Callable[[], None]) -> None:
        self._plain, self._feeds, self._look = plain, feeds[0], look
        self._count = len(plain.convolutions)
        self._truth = [self._drawn(plain, feed) for feed in feeds]

    def choices(self, tick: Callable[[float], None]) -> list[list[Form]]:
        """For each convolution the forms worth thinking of, with what they take and cost."""
        programs = {letter: self._plain.layered(letter * self._count) for letter in FORMS}
        spent = {letter: self._spent(program) for letter, program in programs.items()}
        whole = sum(spent[PLAIN].values())
        found = []
        for k, name in enumerate(self._plain.convolutions):
            tick(k / self._count)
            taken = {letter: _until_next(times, self._plain.convolutions, k) for letter, times in spent.items()}
            forms = [Form(PLAIN, taken[PLAIN])]
            for letter in BY_LIKENESS:
                tiled = not FORMS[letter][1] or programs[letter].tiled(name)
                if tiled and forms[-1].seconds - taken[letter] > _WORTH * whole:
                    forms.append(Form(letter, taken[letter], self._alone(k, letter)))
            found.append(forms)
        return found

    def error(self, letters: str, feeds: Sequence[Mapping[str, Tensor]]) -> float:
        """The mean square of the worst picture."""
        program = self._plain.layered(letters)
        return max(_apart(self._drawn(program, feed), truth) for feed, truth in zip(feeds, self._truth, strict=True))

    def _alone(self, place: int, letter: str) -> float:
        """What one convolution in another form does to a picture."""
        program = self._plain.layered(EXACT * place + letter + EXACT * (self._count - place - 1))
        return _apart(self._drawn(program, self._feeds), self._truth[0])

    def _spent(self, program: Program) -> dict[str, float]:
        """Least seconds of each step, by what it writes."""
        program.run(self._feeds)
        times = []
        for _ in range(_TIMED):
            self._look()
            times.append(program.spent(self._feeds))
        return {name: min(each[name] for each in times) for name in times[0]}

    def _drawn(self, program: Program, feed: Mapping[str, Tensor]) -> Tensor:
        self._look()
        return program.run(feed).float().clamp(-1.0, 1.0)


def _until_next(spent: Mapping[str, float], convolutions: Sequence[str], place: int) -> float:
    """Seconds of a convolution and all steps from it to the next, which may be done in its walk or by themselves."""
    steps = list(spent)
    if convolutions[place] not in spent:
        return 0.0
    first = steps.index(convolutions[place])
    known = set(convolutions)
    last = next((k for k in range(first + 1, len(steps)) if steps[k] in known), len(steps))
    return sum(spent[name] for name in steps[first:last])


def _apart(a: Tensor, b: Tensor) -> float:
    """The mean square between two pictures."""
    error = float(np.mean(np.square((a - b).double().numpy())))
    return error if np.isfinite(error) else 4.0
