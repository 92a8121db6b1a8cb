"""A picture that loops comes back to where it began, evenly, as GIF, WebP and MP4."""

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence

from vj.core.errors import OutputError
from vj.generators.testcard import Testcard
from vj.workshop.sheets.looping import Round, latents, write


def test_it_goes_once_round_the_shell_at_one_speed() -> None:
    card = Testcard((64, 36))
    made = list(latents(card, Round(40, index=2, seed=5)))
    z = np.array([latent.z for latent in made]).astype(float)
    np.testing.assert_allclose(np.linalg.norm(z, axis=2), card.spec.z_dim**0.5, rtol=1e-5)
    steps = np.linalg.norm(np.diff(np.concatenate([z, z[:1]]), axis=0), axis=2)
    np.testing.assert_allclose(steps, np.broadcast_to(steps[:1], steps.shape), rtol=1e-3)
    assert (steps > 0.01).all()
    assert all(latent.mix.argmax() == 2 for latent in made)


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".mp4"])
def test_every_kind_is_read_back(tmp_path: Path, suffix: str) -> None:
    out, told = tmp_path / f"loop{suffix}", list[float]()
    write(Testcard((64, 36)), out, Round(12), told.append)
    if suffix == ".mp4":
        with av.open(str(out)) as film:
            frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    else:
        with Image.open(out) as image:
            frames = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)]
            assert image.info["loop"] == 0
    assert (len(frames), frames[0].shape, told[-1]) == (12, (36, 64, 3), 1.0)
    apart = [np.abs(a.astype(float) - b).mean() for a, b in zip(frames, [*frames[1:], frames[0]], strict=True)]
    assert min(apart[:-1]) > 0.3
    assert apart[-1] < 2.0 * max(apart[:-1]), "the last leads into the first"


@pytest.mark.parametrize("name", ["loop.png", "loop", "nowhere/loop.gif"])
def test_mistakes_are_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError):
        write(Testcard((64, 36)), tmp_path / name, Round(2))
