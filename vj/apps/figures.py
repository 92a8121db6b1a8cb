"""Tells on the terminal what a live show measured of itself."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape

from vj.apps.live.meter import Report
from vj.core.errors import OutputError


def tell(figures: Report, report: Path | None) -> None:
    """In two lines, and all of it to the file `report`."""
    console = Console()
    if report:
        try:
            figures.write(report)
        except OSError as error:
            raise OutputError(
                f"the figures cannot be written: {error.strerror}", str(report), "name another file"
            ) from error
    for note in figures.notes:
        console.print(f"[yellow]Note:[/] {escape(note)}", soft_wrap=True, highlight=False)
    if figures.first_frame_s is None:
        console.print("The show ended before its first picture.")
        return
    late = figures.block_to_swap_ms_p50  # nothing came in where it is 0
    console.print(
        f"{figures.generated_fps:.1f} unique and {figures.displayed_fps:.1f} displayed fps, "
        + (f"sound to swap {late:.0f} ms, " if late else "")
        + f"{figures.dropped_frames} dropped"
    )
    for sent in figures.outputs:
        again = f", {sent['restarts']} times begun again" if sent["restarts"] else ""
        told = f"{sent['name']}: {sent['sent']} pictures sent, {sent['dropped']} dropped{again} ({sent['told']})"
        console.print(escape(told), soft_wrap=True, highlight=False)
