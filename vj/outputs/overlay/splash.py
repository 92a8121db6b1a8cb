"""What is read while a show is being set up, as a picture: its name, what was found, keys, what is awaited."""

from dataclasses import dataclass

from PIL import Image, ImageDraw

from vj import __version__
from vj.outputs.overlay.page import AMBER, QUIET, WORDS, Page, face, wrapped

#: Size of the words at scale 1, and the least that is left free around them.
WIDTH = 600
HEIGHT = 560
RIM = 40
#: Where the line lies that grows, and how thick it is.
LINE_Y = 196
LINE_TALL = 2
TRACK = (255, 255, 255, 34)
CAP = (255, 255, 255, 30)
LABELS = 104
#: Where the rows begin, and the height of one; the same of the keys.
ROWS_Y = 252
ROW = 32
KEYS_Y = 474
KEY_ROW = 34


@dataclass(frozen=True)
class SplashState:
    """What the splash says.

    facts    (name, what is known of it, whether it wants the performer's eye); "" is not known yet
    keys     keys and what they do, the first few of them: ("H", "instruments")
    awaited  what is being done just now
    part     how much is done, 0..1
    """

    facts: tuple[tuple[str, str, bool], ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    awaited: str = ""
    part: float = 0.0


def scale_of(size: tuple[int, int]) -> float:
    """The scale at which the words fit into a window of `size` pixels: 1 at 1280x720."""
    fits = min((size[0] - 2) / (WIDTH + 2 * RIM), size[1] / (HEIGHT + 2 * RIM), size[1] / 720)
    return max(fits if size[0] > size[1] else min(size[0] / (WIDTH + 2 * RIM), size[1] / 960), 0.1)


def corner_of(size: tuple[int, int], scale: float) -> tuple[int, int]:
    """Where the words begin, in pixels from the window's upper left: on the left, or lower down in a tall window."""
    width, height = round(WIDTH * scale), round(HEIGHT * scale)
    if size[0] > size[1]:
        return min(round(96 * scale), (size[0] - width) // 2), (size[1] - height) // 2
    return (size[0] - width) // 2, max((size[1] - height) * 2 // 3, 0)


def paint(state: SplashState, scale: float) -> Image.Image:
    """The words as RGBA, without the part of the line that is done."""
    image = Image.new("RGBA", (round(WIDTH * scale), round(HEIGHT * scale)), (*WORDS, 0))
    page = Page(ImageDraw.Draw(image), scale)
    end = page.text(-1, -14, "vj", 150, WORDS)
    page.text(end + 16, 122, __version__, 15, QUIET)
    page.box(0, LINE_Y, WIDTH, LINE_TALL, TRACK)
    page.text(0, LINE_Y + 14, state.awaited, 15, AMBER, WIDTH)
    for row, (name, known, urgent) in enumerate(state.facts):
        y = ROWS_Y + 22 + ROW * row
        page.text(0, y + 2, name, 15, QUIET)
        colour = AMBER if urgent else WORDS if known else QUIET
        # what is too long is smaller, and goes on two lines if it must
        size = next((size for size in (18, 15) if face(size).getlength(known) <= WIDTH - LABELS), 14)
        lines = wrapped(known, size, WIDTH - LABELS)[:2] or ["..."]
        for line, words in enumerate(lines):
            page.text(LABELS, y + (18 - size) - 8 * (len(lines) - 1) + 16 * line, words, size, colour)
    _paint_keys(page, state.keys)
    return image


def _paint_keys(page: Page, keys: tuple[tuple[str, str], ...]) -> None:
    """Caps and what they do, in as many rows as they need."""
    x, y = 0.0, float(KEYS_Y)
    for key, deed in keys:
        cap = max(face(13).getlength(key) + 16, 26)
        wide = cap + 8 + face(14).getlength(deed) + 22
        if x and x + wide - 22 > WIDTH:
            x, y = 0.0, y + KEY_ROW
        page.box(x, y, cap, 24, CAP, radius=5)
        page.text(x + (cap - face(13).getlength(key)) / 2, y + 4, key, 13, WORDS)
        page.text(x + cap + 8, y + 3, deed, 14, QUIET)
        x += wide
