"""The made songs that looks are measured on: what they are called is what they are, on every machine."""

import numpy as np
import pytest
from PIL import Image

from bench.beat.songs import _kit
from bench.look import _sheet as _look_sheet
from bench.look import _songs as _look_songs
from bench.look import dance as look
from bench.look._dance import dance
from bench.look._judge import tempo_heard
from bench.look._sound import onset_strength
from vj.workshop.contact import CAPTION, GAP


@pytest.mark.parametrize("name", list(_look_songs.SONGS))
def test_a_song_has_the_tempo_of_its_name_and_drums_all_through(name, tmp_path, monkeypatch):
    monkeypatch.setattr(_look_songs.platformdirs, "user_cache_path", lambda _: tmp_path)
    monkeypatch.setattr(_kit, "kits", lambda: pytest.fail("another machine has other kits"))
    piece = _look_songs.made(name, 12.0)
    assert piece.bpm == pytest.approx(float(name.split()[-1]), abs=0.05)
    assert np.diff(piece.beats) == pytest.approx(60.0 / piece.bpm, abs=1e-3)
    assert len(piece.samples) == 12 * 48000
    for drum in ("kick", "snare"):
        assert np.diff(piece.events[drum], prepend=0.0, append=12.0).max() < 9 * 60.0 / piece.bpm, drum
    kicks, late = piece.strength["kick"], np.roll(piece.strength["kick"], 12)
    heard = onset_strength(piece.samples)["bass"]
    found = dance(kicks, heard)
    assert found.r > 0.4
    assert abs(found.lag) <= 1 / 60 + 1e-6
    assert dance(late, heard).r < found.r - 0.2, "kicks told a fifth of a second late would not be noticed"


def test_pieces_are_named_by_a_word_of_theirs():
    names = ["loop", "hip-hop 90", "house 128", "dnb 174", "Vibe Ace"]
    assert [name for name in names if look.named(name, ["90", "vibe"])] == ["hip-hop 90", "Vibe Ace"]
    assert [name for name in names if look.named(name, ["dnb*"])] == ["dnb 174"]
    assert [name for name in names if look.named(name, None)] == names


def test_how_long_the_tempo_was_right():
    tempo = np.repeat([174.0, 87.0, 116.0, 175.0], 25)
    assert tempo_heard(tempo, 174.0) == {"bpm_heard": 145.0, "tempo_right": 0.5, "tempo_right_or_octave": 0.75}


def test_a_sheet_shows_four_beats_in_rows(tmp_path):
    beats = np.arange(0.1, 8.0, 60.0 / 174.0)
    at = _look_sheet.moments(beats, 60)
    assert len(set(at)) == 32
    assert np.array(at[::8]) / 60 == pytest.approx(beats[8:12], abs=0.5 / 60 + 1e-9)
    picture = {k: np.full((90, 160, 3), 4 * n, np.uint8) for n, k in enumerate(at)}
    _look_sheet.write(tmp_path / "sheets" / "a look.png", beats, picture, 60)
    sheet = np.asarray(Image.open(tmp_path / "sheets" / "a look.png"))
    rows = [GAP + 40 + row * (90 + CAPTION + GAP) for row in range(4)]
    columns = [GAP + 80 + column * (160 + GAP) for column in range(8)]
    assert [int(sheet[y, x, 0]) for y in rows for x in columns] == [4 * n for n in range(32)]
