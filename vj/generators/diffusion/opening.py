"""Open the second stage: a folder of weights on this machine becomes a Painter, or one sentence says why not.

Never the network. What may be in the folder says `_folder`.
"""

import os
from pathlib import Path

from vj.core.errors import BundleError
from vj.core.install import extra
from vj.generators.diffusion._folder import read_model, read_part
from vj.generators.diffusion.refine import Painter


def open_painter(folder: Path, vae: Path | None = None, device: str | None = None) -> Painter:
    """What paints with the model in `folder`, its autoencoder replaced by the one in `vae` if that is given.

    `device` is torch's name of one, chosen if None. Raises BundleError.
    """
    read_model(folder)
    if vae is not None:
        read_part(vae, "vae")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read when the library is imported: it is never to ask the network
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        from vj.generators.diffusion._model import Diffusion
    except ImportError as error:
        raise BundleError(f"the second stage needs the package {error.name}", "--refine", extra("diffusion")) from error
    return Diffusion(folder, vae, device)
