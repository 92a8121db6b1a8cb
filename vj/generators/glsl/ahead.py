"""Has the driver compile all shaders of a bundle ahead: `python -m vj.generators.glsl.ahead FOLDER`.

In a process of its own, since whoever compiles holds the interpreter; drivers keep what they made on disk, by its text,
and find it there when the show's own context asks.
"""

import sys
from contextlib import closing
from dataclasses import replace

import numpy as np

from vj.core.errors import VjError
from vj.generators.bundle.feeds import middle
from vj.generators.bundle.manifest import read_bundle
from vj.generators.glsl import Glsl

#: A picture that costs nothing.
_TINY = (32, 18)


def main(folder: str) -> int:
    """Draw every class of the bundle once."""
    try:
        bundle = read_bundle(folder, verify=False)
        with closing(Glsl(bundle, _TINY)) as shaders:
            one = middle(bundle.spec)
            for mix in np.eye(len(bundle.classes), dtype=np.float32):
                shaders.generate([replace(one, mix=mix)])
    except VjError as error:  # the show will say it better
        sys.stderr.write(f"{error.what}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
