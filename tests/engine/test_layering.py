"""What lies in the layers as a function of show time, sound and desk."""

from dataclasses import replace

import pytest

from vj.apps.assemble import parameters
from vj.core.errors import SetlistError
from vj.core.layers import Layer, Lettering, Source, between, layers_of, plain
from vj.core.types import Event, Features
from vj.engine.cues.looks import Looks
from vj.engine.cues.presets import PresetReader, makes_picture
from vj.engine.cues.setlist import setlist_of
from vj.engine.desk import Desk
from vj.engine.layers.asking import offered
from vj.engine.layers.layering import Layering

FILES = {"a.mp4": "/x/a.mp4", "logos/acme.png": "/x/logos/acme.png", "fonts/own.ttf": "/x/fonts/own.ttf"}


@pytest.fixture
def table():
    known = parameters()
    return known | offered(known, FILES)


@pytest.fixture
def desk(table) -> Desk:
    return Desk(table, {"testcard": ("a", "b")})


def heard(t: float) -> Features:

    records: dict[type, object] = {}
    return Features(t, 0.01, 0, records)


def shown(desk: Desk, layering: Layering, t: float) -> tuple[Layer, ...]:
    return layering.step(t, heard(t), desk.tick(t))


def play(desk: Desk, *events: tuple[str, object]) -> None:
    for address, value in events:
        args = () if value is None else (value,)
        assert desk.apply(Event(address, args, "web:1")), desk.notice


def test_one_message_shows_a_name_and_another_a_logo_by_its_name(desk):
    layering = Layering(lambda: FILES)
    assert shown(desk, layering, 0.0) == ()
    play(desk, ("/layer/1/show", "Mira Okoye"), ("/layer/2/show", "LOGOS/acme"))
    name, logo = shown(desk, layering, 0.1)
    assert (name.number, name.source.kind, name.source.name) == (1, "text", "Mira Okoye")
    assert (logo.source, logo.source.path) == (Source("image", "logos/acme.png"), "/x/logos/acme.png")
    play(desk, ("/layer/1/clear", None), ("/layer/1/text", "back"), ("/layer/1/font", "fonts/own.ttf"))
    assert [layer.number for layer in shown(desk, layering, 0.2)] == [2]
    play(desk, ("/layer/1/source", "text"))
    assert shown(desk, layering, 0.3)[0].source.path == "/x/fonts/own.ttf"


def test_a_file_there_is_not_is_refused_and_the_layer_stays(desk):
    play(desk, ("/layer/1/show", "acme.png"))  # it is in a folder, so these are words
    assert desk.tick(0.0)["/layer/1/source"] == "text"
    assert not desk.apply(Event("/layer/1/file", ("../../etc/passwd",)))
    assert not desk.apply(Event("/layer/1/file", ("logos/acne.png",)))
    assert "logos/acme.png" in desk.notice
    assert desk.tick(0.1)["/layer/1/file"] == ""


@pytest.mark.parametrize("fps", [24, 50, 144])
def test_a_clip_is_where_show_time_says_at_any_rate_of_frames(fps, desk):
    layering = Layering(lambda: FILES)
    play(desk, ("/layer/1/show", "a.mp4"), ("/layer/1/speed", 0.5))
    first = shown(desk, layering, 0.0)
    assert first[0].seconds == 0.0
    for n in range(1, 3 * fps + 1):
        (layer,) = shown(desk, layering, n / fps)
    assert layer.seconds == pytest.approx(1.5, abs=1e-6)
    assert layer.rounds is None
    play(desk, ("/layer/1/restart", None))
    assert shown(desk, layering, 3.1)[0].seconds == 0.0


def test_a_clip_goes_round_with_the_bar(desk):
    layering = Layering(lambda: FILES)
    play(desk, ("/layer/1/beats", 8))
    shown(desk, layering, 1.0)
    play(desk, ("/layer/1/show", "a.mp4"))
    (begun,) = shown(desk, layering, 1.75)
    (later,) = shown(desk, layering, 3.75)
    # without a tempo 120 BPM are counted: two seconds are four beats, half a round of eight
    assert later.rounds - begun.rounds == pytest.approx(0.5)
    assert 0.0 <= begun.rounds < 0.5  # in the bar that is on


