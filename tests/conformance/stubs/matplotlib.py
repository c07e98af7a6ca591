"""A figure that is drawn as one black point."""

import sys
from typing import Any

from tests.conformance.pictures import PNG

pyplot = sys.modules[__name__]
"""This module, which is also that part of the library."""


class Figure:
    """A figure."""

    def savefig(self, into: Any, *, format: str, **options: Any) -> None:
        assert format == "png"
        into.write(PNG)


class Axes:
    """The axes of a figure."""

    def plot(self, *values: list[int]) -> None:
        """Draw nothing."""


def subplots() -> tuple[Figure, Axes]:
    """Return a figure and its axes."""
    return Figure(), Axes()
