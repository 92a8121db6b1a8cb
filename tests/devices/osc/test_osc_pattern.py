import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vj.apps.assemble import parameters
from vj.core.errors import ControlError
from vj.devices.osc.pattern import MAX_CHARACTERS, Addresses, is_pattern

TABLE = parameters()
OURS = Addresses(TABLE)


@pytest.mark.parametrize(
    ("pattern", "means"),
    [
        ("/macro/*", [address for address in TABLE if address.startswith("/macro/")]),
        ("/macro/?", [f"/macro/{n}" for n in range(1, 9)]),
        ("/macro/[1-3]", ["/macro/1", "/macro/2", "/macro/3"]),
        ("/macro/[3-1x]", ["/macro/1", "/macro/2", "/macro/3"]),
        ("/macro/[!2-8]", ["/macro/1"]),
        ("/macro/[!12-8]", []),
        ("/latent/step/{coarse,fine}", ["/latent/step/coarse", "/latent/step/fine"]),
        ("/latent/step/{c,co}{arse,x}", ["/latent/step/coarse"]),
        ("/m*/sel*", ["/model/select"]),
        ("/{model,master}/{select,level}", ["/model/select", "/master/level"]),
        ("//blackout", ["/master/blackout", "/output/light/blackout"]),
        ("/latent//fine", ["/latent/step/fine"]),
        ("/macro", []),
        ("/*", ["/look"]),
        ("/macro/[-]", []),
        ("/macro/[]", []),
        ("/macro/{}", []),
    ],
)
def test_a_pattern_means_the_addresses_that_fit(pattern: str, means: list[str]) -> None:
    assert sorted(OURS.matching(pattern)) == sorted(means)
    assert OURS.matching("//*") == list(dict.fromkeys(OURS.matching("//*")))
    assert set(OURS.matching("//*")) == set(TABLE)


@pytest.mark.parametrize("pattern", ["/macro/[1", "/macro/{1,2", "/macro/*/", "/" + "?" * MAX_CHARACTERS])
def test_a_pattern_that_makes_no_sense_is_told(pattern: str) -> None:
    with pytest.raises(ControlError):
        OURS.matching(pattern)


def test_plain_addresses_are_no_patterns() -> None:
    assert not any(map(is_pattern, TABLE))
    assert all(map(is_pattern, ("/a*", "/a?", "/[a]", "/{a}", "//a")))


@pytest.mark.parametrize("attack", ["*a" * 55, "{a,aa,aaa}" * 11, "*" * 110, "?*" * 50, "[!x]*" * 20])
def test_a_pattern_made_to_take_long_is_answered(attack: str) -> None:
    ours = Addresses([f"/{'a' * 30}/{'a' * 60}", "/c"])
    assert ours.matching(f"//{attack}b") == []  # one that went back over its steps would take years
    assert ours.matching("//" + "/".join([attack[:20]] * 4)) == []


@given(st.from_regex(r"\A(\*|\?|a|b|\[ab\]|\[!a\]|\{a,bb\}){1,6}\Z"), st.text("ab", min_size=1, max_size=8))
def test_one_part_matches_as_the_regular_expression_does(part: str, name: str) -> None:
    meant = re.sub(r"\{(\w+),(\w+)\}", r"(?:\1|\2)", part.replace("*", ".*").replace("?", ".").replace("[!", "[^"))
    assert bool(Addresses([f"/{name}"]).matching(f"/{part}")) == bool(re.fullmatch(meant, name))
