"""The kinds of elements: any file, a picture, a piece of text; and the element of a file a user attached."""

from pathlib import Path
from typing import ClassVar

from gateway.chat.elements.base import Element
from gateway.chat.text import message_text
from gateway.markdown.code import fenced
from gateway.model import ElementKind, kind_of, media_type


class File(Element):
    """A file of any kind that people download. It takes the parameters of ``Element``."""


class Image(Element):
    """A picture, shown in the message. It takes the parameters of ``Element``."""

    type: ClassVar[ElementKind] = "image"
    default_mime: ClassVar[str] = "image/png"


class Text(Element):
    """A piece of text or code: shown in the message up to 2,000 characters, else attached as a file. It takes the
    parameters of ``Element``."""

    type: ClassVar[ElementKind] = "text"
    default_mime: ClassVar[str] = "text/plain"

    INLINE_LIMIT: ClassVar[int] = 2000
    """Characters up to which the text is shown in the message."""

    def as_text(self) -> str | None:
        """Return the text as Markdown under its name; None where it is too long or is to be attached as a file."""
        if self.display != "inline" or not isinstance(self.content, str | bytes):
            return None
        text = self.content.decode(errors="replace") if isinstance(self.content, bytes) else self.content
        if len(text) > self.INLINE_LIMIT:
            return None
        shown = message_text(text)
        return f"**{self.name}**\n{fenced(shown.rstrip(), self.language) if self.language else shown}"


def received(name: str, mime: str, path: Path, size: int, *, id: str | None = None) -> Element:
    """Return the element of a downloaded attachment: an ``Image`` or a ``File``, by its media type and its name."""
    mime = media_type(name, mime)
    kind: type[Element] = Image if kind_of(mime) == "image" else File
    return kind(name, path=path, mime=mime, size=size, id=id)
