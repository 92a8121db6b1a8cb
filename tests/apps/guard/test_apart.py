"""A generator in a process of its own is the same generator: all that it reads of a latent goes over."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
from layouts.tiny import tiny

from vj.apps.guard.apart import Apart
from vj.generators.bundle.opening import open_generator
from vj.generators.bundle.verify import sample


def test_its_pictures_are_those_of_the_generator(tmp_path: Path) -> None:
    bundle = tiny(tmp_path / "tiny")
    latents = [sample(bundle.spec, seed) for seed in range(3)]
    latents[1] = replace(latents[1], noise_seed=7, directions=np.array([0.5, -1.0], np.float32))
    with (
        closing(open_generator(str(bundle.folder), threads=1)) as here,
        closing(Apart(str(bundle.folder), threads=1)) as there,
    ):
        assert there.spec == here.spec
        for size in (here.usual, (48, 20)):
            here.resize(size)
            there.resize(size)
            assert np.array_equal(there.generate(latents), here.generate(latents))
        assert there.deaths == 0
