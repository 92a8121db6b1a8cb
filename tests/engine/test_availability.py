"""A bundle goes on once it is loaded, with its classes, and until then the one before stays."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from vj.core.errors import ControlError
from vj.core.params import Snapshot
from vj.core.types import U8, Controls, Cue, Event, Latent, LatentSpec
from vj.engine.analyzer import Analyzer
from vj.engine.availability import Availability
from vj.engine.console import full_table
from vj.engine.cues.setlist import Setlist
from vj.engine.desk import Desk
from vj.engine.finish.limiter import Limiter
from vj.engine.finish.mixer import Mixer
from vj.engine.rack import Program, Rack
from vj.engine.show import Show
from vj.engine.walker import Walker
from vj.generators.testcard import Testcard

CLASSES = {"old": ("ink", "reef"), "new": ("moss", "reef", "ink", "fog"), "other": ("salt",)}
CUES = (
    Cue("1", "a", {"/model/select": "old", "/model/mix": ((0, 1.0),)}),
    Cue("2", "b", {"/model/select": "new", "/model/mix": ((3, 1.0),), "/latent/psi": 0.5}),
    Cue("3", "c", {"/model/select": "other"}),
)


def desk(cues: tuple[Cue, ...] = (), ahead: bool = False) -> Desk:
    made = Desk(full_table(), CLASSES, Setlist(cues=cues, ahead=ahead), lineup=("old",))
    made.availability.mark_loaded("old")
    made.tick(0.0)
    return made


def model(snapshot: Snapshot) -> tuple[object, object]:
    return snapshot["/model/select"], snapshot["/model/mix"]


def test_what_is_not_loaded_waits_with_its_classes() -> None:
    d = desk(CUES)
    d.take(CUES[0])
    assert model(d.tick(0.1)) == ("old", ((0, 1.0),))
    d.take(CUES[1])
    snapshot = d.tick(0.2)
    assert model(snapshot) == ("old", ((0, 1.0),))
    assert snapshot["/latent/psi"] != CUES[0].values.get("/latent/psi"), "the rest of the cue does not wait"
    assert d.wanted[0] == "new"
    d.availability.mark_loaded("new")
    assert model(d.tick(0.3)) == ("new", ((3, 1.0),))


def test_one_that_cannot_be_loaded_leaves_everything_as_it_is() -> None:
    d = desk(CUES)
    d.take(CUES[0])
    before = model(d.tick(0.1))
    d.take(CUES[1])
    d.tick(0.2)
    d.missed("new", "it is damaged")
    assert model(d.tick(0.3)) == before
    assert d.wanted == ("old",)
    assert "it is damaged" in d.notice
    d.availability.mark_loaded("new")
    assert model(d.tick(0.4)) == before, "too late: it was given up"


def test_a_performer_swaps_by_name_and_keeps_the_classes_that_both_have() -> None:
    d = desk()
    assert d.apply(Event("/model/mix", ("reef", 0.7, "ink", 0.3)))
    assert not d.apply(Event("/model/select", ("/etc/passwd",)))
    assert d.apply(Event("/model/select", ("NEW",)))
    assert d.tick(0.1)["/model/select"] == "old"
    d.availability.mark_loaded("new")
    assert model(d.tick(0.2)) == ("new", ((1, 0.7), (2, 0.3)))
    assert d.apply(Event("/model/class", ("fog",)))
    assert d.tick(0.3)["/model/mix"] == ((3, 1.0),)


def test_prepared_ahead_and_taken() -> None:
    d = desk()
    assert d.apply(Event("/model/next", ("new",)))
    assert d.tick(0.1)["/model/select"] == "old"
    assert set(d.wanted) == {"old", "new"}
    d.availability.mark_loaded("new")
    assert d.tick(0.2)["/model/select"] == "old"
    assert d.apply(Event("/model/take"))
    assert d.tick(0.3)["/model/select"] == "new"


def test_what_is_prepared_may_be_a_number_and_must_be_a_bundle() -> None:
    d = desk()
    assert not d.apply(Event("/model/next", ("nonsense",)))
    assert d.apply(Event("/model/next", (-1.5,)))
    assert d.tick(0.1)["/model/next"] == "old"
    d._base["/model/next"] = "gone"  # as a cue may have it
    d._override.clear()
    assert not d.apply(Event("/model/take"))
    assert d.tick(0.2)["/model/select"] == "old"
    assert "no bundle 'gone'" in d.notice


def test_a_knob_chooses_among_the_bundles_of_the_show() -> None:
    d = Desk(full_table(), CLASSES, lineup=("old", "other"))
    assert d.apply(Event("/model/select", (1.0,), scaled=True))
    assert d.tick(0.0)["/model/select"] == "other"


def test_loading_ahead_wants_what_is_on_and_what_comes() -> None:
    d = desk(CUES, ahead=True)
    d.take(CUES[0])
    assert d.wanted == ("old", "new")
    d.take(CUES[1])
    assert d.wanted == ("new", "other")


def test_unknown_bundles_are_named_with_the_nearest() -> None:
    with pytest.raises(ControlError, match="no bundle 'nev'") as error:
        Availability(CLASSES).resolve("nev")
    assert "new" in error.value.hint


def walked(walker: Walker, values: Mapping[str, object], steps: int) -> np.ndarray:
    snapshot = Snapshot({address: param.default for address, param in full_table().items()} | dict(values))  # type: ignore[arg-type]
    for _ in range(steps):
        latent = walker.step(1 / 60, Controls(np.full(3, 0.01, np.float32)), snapshot)
    return np.concatenate([latent.z.ravel(), latent.mix])


def test_form_and_classes_carry_over_where_latents_agree() -> None:
    groups = ("coarse", "middle", "fine")
    old = Walker(LatentSpec(groups, (1, 1, 1), 16, CLASSES["old"]))
    new = Walker(LatentSpec(groups, (2, 2, 2), 16, CLASSES["new"]))
    reef = {"/model/mix": ((1, 1.0),)}
    before = walked(old, reef, 200)
    new.follow(old)
    after = walked(new, reef, 1)
    assert np.linalg.norm(after[:48] - before[:48]) < 0.05 * np.linalg.norm(before[:48])
    np.testing.assert_allclose(after[48:], [0, 1, 0, 0], atol=1e-3)
    assert not np.allclose(walked(Walker(new._spec), reef, 1)[:48], before[:48], atol=0.1)
    other = Walker(LatentSpec(groups, (1, 1, 1), 8, CLASSES["new"]))
    other.follow(old)
    assert walked(other, reef, 1).shape == (28,)


class Closing(Testcard):
    closed = 0

    def close(self) -> None:
        self.closed += 1


def test_the_rack_opens_once_and_closes_when_swept() -> None:
    opened: list[str] = []

    def opener(name: str) -> Program:
        opened.append(name)
        return Program(name, Closing((16, 16)))

    rack = Rack(opener)
    card = rack["a"].generator
    assert isinstance(card, Closing)
    assert rack["a"].generator is card
    assert (opened, list(rack), "b" in rack) == (["a"], ["a"], False)
    rack.release("a")
    assert (card.closed, len(rack)) == (0, 0)
    rack.sweep()
    rack.sweep()
    assert card.closed == 1
    rack.load("b")
    rack.close()
    assert opened == ["a", "b"]
    assert not len(rack)


class Striped(Testcard):
    """A card whose pictures can be told from another's: one colour is missing."""

    colour = 0

    def generate(self, latents: Sequence[Latent]) -> U8:
        images = super().generate(latents)
        images[..., self.colour] = 0
        return images