def test_freeze_holds_and_opacity_is_keyed_to_sound_like_anything_else(desk):
    layering = Layering(lambda: FILES)
    play(desk, ("/layer/1/show", "one"), ("/master/freeze", True))
    assert shown(desk, layering, 0.0) == ()
    play(desk, ("/master/freeze", False))
    (one,) = shown(desk, layering, 0.1)
    play(desk, ("/master/freeze", True), ("/layer/1/text", "two"))
    assert shown(desk, layering, 5.0) == (one,)
    play(desk, ("/master/freeze", False), ("/lfo/1/beats", 1.0))
    desk.apply(Event("/mod/connect", ("lfo.1", "/layer/1/opacity", -0.8), "web:1"))
    seen = [shown(desk, layering, 6.0 + n / 30)[0].opacity for n in range(60)]
    assert max(seen) - min(seen) > 0.3
    play(desk, ("/layer/1/opacity", 0.0))
    for n in range(30):
        last = shown(desk, layering, 9.0 + n / 10)
    assert last == () or last[0].opacity < 0.5


def test_what_moves_is_told_from_what_stands(desk):
    layering = Layering(lambda: FILES)
    play(desk, ("/layer/1/show", "one"))
    assert all(shown(desk, layering, n / 30)[0].still for n in range(4))
    play(desk, ("/layer/1/x", 0.9))
    assert not shown(desk, layering, 0.2)[0].still
    for n in range(40):
        (last,) = shown(desk, layering, 0.3 + n / 10)
    assert last.still
    assert last.x == pytest.approx(0.9)


def test_setlists_name_media_and_say_which_are_missing(table):
    cue = {"name": "logo", "set": {"/layer/1/source": "file", "/layer/1/file": "logos/acme.png"}}

    def read(file: str):
        entry = {**cue, "set": {**cue["set"], "/layer/1/file": file}}
        return setlist_of({"cue": [entry]}, None, table, lambda name: ("a",), "testcard")

    assert read("logos/acme.png").cues[0].values["/layer/1/file"] == "logos/acme.png"
    with pytest.raises(SetlistError) as caught:
        read("acme.png")
    assert "acme.png" in caught.value.what
    assert "logos/acme.png" in caught.value.hint


def test_a_cue_says_all_of_a_layer_at_once(table):
    said = {"1": {"file": "logos/acme.png", "blend": "mask"}, "2": {"text": "NAME", "outline_color": "red"}}

    def read(layer):
        return setlist_of({"cue": [{"layer": layer}]}, None, table, lambda name: ("a",), "testcard").cues[0].values

    values = read(said)
    assert (values["/layer/1/source"], values["/layer/1/blend"], values["/layer/1/x"]) == ("file", "mask", 0.5)
    assert (values["/layer/2/source"], values["/layer/2/outline/color"]) == ("text", "red")
    assert read({"2": {}})["/layer/2/source"] == "none"
    for wrong in (
        {"3": {}},
        {"1": {"nonsense": 1}},
        {"1": {"scale": 99.0}},
        {"1": "logo"},
        {"1": {"file": "gone.png"}},
    ):
        with pytest.raises(SetlistError) as caught:
            read(wrong)
        assert "cue 1" in caught.value.where


def test_presets_keep_the_layers(table, tmp_path):
    ours = [a for a, p in table.items() if a.startswith("/layer/1/") and p.kind not in ("trigger", "deed")]
    assert len(ours) > 20
    assert all(makes_picture(address, table[address]) for address in ours)
    text = 'bundle = "testcard"\nset = { "/layer/1/source" = "text", "/layer/1/text" = "NAME", "/layer/1/x" = 0.2 }\n'
    reader = PresetReader(table, Looks({}, table), lambda name: ("a",))
    preset = reader.text(text, tmp_path / "01.toml")
    assert preset.values["/layer/1/text"] == "NAME"


def test_layers_travel_as_plain_lists_and_lie_between_two_frames():
    words = Layer(2, Source("text", "é", Lettering(shadow=0.3), "/f.ttf"), "over", "add", 0.5, rounds=1.25)
    clip = Layer(1, Source("clip", "a.mp4"), seconds=1.0, x=0.0)
    there = layers_of(plain((clip, words)))
    assert there == (clip, words)
    assert there[1].source.path == "/f.ttf"
    (half,) = between((clip,), (replace(clip, seconds=2.0, x=1.0),), 0.5)
    assert (half.seconds, half.x) == (1.5, 0.5)
    assert between((clip,), (words,), 0.5) == (clip,)
    assert between((clip,), (replace(clip, seconds=0.0),), 0.5) == (clip,)
