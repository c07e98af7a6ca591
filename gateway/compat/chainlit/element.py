"""What an app written for Chainlit imports from ``chainlit.element``: the gateway's own objects."""

from typing import Literal

from gateway.chat.elements.base import Display as ElementDisplay
from gateway.chat.elements.base import ElementType
from gateway.element import (
    Audio,
    CustomElement,
    Dataframe,
    Element,
    ElementDict,
    File,
    Image,
    Pdf,
    Plotly,
    Pyplot,
    Task,
    TaskList,
    TaskStatus,
    Text,
    Video,
)

ElementBased = Element
ElementSize = Literal["small", "medium", "large"]

__all__ = [
    "Audio",
    "CustomElement",
    "Dataframe",
    "Element",
    "ElementBased",
    "ElementDict",
    "ElementDisplay",
    "ElementSize",
    "ElementType",
    "File",
    "Image",
    "Pdf",
    "Plotly",
    "Pyplot",
    "Task",
    "TaskList",
    "TaskStatus",
    "Text",
    "Video",
]
