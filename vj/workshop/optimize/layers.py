"""How each convolution of a network is done best by torch on this processor: see `player.FORMS`.

Every convolution is timed in every form. Where the pictures are good enough with each in its quickest form, that is
all. Else what each form by itself costs in likeness is measured on a picture; all take the form that is quickest, and
those whose error is largest for the time they save go back to a better one, until the errors together are small enough:
they come of rounding, and so their squares add up. What was chosen is tried, and chosen anew with less room where the
pictures are worse than that promised. It takes a few hundred pictures for a network of a few dozen convolutions; one so
large that this were too long has the quickest forms but for narrow tiles, if those are good enough.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
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
#: All but narrow tiles, which spoil more than others.
MILD = "win"
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
        letters = _letters(trial, least_psnr_db, tick)
    return LAYERS + letters if set(letters) != {PLAIN} else ""


def _letters(trial: "_Trial", least_psnr_db: float, tick: Callable[[float], None]) -> str:
    """The letters of the quickest forms that are good enough. Raises TimeoutError."""
    most, known = 4.0 * 10 ** (-least_psnr_db / 10.0), ""
    for kinds in (BY_LIKENESS, MILD):
        letters = chosen(trial.offered(kinds), math.inf)
        if trial.error(letters) <= most:
            if kinds == BY_LIKENESS:
                return letters
            known = letters
    offers = trial.offered(BY_LIKENESS)
    # Each form is made ready, which draws, and drawn.
    if known and 2 * trial.seconds * sum(len(forms) - 1 for forms in offers) > LIMIT_S:
        return known
    try:
        return _asked(trial, trial.judged(offers, tick), most) or known or trial.plain
    except TimeoutError:
        if known:
            return known
        raise


def _asked(trial: "_Trial", choices: Sequence[Sequence[Form]], most: float) -> str:
    """The quickest of `choices` whose worst picture is off by `most` at most; nothing where none of those tried is."""
    budget = most * 10 ** (-_ROOM_DB / 10.0)
    for _ in range(_AGAIN):
        letters = chosen(choices, budget)
        error = trial.error(letters)
        if error <= most:
            return letters
        budget *= min(0.8, budget / error)
    return ""


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
        self._plain, self._given, self._feeds, self._look = plain, feeds, feeds[0], look
        self._count = len(plain.convolutions)
        self._truth = [self._drawn(plain, feed) for feed in feeds]
        self._programs = {letter: plain.layered(letter * self._count) for letter in FORMS}
        self._spent = {letter: self._times(program) for letter, program in self._programs.items()}
        #: All in single precision, as it stands, and a picture's seconds so.
        self.plain = PLAIN * self._count
        self.seconds = sum(self._spent[PLAIN].values())

    def offered(self, letters: str) -> list[list[Form]]:
        """For each convolution PLAIN and those of `letters` worth thinking of, what they cost not known."""
        found = []
        for k, name in enumerate(self._plain.convolutions):
            taken = {letter: _until_next(times, self._plain.convolutions, k) for letter, times in self._spent.items()}
            forms = [Form(PLAIN, taken[PLAIN])]
            for letter in letters:
                tiled = not FORMS[letter][1] or self._programs[letter].tiled(name)
                if tiled and forms[-1].seconds - taken[letter] > _WORTH * self.seconds:
                    forms.append(Form(letter, taken[letter]))
            found.append(forms)
        return found

    def judged(self, offers: Sequence[Sequence[Form]], tick: Callable[[float], None]) -> list[list[Form]]:
        """The same with what each costs."""
        found = []
        for k, forms in enumerate(offers):
            tick(k / self._count)
            found.append([forms[0], *(replace(form, error=self._alone(k, form.letter)) for form in forms[1:])])
        return found

    def error(self, letters: str) -> float:
        """The mean square of the worst picture."""
        program = self._plain.layered(letters)
        pairs = zip(self._given, self._truth, strict=True)
        return max(_apart(self._drawn(program, feed), truth) for feed, truth in pairs)

    def _alone(self, place: int, letter: str) -> float:
        """What one convolution in another form does to a picture."""
        program = self._plain.layered(EXACT * place + letter + EXACT * (self._count - place - 1))
        return _apart(self._drawn(program, self._feeds), self._truth[0])

    def _times(self, program: Program) -> dict[str, float]:
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
