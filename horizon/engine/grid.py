"""The atlas's frame (carroyage): letters from west to east, figures from north to south."""

from __future__ import annotations

from typing import NamedTuple

LETTERS = "ABCDEFGHIJ"
ROWS = 9


class Frame(NamedTuple):
    """A frame of 10 columns and 9 rows over a plane whose y grows southwards. `size` is the side of a square."""

    left: float
    top: float
    size: float

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Coordinates in the drawing, where a square is 100 units."""
        return (x - self.left) / self.size * 100, (y - self.top) / self.size * 100

    def reference(self, x: float, y: float) -> str:
        """The square of a point, such as `C7`; points on the edge belong to the frame."""
        column = min(max(int((x - self.left) / self.size), 0), len(LETTERS) - 1)
        row = min(max(int((y - self.top) / self.size), 0), ROWS - 1)
        return f"{LETTERS[column]}{row + 1}"


def frame(points: list[tuple[float, float]], margin: float) -> Frame:
    """The smallest frame holding all points with `margin` around, centred. Raises ValueError without points."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    width, height = max(xs) - min(xs) + 2 * margin, max(ys) - min(ys) + 2 * margin
    size = max(width / len(LETTERS), height / ROWS)
    left = (min(xs) + max(xs) - size * len(LETTERS)) / 2
    top = (min(ys) + max(ys) - size * ROWS) / 2
    return Frame(left, top, size)
