"""Who is to render: this process, several here, or a cluster."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:  # with what it imports, no command would be quick
    from vj.apps.render.crew.tasks import Crew


#: More processes than any machine has processors.
MOST = 1024

WorkersOption = Annotated[int | None, typer.Option(min=1, max=MOST, help="Processes of this machine that render.")]
ClusterOption = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Ray cluster that renders: auto, or host:port. --workers of it, else all."),
]


def crew_of(workers: int | None, cluster: str | None) -> "Crew | None":
    """Who was asked for, None for this process alone. Raises VjError."""
    if cluster is not None:
        from vj.apps.render.cluster import Cluster

        return Cluster(cluster, workers)
    if workers is None:
        return None
    from vj.apps.render.workers import Processes

    return Processes(workers)


def going_on(out: Path) -> str:
    """What to say of the segments that an interrupted render has left."""
    return "The same command goes on from there." if out.with_name(f"{out.name}.parts").is_dir() else ""
