"""How a picture of one shape is laid into a target of another."""

from dataclasses import dataclass

FITS = ("cover", "contain", "stretch", "mirror")


@dataclass(frozen=True)
class Placement:
    """Where to draw, in target pixels from the top left, and which part of the picture goes there.

    `left`, `top`, `right`, `bottom` are picture coordinates, 0..1 from its top left corner; beyond that range the
    picture goes on as its own mirror image.
    """

    x: int
    y: int
    width: int
    height: int
    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0


def placement(picture: tuple[int, int], target: tuple[int, int], fit: str) -> Placement:
    """Lay `picture` (width, height) into `target` (width, height).

    cover    fill the target, cut what is over; contain: show all, leave bars; stretch: fill, bend the shape;
    mirror   show all and fill the bars with the picture's mirror image
    """
    (pw, ph), (tw, th) = picture, target
    across, down = tw / pw, th / ph
    if fit == "stretch":
        return Placement(0, 0, tw, th)
    scale = max(across, down) if fit == "cover" else min(across, down)
    # How much of the picture's width and height the target spans; above 1 there is room beside it.
    wide, high = across / scale, down / scale
    if fit == "contain":
        width, height = max(1, round(tw / wide)), max(1, round(th / high))
        return Placement((tw - width) // 2, (th - height) // 2, width, height)
    return Placement(0, 0, tw, th, 0.5 - wide / 2, 0.5 - high / 2, 0.5 + wide / 2, 0.5 + high / 2)
