"""What loops there are in a folder: a table and a sheet of pictures, for whoever plays them."""

import csv
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vj.core.errors import VjError
from vj.core.types import U8

INDEX = "loops.csv"
SHEET = "loops.png"
#: Columns; all but the last are known before a loop is made, and say whether one that is there is the one wanted.
COLUMNS = (
    "file", "bundle", "class", "look", "bpm", "beats", "bars", "frames", "fps", "seconds", "width", "height", "seed",
    "state", "song", "set", "seam",
)  # fmt: skip
#: The sheet: how many pictures of a loop, loops in a row, and how wide a picture is.
PICTURES_PER_LOOP = 4
LOOPS_PER_ROW = 2
PICTURE_WIDTH_PX = 200

Row = Mapping[str, str]


@dataclass
class Index:
    """The table of a folder; rows by file."""

    folder: Path
    rows: dict[str, Row]

    @classmethod
    def of(cls, folder: Path) -> "Index":
        """What is written in `folder` already; a table that cannot be read counts as none."""
        rows: dict[str, Row] = {}
        with suppress(OSError, UnicodeDecodeError, csv.Error), (folder / INDEX).open(newline="", encoding="utf-8") as f:
            rows = {row["file"]: row for row in csv.DictReader(f) if row.get("file")}
        return cls(folder, rows)

    def has(self, row: Row) -> bool:
        """Whether the loop that `row` wants is there."""
        known = self.rows.get(row["file"])
        if known is None or not (self.folder / row["file"]).exists():
            return False
        return all(known.get(key) == row.get(key, "") for key in COLUMNS[:-1])

    def add(self, row: Row) -> None:
        """Write `row` down, in the place of an earlier one of its file. Raises VjError."""
        self.rows[row["file"]] = row
        there = [row for name, row in sorted(self.rows.items()) if (self.folder / name).exists()]
        unfinished = self.folder / f".{INDEX}"
        try:
            with unfinished.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore", restval="")
                writer.writeheader()
                writer.writerows(there)
            unfinished.replace(self.folder / INDEX)
        except OSError as error:
            raise VjError("the index cannot be written", str(self.folder / INDEX), str(error)) from error


def sheet(index: Index, shown: Mapping[str, Sequence[U8]]) -> Path | None:
    """Draw all loops of the index on one sheet: pictures of those just made are in `shown`, others are looked up."""
    from vj.workshop.contact import contact_sheet, film_frames

    pictures: list[U8] = []
    labels: list[str] = []
    for name, row in sorted(index.rows.items(), key=lambda item: (item[1]["look"], item[1]["class"], item[0])):
        path = index.folder / name
        few = list(shown.get(name, ()))
        if not few and path.is_file():
            with suppress(VjError):
                apart = float(row["seconds"]) / PICTURES_PER_LOOP
                few = [picture for _, picture in film_frames(path, apart)][:PICTURES_PER_LOOP]
        if len(few) == PICTURES_PER_LOOP:
            pictures += few
            labels += [row["look"].replace("_", " "), row["class"], f"{row['bpm']} BPM", f"{row['bars']} bars"]
    if not pictures:
        return None
    path = index.folder / SHEET
    contact_sheet(pictures, columns=PICTURES_PER_LOOP * LOOPS_PER_ROW, labels=labels, width=PICTURE_WIDTH_PX).save(path)
    return path
