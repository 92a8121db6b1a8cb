"""A name that is not known is answered with the one that was meant."""

import pytest

from vj.core.errors import nearest

LOOKS = ("none", "cathedral", "ember_drum", "event_horizon", "neon_loom", "ink_press", "slow_tide", "undertow")
FEATURES = ("bands.bass.hits", "bands.snare.hits", "bands.bass.level", "onset.strength")


@pytest.mark.parametrize(
    ("word", "known", "offered"),
    [
        ("neon", LOOKS, "'neon_loom'"),
        ("NEON", LOOKS, "'neon_loom'"),
        ("Neon-Loom", LOOKS, "'neon_loom'"),
        ("neon loom", LOOKS, "'neon_loom'"),
        ("neoon", LOOKS, "'neon_loom'"),
        ("loom", LOOKS, "'neon_loom'"),
        ("tide", LOOKS, "'slow_tide'"),
        ("derto", LOOKS, "'undertow'"),
        ("cathderal", LOOKS, "'cathedral'"),
        ("inkpress", LOOKS, "'ink_press'"),
        ("e", LOOKS, "'ember_drum' or 'event_horizon'"),
        ("bands.bass.hit", FEATURES, "'bands.bass.hits'"),
        ("Bands.Bass.Hits", FEATURES, "'bands.bass.hits'"),
        ("hits", FEATURES, "'bands.bass.hits' or 'bands.snare.hits'"),
        ("/fx/bloom/gian", ("/fx/bloom/gain", "/audio/gain"), "'/fx/bloom/gain'"),
        ("psi", ("/latent/psi", "/latent/seed"), "'/latent/psi'"),
    ],
)
def test_the_nearest_name_is_offered(word: str, known: tuple[str, ...], offered: str) -> None:
    assert nearest(word, known) == f"did you mean {offered}?"


def test_what_resembles_nothing_gets_the_list() -> None:
    assert nearest("xyzzy", LOOKS).startswith("one of: cathedral, ember_drum")
    assert nearest("", LOOKS).startswith("one of: ")
    assert nearest("ink", ()) == "nothing is known here yet"
