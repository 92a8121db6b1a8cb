"""The last step of an import: how far pictures of a whole bundle are apart, written into its manifest."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from vj.generators.bundle.opening import open_generator
from vj.workshop.manifest import Facts, write_manifest
from vj.workshop.progress import Say
from vj.workshop.sheets import drawing


def write_measured(folder: Path, facts: Facts, samples: int | None, say: Say) -> None:
    """Write the manifest, and again with turns measured on `samples` latents; 0 for none, None for as many as serve."""
    write_manifest(folder, facts)
    latents, classes = drawing.enough(facts.resolution[0])
    latents = latents if samples is None else samples
    if latents:
        with closing(open_generator(str(folder), threads=1)) as generator:
            moved = drawing.turn_angles(generator, latents, classes, say)
        turn, angle = ({group: pair[k] for group, pair in moved.items()} for k in (0, 1))
        write_manifest(folder, replace(facts, turn=turn, turn_angle=angle))
