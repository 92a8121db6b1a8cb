"""One line of words at the foot of the picture."""

from PIL import Image, ImageDraw

from vj.outputs.overlay.page import PAPER, WORDS, Page, face

#: Sizes at scale 1: of the letters, above and beside them, and of the whole.
LETTERS = 17
ABOVE = 10
BESIDE = 18
TALL = 40


def paint_line(words: str, room: float, scale: float) -> Image.Image:
    """A line of words on paper of its own, as RGBA, at most `room` wide at scale 1."""
    wide = min(face(LETTERS).getlength(words) + 2 * BESIDE, room)
    image = Image.new("RGBA", (round(wide * scale), round(TALL * scale)), (0, 0, 0, 0))
    page = Page(ImageDraw.Draw(image), scale)
    page.box(0, 0, wide, TALL, PAPER, radius=10)
    page.text(BESIDE, ABOVE, words, LETTERS, WORDS, wide - 2 * BESIDE + 2)
    return image
