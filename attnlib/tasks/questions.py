"""Pictures that are asked about: a reader's own picture as nine cells, each with a digit or empty."""
import numpy as np
from PIL import Image, ImageDraw

CELL, SMALLEST = 16, 96                                     # pixels of a cell as networks get it; smallest side of a file's picture
STROKES = {
    0: [(50, 10), (80, 30), (82, 65), (50, 92), (20, 65), (18, 30), (50, 10)], 1: [(50, 15), (45, 85)],
    2: [(20, 25), (50, 10), (80, 25), (75, 45), (20, 88), (85, 88)], 3: [(15, 15), (75, 15), (45, 42), (80, 65), (50, 90), (12, 82)],
    4: [(75, 90), (75, 10), (15, 60), (90, 60)], 5: [(82, 12), (25, 12), (20, 48), (70, 50), (75, 80), (20, 88)],
    7: [(15, 15), (85, 15), (40, 90)]}                      # digits as lines from point to point, in a square of 100


def drawing(places, width=11):
    """A picture of 330 x 330 pixels with digits drawn as lines: places {digit: (row, column)}; 6, 8 and 9 have no strokes here."""
    page = Image.new("L", (330, 330), "white")
    for digit, (row, column) in places.items():
        points = [(110 * column + x + 5, 110 * row + y + 5) for x, y in STROKES[digit]]
        ImageDraw.Draw(page).line(points, "black", width, joint="curve")
    return page


def as_cell(ink):
    """The ink of a cell (height, width), 0 to 1, as MNIST's digits lie: ten pixels high or wide, the centre of mass in the middle, (256,).

    A cell with next to no ink is empty: all zeros.
    """
    there, cell = ink > 0.3, np.zeros((CELL, CELL))
    if there.mean() < 0.005:
        return cell.ravel()
    rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
    digit = ink[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
    high, wide = (max(1, round(10 * n / max(digit.shape))) for n in digit.shape)
    small = np.asarray(Image.fromarray(np.uint8(255 * digit)).resize((wide, high), Image.Resampling.BOX)) / 255
    middle = [small.sum(axis=1 - axis) @ np.arange(n) / small.sum() for axis, n in enumerate(small.shape)]
    up, left = (int(np.clip(round(CELL / 2 - 0.5 - m), 0, CELL - n)) for m, n in zip(middle, small.shape))
    cell[up:up + high, left:left + wide] = small / small.max()
    return cell.ravel()


def read_cells(grey, digits=4):
    """The nine cells (9, 256) of a picture (height, width), 0 (black) to 1: square, dark ink on light paper, so many digits, one a cell.

    Another form or size, a dark page, one without strokes or with ink nearly everywhere, and another number
    of cells with ink raise ValueError.
    """
    if grey.ndim != 2 or not np.isfinite(grey).all():
        raise ValueError(f"picture: expected finite numbers (height, width), got nan, infinity or the shape {grey.shape}")
    high, wide = grey.shape
    if min(grey.shape) < SMALLEST or max(grey.shape) > 1.1 * min(grey.shape):
        raise ValueError(f"picture: expected a square picture of at least {SMALLEST} x {SMALLEST} pixels, got {wide} x {high}")
    ink = 1 - grey
    if np.median(ink) > 0.5:
        raise ValueError("picture: expected dark ink on light paper, got a dark page")
    ink = (ink - np.median(ink)).clip(0)
    if ink.max() < 0.2 or np.mean(ink > 0.3) > 0.3:
        raise ValueError(f"picture: expected {digits} digits, got a page without strokes, or with ink nearly everywhere")
    high, wide, edge = high // 3, wide // 3, high // 50              # what lies at a cell's edge, a line between cells, is left out
    corners = [(r * high, c * wide) for r in range(3) for c in range(3)]
    cells = np.array([as_cell(ink[up + edge:up + high - edge, left + edge:left + wide - edge] / ink.max()) for up, left in corners])
    filled = int((cells.max(axis=1) > 0).sum())
    if filled != digits:
        raise ValueError(f"picture: expected {digits} digits, each in one of nine cells, got {filled} cells with ink")
    return cells