class Blue(Striped):
    colour = 2


def test_programs_of_one_latent_shape_dissolve_while_both_dream() -> None:
    """For the time of the fade both make pictures of one walk; what leaves moves on and does not stand still."""
    rack = Rack(lambda name: Program(name, {"red": Striped, "blue": Blue}[name]((32, 32))))
    stages = Analyzer(48000).stages
    table = {address: param.default for address, param in full_table(stages).items()}
    show = Show(Analyzer(48000), rack, Mixer())
    values = table | {"/master/fade": 1.0, "/model/select": "red", "/director/select": "drift"}
    silence = show.analyze(np.zeros(show.analyzer.hop_length, np.float32), Snapshot(values))
    pictures = []
    for n in range(80):
        if n == 10:
            values["/model/select"] = "blue"
        snapshot = Snapshot(values, n / 60, n)
        latent = show.direct(n / 60, silence, snapshot)
        image = show.imagine([latent], str(values["/model/select"]))[0]
        picture = show.picture(image, latent, n / 60, snapshot, silence)
        pictures.append(picture)
        frame = show.mixer.step(n / 60, picture, snapshot.of(Mixer), snapshot.of(Limiter))
        assert np.array_equal(frame.image, image), "the mixer adds no fade of its own"
    red = np.array([p.image[..., 2].mean() for p in pictures])
    blue = np.array([p.image[..., 0].mean() for p in pictures])
    assert not blue[:11].any(), "it begins as what was"
    assert not red[71:].any(), "and ends as what comes"
    assert [p.joined for p in pictures] == [10 <= n < 70 for n in range(80)]
    steps = np.abs(np.diff([p.image.astype(float) for p in pictures], axis=0)).mean(axis=(1, 2, 3))
    assert steps[9:70].max() < 4.0 * np.median(steps[20:60]), "no jump anywhere in it"
    show.close()
