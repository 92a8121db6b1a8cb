"""Dream: what it learns from, the game, its two graphs against torch, and what each style layer may touch."""

import json

import numpy as np
import onnxruntime
import pytest
import torch

from vj.core.types import Latent
from vj.generators.bundle.opening import open_generator
from vj.workshop.dream import _directions, _graph, _sharp, _train
from vj.workshop.dream import bundle as dream
from vj.workshop.dream._data import Drawn, draw, fields_of, kept, styles
from vj.workshop.dream._palette import anchors, colour
from vj.workshop.dream._score import Critic
from vj.workshop.dream._shapes import DREAMT, FORM, FULL, GROUPS, LAYERS, LEARNT, PALETTE, REACH, SCALE, STYLE, Z
from vj.workshop.graph import Graph
from vj.workshop.worlds.forms import WORLDS
from vj.workshop.worlds.palette import painted, palette

NAMES = LEARNT
C = len(NAMES)


def run(graph, feeds):
    session = onnxruntime.InferenceSession(graph.proto("g").SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, feeds)[0]


@pytest.fixture(scope="module")
def data():
    """A few pictures of two worlds, and their likes for all the others, which nobody looks at."""
    two = {name: draw(name, 8, 1) for name in ("ink", "neon")}
    spare = Drawn(two["ink"].small, two["ink"].full)
    return {name: two.get(name, spare) for name in NAMES}


@pytest.fixture(scope="module")
def made():
    """An untrained dreamer and sharpener whose every part has a say."""
    torch.manual_seed(5)
    dreamer, sharpener = _train.Dreamer(C), _sharp.Sharpener(C)
    with torch.no_grad():
        for name, parameter in [*dreamer.named_parameters(), *sharpener.named_parameters()]:
            if name.endswith(("bias", "biases", "classes")):
                parameter.add_(0.3 * torch.randn_like(parameter))
    return dreamer.requires_grad_(False), sharpener.requires_grad_(False)


def test_pictures_are_the_worlds_own(data):
    """The pooled fields are means of the whole ones, and drawing again gives the same bytes."""
    drawn = data["neon"]
    assert drawn.small.shape == (8, 3, *DREAMT)
    assert drawn.full.shape == (8, 3, *FULL)
    pooled = drawn.full.reshape(8, 3, DREAMT[0], SCALE, DREAMT[1], SCALE).mean((3, 5))
    assert np.abs(pooled - drawn.small).max() <= 1.0
    assert np.array_equal(draw("neon", 8, 1).small, drawn.small)
    assert drawn.small[0].std() > 10
    assert not np.array_equal(drawn.small[0], drawn.small[1])


def test_pictures_are_kept_and_not_drawn_again(tmp_path, monkeypatch):
    monkeypatch.setattr("vj.workshop.dream._data.LEARNT", ("ink",))
    said = []
    first = kept(tmp_path, 2, 1, said.append)["ink"]
    again = kept(tmp_path, 2, 1, said.append)["ink"]
    assert len(said) == 1
    assert np.array_equal(first.full, again.full)


def test_the_palette_is_the_worlds_own():
    """The differentiable palette and the graph's give the same colours, but for the darkest code values."""
    rng = np.random.default_rng(0)
    fields = fields_of(WORLDS["glass"])(styles(rng, 2), (48, 88))
    numbers = rng.standard_normal((2, PALETTE)).astype(np.float32)
    mix = np.eye(C, dtype=np.float32)[[5, 3]]
    g = Graph()
    given, told, weights = g.input("f", [2, 3, 48, 88]), g.input("p", [2, PALETTE]), g.input("m", [2, C])
    parts = [g.take(given, 1, k, k + 1) for k in range(3)]
    split = g.ops("Split", PALETTE, g.reshape(told, 2, PALETTE, 1, 1), axis=1)
    colours = palette(g, [WORLDS[name].anchor for name in NAMES], weights, split)
    channels = painted(parts[0], parts[1], g.clip(parts[2], 0.0, 0.97), colours)
    g.output("rgb", g.concat(channels, 1), [2, 3, 48, 88])
    graph = run(g, {"f": fields, "p": numbers, "m": mix})
    ours = colour(torch.tensor(fields), torch.tensor(mix) @ anchors(), torch.tensor(numbers)).numpy()
    apart = np.abs(np.clip(graph, 0, 1) - ours)
    assert apart.max() < 0.03  # only the very darkest, which torch must keep from zero
    assert apart.mean() < 0.001


