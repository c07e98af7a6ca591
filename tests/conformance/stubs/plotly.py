"""A figure with a picture and a page of its own."""

import sys
from typing import Any

from tests.conformance.pictures import PNG

graph_objects = sys.modules[__name__]
"""This module, which is also that part of the library."""


class Bar:
    """Bars."""

    def __init__(self, *, y: list[int]) -> None:
        self.y = y


class Figure:
    """A figure."""

    def __init__(self, *, data: list[Bar], layout_title_text: str) -> None:
        self.title = layout_title_text

    def to_image(self, *, format: str, **options: Any) -> bytes:
        assert format == "png"
        return PNG

    def to_html(self, **options: Any) -> str:
        return f"<html><title>{self.title}</title></html>"
