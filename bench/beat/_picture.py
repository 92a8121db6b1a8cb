"""What was measured as a picture: stated confidence against what was right, and every tracker by tempo."""

from typing import Any

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, FINE = 1600, 900, 2
GROUND, PANEL, LINE, WORDS, FAINT = "#0d1016", "#141922", "#242c39", "#d7dde8", "#7d8796"
OURS, PERFECT, WRONG = "#bae67e", "#5a6780", "#ff6b57"
#: Colours of the trackers, ours first; what knows the future is paler.
COLOURS = ("#bae67e", "#5ccfe6", "#c3a6ff", "#ffb454", "#ff8f9e", "#8ea2c6", "#6c7d9c")
Box = tuple[float, float, float, float]


def draw(result: dict[str, Any]) -> Image.Image:
    """The sheet of a result of trackers.py."""
    image = Image.new("RGB", (WIDTH * FINE, HEIGHT * FINE), GROUND)
    pen = Pen(image)
    about, told = result["material"], result["trackers"]["vj"]["all"]
    pen.words((56, 44), "The beat as displayed", 30, WORDS)
    sure = f"right given confidence 0.6: {told['right_given_0.6'][0]:.2f}"
    pen.words(
        (56, 88),
        f"{about['pieces']} pieces, {about['seconds'] // 60} minutes.   {sure}, {told['time_at_0.6']:.0%} of the time",
        16,
        FAINT,
    )
    _calibration(pen, (56, 168, 716, 828), result["calibration"])
    _tempi(pen, (824, 168, 1544, 828), result)
    return image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


class Pen:
    """Draws in whole pixels of the finished picture."""

    def __init__(self, image: Image.Image) -> None:
        self._draw = ImageDraw.Draw(image, "RGBA")

    def words(self, at: tuple[float, float], text: str, size: int, colour: str, anchor: str = "ls") -> float:
        """Write `text`; gives its width."""
        font = ImageFont.load_default(size * FINE)
        self._draw.text((at[0] * FINE, at[1] * FINE), text, fill=colour, font=font, anchor=anchor)
        return float(self._draw.textlength(text, font=font)) / FINE

    def line(self, points: list[tuple[float, float]], colour: str, width: float = 1.0) -> None:
        """A polyline."""
        self._draw.line(
            [(x * FINE, y * FINE) for x, y in points], fill=colour, width=round(width * FINE), joint="curve"
        )

    def box(self, box: Box, colour: str, radius: float = 0.0) -> None:
        """A filled box."""
        scaled = [value * FINE for value in box]
        self._draw.rounded_rectangle(scaled, radius * FINE, fill=colour)

    def area(self, points: list[tuple[float, float]], colour: str) -> None:
        """A filled polygon."""
        self._draw.polygon([(x * FINE, y * FINE) for x, y in points], fill=colour)

    def dot(self, at: tuple[float, float], radius: float, colour: str, rim: str | None = None) -> None:
        """A disc."""
        x, y, r = at[0] * FINE, at[1] * FINE, radius * FINE
        self._draw.ellipse([x - r, y - r, x + r, y + r], fill=colour, outline=rim, width=FINE * 2)


def _calibration(pen: Pen, box: Box, rows: list[dict[str, float]]) -> None:
    """Stated against right in tenths, the diagonal that would be honest with a tenth to each side, time as discs."""
    left, top, right, bottom = box
    across, up = right - left, bottom - top

    def place(x: float, y: float) -> tuple[float, float]:
        return left + x * across, bottom - y * up

    pen.box((left - 16, top - 16, right + 16, bottom + 16), PANEL, 10)
    for k in range(11):
        pen.line([place(k / 10, 0), place(k / 10, 1)], LINE)
        pen.line([place(0, k / 10), place(1, k / 10)], LINE)
        if k % 2 == 0:
            pen.words((place(k / 10, 0)[0], bottom + 30), f"{k / 10:.1f}", 13, FAINT, "mm")
            pen.words((left - 22, place(0, k / 10)[1]), f"{k / 10:.1f}", 13, FAINT, "rm")
    pen.area([place(0, 0), place(0, 0.1), place(0.9, 1), place(1, 1), place(1, 0.9), place(0.1, 0)], "#5a678026")
    pen.line([place(0, 0), place(1, 1)], PERFECT, 1.5)
    known = [row for row in rows if "stated" in row]
    for row in known:
        x, y = place(row["stated"], row["right"])
        pen.line([(x, y), place(row["stated"], row["stated"])], "#ff6b5790", 1.5)
    pen.line([place(row["stated"], row["right"]) for row in known], OURS, 2.5)
    for row in known:
        honest = abs(row["right"] - row["stated"]) <= 0.1
        at, size = place(row["stated"], row["right"]), 5 + 26 * row["time"] ** 0.5
        pen.dot(at, size, ("#bae67e" if honest else WRONG) + "50")
        pen.dot(at, 4.5, OURS if honest else WRONG, GROUND)
    pen.words((left, top - 30), "stated confidence (across), part of the time right (up); discs: how often", 14, FAINT)


def _tempi(pen: Pen, box: Box, result: dict[str, Any]) -> None:
    """Part of the time right by band of tempo, a bar for every tracker."""
    left, top, right, bottom = box
    pen.box((left - 16, top - 16, right + 16, bottom + 16), PANEL, 10)
    trackers = result["trackers"]
    bands = list(trackers["vj"]["by"]["tempo"])
    wide = (right - left) / max(len(bands), 1)
    for k in range(6):
        y = bottom - k / 5 * (bottom - top)
        pen.line([(left, y), (right, y)], LINE)
        pen.words((right + 22, y), f"{k / 5:.1f}", 13, FAINT, "lm")
    for n, band in enumerate(bands):
        start = left + n * wide + 0.14 * wide
        each = 0.72 * wide / len(trackers)
        for k, (name, told) in enumerate(trackers.items()):
            value = told["by"]["tempo"].get(band, {}).get("right")
            if value is None:
                continue
            fill = COLOURS[k % len(COLOURS)] + ("" if name == "vj" else "b0" if told["mode"] == "online" else "50")
            high = bottom - max(value, 0.004) * (bottom - top)
            pen.box((start + k * each, high, start + (k + 0.78) * each, bottom), fill, 1.5)
        pieces = trackers["vj"]["by"]["tempo"][band]["pieces"]
        pen.words((start + 0.36 * wide, bottom + 30), band, 13, FAINT, "mm")
        pen.words((start + 0.36 * wide, bottom + 48), f"{pieces} piece{'s' * (pieces > 1)}", 11, FAINT, "mm")
    x = left
    for k, (name, told) in enumerate(trackers.items()):
        pen.dot((x + 5, top - 35), 5, COLOURS[k % len(COLOURS)])
        text = name.replace("_", " ") + ("" if told["mode"] == "online" else " (offline)")
        x += 34 + pen.words((x + 16, top - 30), text, 14, WORDS if name == "vj" else FAINT)