def test_the_graphs_are_the_networks(made):
    """The exported pair against torch: same styles, same picture."""
    dreamer, sharpener = made
    rng = np.random.default_rng(1)
    z = rng.standard_normal((3, Z)).astype(np.float32)
    mix = np.full((3, C), 0, np.float32)
    mix[:, 2], mix[:, 7] = 0.7, 0.3
    means = np.zeros((C, STYLE), np.float32)
    w = run(_graph.mapper(dream.weights(dreamer.mapper), means), {"z": z, "mix": mix, "psi": np.ones(3, np.float32)})
    layers = [k for k, (start, stop) in enumerate(GROUPS.values()) for _ in range(start, stop)]
    noise = rng.standard_normal((1, 1, *FULL)).astype(np.float32)
    anchors_ = [WORLDS[name].anchor for name in NAMES]
    graph = _graph.synthesizer(dream.weights(dreamer.trunk), dream.weights(sharpener), anchors_)
    image = run(graph, {"styles": w[layers][None], "noise": noise})
    shares = torch.tensor(mix[:1])
    small = dreamer(torch.tensor(z)[None], shares, torch.tensor(noise))
    numbers = torch.tanh(torch.tensor(z[2:, FORM:]) / REACH) * REACH
    ours = colour(sharpener(small, shares), shares @ anchors(), numbers).numpy() * 2 - 1
    apart = np.abs(image - ours - noise * (0.8 / 255))
    assert np.mean(apart) < 0.01
    assert np.quantile(apart, 0.999) < 0.09


def test_a_new_world_joins_a_game_that_was_kept(tmp_path):
    """Networks and moments gain rows for it; what was there stays as it was."""
    game = _train.Game.new(3, 1)
    for name, player in (("dreamer", game.dreamer), ("judge", game.judge)):
        loss = sum(parameter.square().sum() for parameter in player.parameters())
        game.optimisers[name].zero_grad()
        loss.backward()
        game.optimisers[name].step()
    game.step = 7
    game.keep(tmp_path / "game.pt")
    larger = _train.Game.new(5, 2)
    larger.resume(tmp_path / "game.pt")
    assert larger.step == 7
    assert larger.dreamer.mapper.classes.shape[0] == 5
    assert torch.equal(larger.dreamer.mapper.classes[:3], game.dreamer.mapper.classes)
    moments = larger.optimisers["dreamer"].state[larger.dreamer.mapper.classes]
    assert moments["exp_avg"].shape[0] == 5
    assert torch.all(moments["exp_avg"][3:] == 0)


