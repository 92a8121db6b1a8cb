"""The name of an output, large enough to be read from the mixing desk: painted once, by Pillow alone."""

from PIL import Image, ImageDraw

from vj.outputs.overlay.page import AMBER, WORDS, Page, face

#: Size of the plate at scale 1.
WIDTH = 600
HEIGHT = 220
PAPER = (6, 8, 12, 235)


def paint_plate(name: str, size: str, wide: int) -> Image.Image:
    """`name` in letters as large as fit, `size` in words below it: RGBA, `wide` pixels wide."""
    scale = wide / WIDTH
    image = Image.new("RGBA", (wide, max(round(HEIGHT * scale), 1)), (0, 0, 0, 0))
    page = Page(ImageDraw.Draw(image), scale)
    page.box(0, 0, WIDTH, HEIGHT, PAPER, radius=18)
    letters = next((n for n in range(120, 20, -6) if face(n).getlength(name) <= WIDTH - 60), 20)
    page.text((WIDTH - min(face(letters).getlength(name), WIDTH - 60)) / 2, 88 - 0.62 * letters, name, letters, WORDS,
              WIDTH - 50)  # fmt: skip
    page.text((WIDTH - face(28).getlength(size)) / 2, 164, size, 28, AMBER)
    return image
