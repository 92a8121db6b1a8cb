"""The feature `embedding`: what the shipped encoder tells apart, what it costs when it is off, and its look-ahead."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vj.core.errors import AudioError
from vj.core.params import Snapshot, defaults
from vj.core.types import F32, Hop
from vj.features import embedding, embedding_net
from vj.features._embedding_rank import Ranking, ranked
from vj.features.embedding import Embedding, HearEmbedding
from vj.features.embedding_net import Encoder

RATE, HOP = 48000, 512


class Chosen:
    """Values of the stage's parameters."""

    def __init__(self, **chosen: Any) -> None:
        self.on, self.encoder, self.wait = chosen.get("on", True), chosen.get("encoder", "small"), chosen.get("wait")


def tone(seconds: float, hertz: float, partials: int = 9, rate: int = RATE) -> F32:
    """A tone of `partials` sines, 0.14 rms whatever their number."""
    t = np.arange(int(seconds * rate)) / rate
    made = sum(np.sin(2 * np.pi * hertz * k * t) / k for k in range(1, partials + 1))
    return np.asarray(made * (0.14 / np.sqrt(np.mean(np.square(made)))), np.float32)


def listen(heard: HearEmbedding, sound: F32, rate: int = RATE, **chosen: Any) -> list[Embedding]:
    p: Any = Chosen(**chosen)
    count = len(sound) // HOP
    return [heard.step(Hop(sound[k * HOP : (k + 1) * HOP], sound[:0], k, rate), p) for k in range(count)]


def made(rate: int = RATE) -> HearEmbedding:
    return HearEmbedding(rate, HOP, 2048)


def test_off_it_opens_nothing_and_stays_at_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(file: Path) -> Encoder:
        raise AssertionError("an encoder was opened for nobody")

    monkeypatch.setattr(embedding, "open_encoder", opened)
    snapshot: Snapshot = defaults(HearEmbedding)
    assert not snapshot.of(HearEmbedding).on
    last = listen(made(), tone(0.5, 220), on=False)[-1]
    assert not last.channels.any()
    assert last.count == 15  # 31.25 a second


def test_the_shipped_encoder_is_small_and_looks_back_only() -> None:
    encoder = embedding_net.open_encoder(embedding_net.SHIPPED)
    assert embedding_net.SHIPPED.stat().st_size < 400_000
    assert (encoder.window, encoder.ahead, encoder.hop, encoder.rate) == (4096, 0, 512, 16000)


def test_timbres_are_further_apart_than_pitches_of_one() -> None:
    def settled(hertz: float, partials: int) -> F32:
        return listen(made(), tone(0.8, hertz, partials))[-1].channels

    saw = [settled(h, 20) for h in (196.0, 220.0, 247.0)]
    flute = [settled(h, 1) for h in (196.0, 220.0, 247.0)]
    noise = listen(made(), (np.random.default_rng(0).standard_normal(RATE) * 0.1).astype(np.float32))[-1].channels
    within = np.mean([np.linalg.norm(a - b) for group in (saw, flute) for a in group for b in group if a is not b])
    assert np.linalg.norm(np.mean(saw, 0) - np.mean(flute, 0)) > 1.5 * within
    assert np.linalg.norm(noise - np.mean(saw, 0)) > 2 * within


@pytest.mark.parametrize("rate", [44100, 96000])
def test_the_rate_of_the_sound_does_not_matter(rate: int) -> None:
    at = listen(made(rate), tone(0.8, 220, rate=rate), rate)[-1].channels
    assert np.linalg.norm(at - listen(made(), tone(0.8, 220))[-1].channels) < 0.4


def test_silence_is_nothing_even_when_it_is_on() -> None:
    record = listen(made(), np.zeros(RATE, np.float32))[-1]
    assert not record.channels.any()
    assert record.count == 0


def test_an_encoder_that_is_not_there_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "own_file", lambda: tmp_path / "embedding.onnx")
    with pytest.raises(AudioError, match="no encoder of sound"):
        listen(made(), tone(0.1, 220), encoder="nsynth")


def test_an_encoder_that_is_not_there_is_told_once_and_the_show_hears_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "own_file", lambda: tmp_path / "embedding.onnx")
    heard, sound = made(), tone(0.5, 220)
    with pytest.raises(AudioError):
        listen(heard, sound, encoder="nsynth")
    assert len(listen(heard, sound, encoder="nsynth")) == len(sound) // HOP
    assert listen(heard, sound, encoder="small")[-1].channels.any()


class Ahead:
    """Stands for a network that looks 3072 samples ahead: tells the means of the middle 512 and of what is ahead."""

    def run(self, _: None, feeds: dict[str, F32]) -> list[F32]:
        sound = np.abs(feeds["sound"][0])
        told = np.zeros((1, 16, 13), np.float32)
        told[0, 0, 6], told[0, 1, 6] = sound[3072:3584].mean(), sound[3584:].mean()
        return [told]


def test_looking_ahead_is_waited_for_or_taken_for_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = Encoder(Ahead(), 13 * 512, 6 * 512, 512, 16000)
    monkeypatch.setattr(embedding, "open_encoder", lambda file: encoder)
    sound = np.concatenate([np.zeros(RATE, np.float32), tone(1.0, 220)])
    begins = {}
    for wait in (False, True):
        told = listen(made(), sound, encoder="nsynth", wait=wait)
        begins[wait] = next(k for k, record in enumerate(told) if record.channels[0] > 0.02) * HOP / RATE
        assert bool(max(record.channels[1] for record in told) > 0.02) is wait
    assert begins[False] == pytest.approx(1.0, abs=0.045)
    assert begins[True] - begins[False] == pytest.approx(0.192, abs=0.034)


def test_channels_are_ranked_by_change_and_the_two_smallest_dropped() -> None:
    rng = np.random.default_rng(0)
    sizes = rng.permutation(np.geomspace(0.1, 20.0, 16))
    vectors = (rng.standard_normal((600, 16)) * sizes).astype(np.float32)
    expected = tuple(np.argsort(-sizes)[:14])
    assert ranked(vectors) == expected
    ranking = Ranking(16)
    for vector in vectors:
        ranking.step(vector, 0.032)
    assert ranking.order == expected
    assert np.array_equal(np.argsort(-ranking.change), np.argsort(-sizes))


def test_channels_that_are_nearly_alike_do_not_swap_all_the_time() -> None:
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((3000, 16)).astype(np.float32)
    swaps = {}
    for margin in (1.0, 1.3):
        ranking, orders = Ranking(16, margin=margin), []
        for vector in vectors:
            orders.append(ranking.step(vector, 0.032))
        swaps[margin] = sum(a != b for a, b in pairwise(orders[300:]))
    assert swaps[1.3] == 0
    assert swaps[1.0] > 200


def test_a_channel_that_wakes_up_rises() -> None:
    rng, ranking = np.random.default_rng(2), Ranking(16)
    size = np.ones(16)
    size[15] = 0.01
    for _ in range(300):
        ranking.step((rng.standard_normal(16) * size).astype(np.float32), 0.032)
    assert 15 not in ranking.order
    size[15] = 10.0
    for _ in range(300):
        ranking.step((rng.standard_normal(16) * size).astype(np.float32), 0.032)
    assert ranking.order[0] == 15