def test_the_game_changes_both_players_and_can_be_resumed(data, tmp_path):
    game = _train.Game.new(C, 1)
    before = [parameter.detach().clone() for player in (game.dreamer, game.judge) for parameter in player.parameters()]
    saved = []
    _train.train(game, data, 2, 600.0, lambda now: saved.append(now.step), lambda line: None, every=1)
    assert saved == [1, 2, 2]
    after = [parameter for player in (game.dreamer, game.judge) for parameter in player.parameters()]
    moved = [not torch.equal(a, b) for a, b in zip(before, after, strict=True)]
    assert sum(moved) > 0.9 * len(moved)
    assert all(torch.isfinite(parameter).all() for parameter in after)
    game.keep(tmp_path / "game.pt")
    resumed = _train.Game.new(C, 2)
    resumed.resume(tmp_path / "game.pt")
    assert resumed.step == 2
    for a, b in zip(game.mean.parameters(), resumed.mean.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.slow
def test_the_sharpener_learns_pairs(data):
    """A few dozen steps on one world bring it nearer to the truth than the plain enlargement it begins as."""
    bench = _sharp.Workbench.new(C, 1)
    dreamer = _train.Dreamer(C).requires_grad_(False)
    lines = []
    _sharp.train(bench, dreamer, dict.fromkeys(NAMES, data["neon"]), 301, 600.0, lines.append)
    assert bench.step == 301
    truth = torch.tensor(data["neon"].full[:4].astype(np.float32) / 255.0)
    truth[:, 1] = truth[:, 1] * 2 - 1
    pooled = torch.nn.functional.avg_pool2d(truth, SCALE)
    plain = torch.nn.functional.interpolate(pooled, scale_factor=SCALE, mode="bilinear", align_corners=False)
    mix = torch.eye(C)[[3] * 4]
    with torch.no_grad():
        sharp = bench.sharpener(pooled, mix)
    assert (sharp - truth).abs().mean() < 0.97 * (plain - truth).abs().mean()


def test_the_critic_tells_worlds_from_each_other_and_from_nothing(data):
    critic = Critic({name: data[name] for name in ("ink", "neon")})
    assert critic.held_out() == 1.0
    score = critic.score(_train.Dreamer(2).requires_grad_(False))
    assert score.total < 0.6


@pytest.fixture(scope="module")
def bundle(tmp_path_factory, made):
    """A whole bundle of the untrained networks, whose directions and turns are measured on few pictures."""
    folder = tmp_path_factory.mktemp("trained")
    dreamer, sharpener = made
    torch.save(dreamer.state_dict(), folder / "mean-000001.pt")
    bench = _sharp.Workbench(sharpener, _sharp.Loupe(C))
    bench.keep(folder / "sharpener.pt")
    (folder / "chosen.json").write_text(json.dumps({"snapshot": "mean-000001.pt"}))
    turns = dream.drawing.turns
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_directions, "_DREAMS", 6)
        patch.setattr(dream.drawing, "turns", lambda generator, samples: turns(generator, 1, 2))
        dream.write(folder / "bundle", dream.Places(folder))
    return open_generator(str(folder / "bundle"), threads=1)


def pictures(generator, z, name="ink", psi=1.0, directions=None):
    mix = np.eye(C, dtype=np.float32)[NAMES.index(name)]
    none = np.zeros(len(generator.spec.directions), np.float32)
    return generator.generate([Latent(z, mix, psi, none if directions is None else directions)])[0].astype(int)


def test_the_bundle_obeys_the_contract(bundle):
    assert bundle.spec.classes == NAMES
    assert bundle.bundle.turn.keys() == GROUPS.keys()
    assert bundle.bundle.shapes["layers"] == LAYERS == 12
    assert {"hue", "scale", "density", "symmetry", "glow"} <= set(bundle.spec.directions)
    z = np.random.default_rng(0).standard_normal((3, Z)).astype(np.float32)
    assert pictures(bundle, z).shape == (*FULL, 3)
    assert np.array_equal(pictures(bundle, z, psi=0.0), pictures(bundle, z * 0.3, psi=0.0))


def test_the_palettes_numbers_leave_form_alone(bundle):
    """Greys of the picture hardly move when only the palette's numbers do: value is the form's."""
    z = np.random.default_rng(3).standard_normal((3, Z)).astype(np.float32)
    other = z.copy()
    other[:, FORM:] = np.random.default_rng(4).standard_normal((3, PALETTE))
    a, b = pictures(bundle, z), pictures(bundle, other)
    assert np.abs(a - b).mean() > 3  # the colours are others
    a, b = (p.max(2).astype(float) for p in (a, b))
    assert np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.8


def test_every_direction_does_something(bundle):
    z = np.random.default_rng(5).standard_normal((3, Z)).astype(np.float32)
    still = pictures(bundle, z)
    for k, name in enumerate(bundle.spec.directions):
        moved = pictures(bundle, z, directions=np.eye(len(bundle.spec.directions), dtype=np.float32)[k])
        assert np.abs(moved - still).mean() > 0.5, name
