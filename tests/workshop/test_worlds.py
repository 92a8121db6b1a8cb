"""The worlds: built the same every time, steered layer by layer, never still-born and never popping."""

import shutil
import tomllib

import numpy as np
import onnx
import onnxruntime
import pytest
from PIL import Image

from vj.core.shelf import share
from vj.core.types import Latent
from vj.generators.bundle.opening import open_generator
from vj.workshop import sheet
from vj.workshop.graph import Graph
from vj.workshop.sheets import drawing
from vj.workshop.worlds import bundle as worlds
from vj.workshop.worlds.forms import WORLDS
from vj.workshop.worlds.stage import Stage

NAMES = tuple(WORLDS)
NOISE = np.zeros((1, 1, 96, 172), np.float32)


@pytest.fixture(scope="module")
def shown(request):
    """The bundle that ships; one that is built where a world has just been added to those in it."""
    folder = share("models") / "worlds"
    ships = tuple((folder / "classes.txt").read_text(encoding="utf-8").split())
    return folder if ships == NAMES else request.getfixturevalue("built")


@pytest.fixture(scope="module")
def generator(shown):
    return open_generator(str(shown), (172, 96), threads=1)


def opened(model):
    """Without plans of its memory, which take seconds where there are branches."""
    how = onnxruntime.SessionOptions()
    how.enable_mem_reuse = how.enable_mem_pattern = False
    return onnxruntime.InferenceSession(model, how, providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def fields():
    """styles -> value, hue travel and emission [N, 3, H, W], before any colour."""
    g = Graph()
    styles, noise = worlds.inputs(g, list(WORLDS.values()))
    made = worlds.form(Stage(g, styles, noise), list(WORLDS.values()), styles)
    g.output("fields", g.concat([made.v, made.t, made.e], 1), ["batch", 3, "height", "width"])
    session = opened(g.proto("fields").SerializeToString())
    return lambda styles: session.run(None, {"styles": styles, "noise": NOISE})[0]


@pytest.fixture(scope="module")
def synthesizer(shown):
    return opened(str(shown / "synthesizer.onnx"))


def some_styles(seed, world=0, count=1):
    numbers = np.random.default_rng(seed).standard_normal((count, worlds.LAYERS, worlds.Z))
    shares = np.broadcast_to(np.eye(len(NAMES))[world], (count, worlds.LAYERS, len(NAMES)))
    return np.concatenate([numbers, shares], -1).astype(np.float32)


def weights(*rows):
    """Class weights, one row each; worlds not named have none."""
    return np.array([[*row, *[0] * (len(NAMES) - len(row))] for row in rows], np.float32)


def pooled(image):
    """Means over blocks of 12 x 12 or so: what is left of the picture from far away."""
    height, width = image.shape[-2] // 12 * 12, image.shape[-1] // 12 * 12
    cut = image[..., :height, :width]
    return cut.reshape(*cut.shape[:-2], height // 12, 12, width // 12, 12).mean((-3, -1))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The bundle, built once more; how far its pictures are apart is taken from the one that ships."""
    folder, ships = tmp_path_factory.mktemp("built"), share("models") / "worlds" / "bundle.toml"
    turns = tomllib.loads(ships.read_text(encoding="utf-8"))["turn"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "turns", lambda generator, samples: turns)
        worlds.write(folder)
    return folder


@pytest.fixture
def quickly(built, monkeypatch):
    """Building takes seconds, and gives the same each time: see below."""
    monkeypatch.setattr(worlds, "write", lambda folder: shutil.copytree(built, folder, dirs_exist_ok=True))


@pytest.mark.usefixtures("quickly")
def test_committed_bundle_is_current():
    assert worlds.stale(share("models") / "worlds") == []


@pytest.mark.usefixtures("quickly")
def test_a_changed_bundle_is_called_stale(built, tmp_path, capsys):
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    model = onnx.load(tmp_path / "synthesizer.onnx")
    model.graph.node[5].name = "changed"
    onnx.save(model, tmp_path / "synthesizer.onnx")
    assert worlds.main(["--check", "-o", str(tmp_path)]) == 1
    assert "synthesizer.onnx" in capsys.readouterr().out


def test_pictures_are_about_as_far_apart_as_the_bundle_says(generator):
    assert drawing.turns(generator, 3) == pytest.approx(generator.bundle.turn, rel=0.1)


def test_colours_are_those_of_oklab():
    """White, red and a grey, after the table of its author."""
    found = drawing.oklab(np.array([[255, 255, 255], [255, 0, 0], [119, 119, 119], [0, 0, 0]], np.uint8))
    expected = [[1.0, 0.0, 0.0], [0.628, 0.2249, 0.1258], [0.5693, 0.0, 0.0], [0.0, 0.0, 0.0]]
    assert np.abs(found - expected).max() < 1e-3


@pytest.mark.slow
def test_two_builds_are_the_same_bytes_and_measured_as_the_one_that_ships(tmp_path, monkeypatch):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        worlds.write(folder)
    for file in first.iterdir():
        assert file.read_bytes() == (second / file.name).read_bytes()
    monkeypatch.setattr(worlds, "write", lambda folder: shutil.copytree(first, folder, dirs_exist_ok=True))
    assert worlds.stale(share("models") / "worlds") == []


@pytest.mark.parametrize("world", range(len(NAMES)), ids=NAMES)
@pytest.mark.parametrize("size", [(96, 172), (451, 130)], ids=["small", "larger than what is looked up far away"])
def test_a_band_of_rows_is_the_same_alone_as_in_the_whole(synthesizer, world, size):
    """Of the 255 steps of a picture none is off by half a one, whatever shadows and light fall in from other bands."""
    height, width = size
    styles, noise = some_styles(7, world, 2), np.zeros((1, 1, height, width), np.float32)
    whole = synthesizer.run(None, {"styles": styles, "noise": noise})[0]
    bands = [
        synthesizer.run(
            None,
            {"styles": styles, "noise": noise[:, :, top : top + 60], "rows": np.array([top, height], np.float32)},
        )[0]
        for top in range(0, height, 60)
    ]
    assert np.abs(np.concatenate(bands, 2) - whole).max() * 127.5 < 0.5


def test_only_worlds_with_weight_are_computed():
    """Each world lies in a branch of its own, within that of its half; outside nothing samples the texture or draws."""
    drawn = []

    def look(graph):
        for node in graph.node:
            assert node.op_type != "GridSample"
            if node.op_type == "If":
                branches = {a.name: a.g for a in node.attribute}
                assert [n.op_type for n in branches["else_branch"].node] == ["Identity"]
                then = branches["then_branch"]
                if len(then.node) > 20:
                    drawn.append(node)
                else:
                    look(then)

    look(worlds.synthesizer(list(WORLDS.values())).proto("synthesizer").graph)
    assert len(drawn) == len(WORLDS)


def test_a_world_alone_is_the_same_as_among_others_with_hardly_any_weight(synthesizer):
    """What is passed over changes nothing, whichever the sign of a weight, nor does a batch of several."""
    noise = np.zeros((1, 1, 96, 172), np.float32)
    for sign in (1.0, -1.0):
        alone = some_styles(11, 3, 2)
        alone[:, :, worlds.Z :] *= sign
        beside = alone.copy()
        beside[:, 0, worlds.Z + 8] = 0.00401  # over the threshold by a hair: drawn, and of no account
        apart = [synthesizer.run(None, {"styles": s, "noise": noise})[0] for s in (alone, beside)]
        assert np.abs(apart[0] - apart[1]).max() < 1e-3
        parts = [synthesizer.run(None, {"styles": alone[k : k + 1], "noise": noise})[0] for k in (0, 1)]
        assert np.abs(np.concatenate(parts) - apart[0]).max() < 1e-4


def test_a_batch_of_different_worlds_is_each_by_itself(synthesizer):
    noise = np.zeros((1, 1, 96, 172), np.float32)
    styles = np.concatenate([some_styles(k, world) for k, world in enumerate((2, 9, 2))])
    together = synthesizer.run(None, {"styles": styles, "noise": noise})[0]
    parts = [synthesizer.run(None, {"styles": styles[k : k + 1], "noise": noise})[0] for k in range(3)]
    assert np.abs(together - np.concatenate(parts)).max() < 1e-4


@pytest.mark.parametrize("name", NAMES)
def test_hardly_a_number_below_the_normal_ones_is_made(name):
    """They are right and invisible, and a processor takes ten times as long for each of them."""
    g = Graph()
    styles, noise = worlds.inputs(g, list(WORLDS.values()))
    made = WORLDS[name].draw(Stage(g, styles, noise))
    g.output("value", made.v + made.t + made.e, ["batch", 1, "height", "width"])
    model = g.proto(name)
    found = [n.output[0] for n in model.graph.node if n.op_type in ("Exp", "Mul")]
    model.graph.output.extend(onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, None) for n in found)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    values = session.run(found, {"styles": some_styles(5, NAMES.index(name)), "noise": NOISE})
    below = [float(((v != 0) & (np.abs(v) < np.finfo(np.float32).tiny)).mean()) for v in values]
    assert max(below) < 0.01


@pytest.mark.parametrize("world", range(len(NAMES)), ids=NAMES)
def test_palette_layer_leaves_the_form_alone(generator, fields, world):
    styles = some_styles(1, world)
    swapped = styles.copy()
    swapped[:, 11, : worlds.Z] = some_styles(2)[:, 11, : worlds.Z]
    assert np.array_equal(fields(styles), fields(swapped))
    session = generator._synthesizer
    images = [session.run({"styles": s, "noise": NOISE}) for s in (styles, swapped)]
    assert np.abs(images[0] - images[1]).mean() > 0.02


@pytest.mark.parametrize("world", range(len(NAMES)), ids=NAMES)
def test_coarse_moves_structure_and_fine_does_not(fields, world):
    base, other = some_styles(3, world, 12), some_styles(4, world, 12)
    moved = []
    for layers in (slice(0, 4), slice(8, 11)):
        swapped = base.copy()
        swapped[:, layers] = other[:, layers]
        moved.append(np.abs(pooled(fields(swapped)) - pooled(fields(base)))[:, 0].mean())
    assert moved[0] > 2 * moved[1]


@pytest.mark.parametrize("world", range(len(NAMES)), ids=NAMES)
def test_pictures_suit_a_projector(generator, world):
    """True blacks, a dark base, light that is not clipped, and more than one hue."""
    mix = np.eye(len(NAMES), dtype=np.float32)[world]
    random = np.random.default_rng(5)
    latents = [drawing.latent(generator, z, mix) for z in random.standard_normal((12, 3, 16)).astype(np.float32)]
    images = generator.generate(latents)
    light = drawing.oklab(images)[..., 0]
    assert np.percentile(light, 5) <= 0.10
    assert 0.20 <= (light < 0.25).mean() <= 0.75
    assert light.mean() < 0.55
    assert light.max() > 0.8
    assert (images.min(-1) == 255).mean() < 0.01
    assert all(image.std() > 30 for image in images)


@pytest.mark.parametrize("world", range(len(NAMES)), ids=NAMES)
def test_hours_of_walking_without_a_pop(generator, world):
    """Steps of 0.01 rad from 60 places far apart on a shell walk: none changes the picture out of proportion."""
    mix = np.eye(len(NAMES), dtype=np.float32)[world]
    here, there = np.random.default_rng(6).standard_normal((2, 60, 3, 16)).astype(np.float32)
    norm = 4.0 / np.linalg.norm(here, axis=-1, keepdims=True)
    here = here * norm
    there = there - (there * here).sum(-1, keepdims=True) * here / 16.0
    there = there * 4.0 / np.linalg.norm(there, axis=-1, keepdims=True)
    step = np.cos(0.01) * here + np.sin(0.01) * there
    changes = []
    for a, b in zip(here, step.astype(np.float32), strict=True):
        images = generator.generate([drawing.latent(generator, z, mix) for z in (a, b)])
        changes.append(np.abs(images[0].astype(float) - images[1]).mean())
    assert max(changes) < 10.0
    assert max(changes) < 5 * np.median(changes)


def test_weights_keep_their_signs_and_sum_to_one(generator):
    run = generator._mapper.run
    z, psi = np.zeros((4, 16), np.float32), np.ones(4, np.float32)
    mix = weights([3, 1], [1, -1], [], [-5])
    shares = run({"z": z, "mix": mix, "psi": psi})[:, worlds.Z :]
    assert np.allclose(np.abs(shares).sum(1), 1, atol=1e-3)
    assert shares[0, :2] == pytest.approx([0.75, 0.25], abs=1e-3)
    assert shares[1, 0] > 0 > shares[1, 1]
    assert shares[2, 0] == pytest.approx(1, abs=1e-3)
    assert shares[3, 0] < 0


def test_negative_weight_shows_something_else(generator):
    z = np.random.default_rng(1).standard_normal((3, 16)).astype(np.float32)
    mixes = weights([1], [1, 0, 0, 0.7], [1, 0, 0, -0.7])
    plain, more, less = generator.generate([drawing.latent(generator, z, mix) for mix in mixes]).astype(float)
    assert np.abs(more - less).mean() > 5
    assert np.abs(plain - less).mean() > 5


def test_groups_may_take_different_z(generator):
    z = np.random.default_rng(9).standard_normal((2, 3, 16)).astype(np.float32)
    mix = np.eye(len(NAMES), dtype=np.float32)[0]
    mixed = Latent(np.stack([z[0, 0], z[1, 1], z[1, 2]]), mix, 0.8, np.zeros(0, np.float32))
    pictures = generator.generate([Latent(z[0], mix, 0.8, np.zeros(0, np.float32)), mixed]).astype(float)
    assert np.abs(pictures[0] - pictures[1]).mean() > 3


def test_sheet_is_written(tmp_path):
    target = tmp_path / "sheet.png"
    assert sheet.main(["testcard", "-o", str(target), "--columns", "2", "--size", "32x24"]) == 0
    with Image.open(target) as image:
        assert image.size == (2 * 34, (5 + 5 + 3) * 26)
    assert sheet.main(["worlds", "-o", str(target), "--columns", "2", "--size", "32x24", "--class", "ink"]) == 0
    with Image.open(target) as image:
        assert image.size == (2 * 34, 4 * 26)


@pytest.mark.parametrize("ground", [0, 128, 255])
def test_a_name_is_legible_on_any_picture(ground: int) -> None:
    picture = np.full((192, 344, 3), ground, np.uint8)
    (plain,), (named,) = drawing.named([picture], [""]), drawing.named([picture], ["phyllotaxis"])
    changed = np.argwhere((named != plain).any(-1))
    (top, left), (bottom, right) = changed.min(0), changed.max(0)
    assert 120 < top < bottom < 192
    assert 0 <= left < right < 172
    box = named[top:bottom, left:right].astype(int).mean(-1)
    letters = box > 240
    assert letters.mean() > 0.05
    assert np.median(box[~letters]) < 140, "what is round the letters is dark"


def test_the_poster_that_ships_names_every_class() -> None:
    """White letters lie in the lower left corner of every cell, where the pictures themselves have hardly any white."""
    poster = np.asarray(Image.open(share("models") / "worlds" / "poster.png").convert("RGB"))
    high, wide = poster.shape[0] / 6, poster.shape[1] / 4
    for number, name in enumerate(WORLDS):
        row, column = divmod(number, 4)
        bottom, left = round(high * (row + 1)), round(wide * column)
        corner = poster[bottom - 26 : bottom - 6, left + 6 : left + 10 + 9 * len(name)]
        assert (corner.min(-1) > 235).sum() > 5 * len(name), name
