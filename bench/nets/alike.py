"""The worlds as shaders beside their graph: how alike are the pictures, class by class?

python bench/nets/alike.py [--out bench/results/alike.json] [--pictures 3] [--size 344x192]

`psnr_db` is of the picture that is least alike, in dB, and `off` how far a number of it is away at most, of 255. Both
dither, each in its own way, so that two runs of the same would have about 53 dB.
"""

from contextlib import closing
from typing import Any

import numpy as np

from bench._machine import arguments, machine, write
from vj.core.types import U8, Latent
from vj.generators.bundle.opening import open_generator


def latents(classes: int, index: int, count: int) -> list[Latent]:
    """`count` of class `index`, each with another z and psi."""
    found = []
    for seed in range(count):
        rng = np.random.default_rng([index, seed])
        z, turned = rng.standard_normal((3, 16)), rng.uniform(-0.7, 0.7, 6) * (seed % 2)
        mix = np.eye(classes, dtype=np.float32)[index]
        found.append(Latent(z.astype(np.float32), mix, 1.0 - 0.2 * (seed % 3), turned.astype(np.float32)))
    return found


def unlike(a: U8, b: U8) -> tuple[float, int]:
    """PSNR in dB and the largest difference."""
    apart = a.astype(float) - b
    return 10.0 * float(np.log10(255.0**2 / max((apart**2).mean(), 1e-9))), int(np.abs(apart).max())


def main() -> None:
    """Compare all."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--pictures", type=int, default=3, help="of each class")
    parser.add_argument("--size", default="344x192", help="of the pictures")
    asked = parser.parse_args()
    width, height = map(int, asked.size.split("x"))
    told: dict[str, Any] = {}
    with (
        closing(open_generator("worlds", (width, height), runtime="onnx", threads=1)) as graph,
        closing(open_generator("worlds", (width, height), runtime="glsl")) as shaders,
    ):
        names = graph.spec.classes
        for index, name in enumerate(names):
            wanted = latents(len(names), index, asked.pictures)
            pairs = zip(graph.generate(wanted), shaders.generate(wanted), strict=True)
            found = [unlike(a, b) for a, b in pairs]
            told[name] = {"psnr_db": round(min(p for p, _ in found), 1), "off": max(o for _, o in found)}
            print(name, told[name], flush=True)
        renderer = shaders.provider
    least = min(row["psnr_db"] for row in told.values())
    write(
        {
            "what": "worlds as shaders against their graph",
            **machine(),
            "renderer": renderer,
            "size": asked.size,
            "least_psnr_db": least,
            "most_off": max(row["off"] for row in told.values()),
            "classes": told,
        },
        asked.out,
    )


if __name__ == "__main__":
    main()
