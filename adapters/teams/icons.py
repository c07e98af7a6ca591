"""Draws the app's two icons: a speech bubble, in colour (192 by 192 pixels) and as a white outline (32 by 32).

Sizes and colours: docs concepts/build-and-test/apps-package.
"""

import struct
import zlib
from collections.abc import Callable

_BLUE = (70, 100, 238)
_WHITE = (255, 255, 255)
_SAMPLES = 3
"""Points that are sampled along each side of a pixel, for smooth edges."""

Shape = Callable[[float, float], bool]
"""Returns whether a point is inside; both coordinates run from 0 to 1."""


def color() -> bytes:
    """Return the colour icon: a white bubble on the accent colour, which fills the square because Teams rounds the
    corners itself."""
    size = 192
    return _png(size, [_over(_WHITE, _BLUE, cover) for cover in _covered(_bubble, size)])


def outline() -> bytes:
    """Return the outline icon: the line of the bubble, white on transparent."""
    size = 32
    return _png(size, [(*_WHITE, round(255 * cover)) for cover in _covered(_line, size)])


def _bubble(x: float, y: float) -> bool:
    return _rounded(x, y, inset=0.0) or _tail(x, y)


def _line(x: float, y: float) -> bool:
    """Return whether a point is on the outline: in the bubble but not in a smaller one inside it."""
    return (_rounded(x, y, inset=-0.04) or _tail(x, y)) and not _rounded(x, y, inset=0.05)


def _rounded(x: float, y: float, *, inset: float) -> bool:
    """Return whether a point is in a rectangle with round corners, the body of the bubble."""
    left, right, top, bottom, radius = 0.2 + inset, 0.8 - inset, 0.24 + inset, 0.66 - inset, 0.12 - inset / 2
    if not (left <= x <= right and top <= y <= bottom):
        return False
    dx = max(left + radius - x, x - (right - radius), 0.0)
    dy = max(top + radius - y, y - (bottom - radius), 0.0)
    return dx * dx + dy * dy <= radius * radius


def _tail(x: float, y: float) -> bool:
    return 0.64 <= y <= 0.82 and 0.34 <= x <= 0.34 + (0.82 - y)


def _covered(shape: Shape, size: int) -> list[float]:
    """Return how much of each pixel the shape covers, row by row."""
    steps = [(at + 0.5) / _SAMPLES for at in range(_SAMPLES)]
    return [
        sum(shape((column + dx) / size, (row + dy) / size) for dy in steps for dx in steps) / _SAMPLES**2
        for row in range(size)
        for column in range(size)
    ]


def _over(front: tuple[int, int, int], back: tuple[int, int, int], cover: float) -> tuple[int, int, int, int]:
    red, green, blue = (round(one * cover + other * (1 - cover)) for one, other in zip(front, back, strict=True))
    return red, green, blue, 255


def _png(size: int, pixels: list[tuple[int, int, int, int]]) -> bytes:
    """Encode pixels as a PNG with eight bits of red, green, blue and alpha, without filters."""
    rows = (b"\0" + b"".join(bytes(each) for each in pixels[at : at + size]) for at in range(0, size * size, size))
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
