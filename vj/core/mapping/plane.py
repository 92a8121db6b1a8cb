"""The projective plane: what takes a square to four corners, and back.

Points are (x, y) in 0..1 of an output or a picture, from its top left; corners go top left, top right, bottom right,
bottom left.
"""

from collections.abc import Sequence

import numpy as np

from vj.core.types import F64

Point = tuple[float, float]
Corners = tuple[Point, Point, Point, Point]

#: The corners of the unit square, in the order that corners have everywhere.
SQUARE: Corners = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
#: The least area of the triangle at any corner: what is narrower cannot be seen, nor taken back.
LEAST = 1e-4


def convex(corners: Sequence[Point]) -> bool:
    """Whether four corners go round clockwise (on a screen, where y goes down) and bulge at each of them."""
    for k in range(4):
        (ax, ay), (bx, by), (cx, cy) = corners[k - 1], corners[k], corners[(k + 1) % 4]
        if (bx - ax) * (cy - by) - (by - ay) * (cx - bx) < 2.0 * LEAST:
            return False
    return True


def homography(corners: Sequence[Point]) -> F64:
    """[3, 3] what takes the unit square to `corners`, which must be `convex`."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    sx, sy = x0 - x1 + x2 - x3, y0 - y1 + y2 - y3
    ax, ay, bx, by = x1 - x2, y1 - y2, x3 - x2, y3 - y2
    area = ax * by - bx * ay
    g, h = (sx * by - bx * sy) / area, (ax * sy - sx * ay) / area
    return np.array([[x1 - x0 + g * x1, x3 - x0 + h * x3, x0], [y1 - y0 + g * y1, y3 - y0 + h * y3, y0], [g, h, 1.0]])


def applied(matrix: F64, points: F64) -> F64:
    """[..., 2] where `matrix` takes `points` [..., 2]."""
    x, y = points[..., 0], points[..., 1]
    rows = [matrix[k, 0] * x + matrix[k, 1] * y + matrix[k, 2] for k in range(3)]
    return np.stack([rows[0] / rows[2], rows[1] / rows[2]], axis=-1)


def moved(matrix: F64, point: Point) -> Point:
    """Where `matrix` takes one point."""
    x, y = applied(matrix, np.array(point, np.float64))
    return float(x), float(y)


def inverse(matrix: F64) -> F64:
    """What takes back where `matrix` takes."""
    back: F64 = np.linalg.inv(matrix).astype(np.float64)
    return back


def cornered(points: Sequence[Point]) -> Corners:
    """Four points as corners."""
    one, two, three, four = points
    return one, two, three, four
