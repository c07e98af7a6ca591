"""Elements: files, images and texts that go with a message, and what users attach."""

import uuid
from mimetypes import guess_extension
from pathlib import Path
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from gateway.chat.text import drop_lone_surrogates, message_text
from gateway.markdown.code import fenced
from gateway.model import (
    ElementKind,
    FromBytes,
    FromPath,
    FromUrl,
    Outgoing,
    OutgoingFile,
    Source,
    kind_of,
    media_type,
)
from gateway.model.media import UNKNOWN
from gateway.runtime.context import require_turn
from gateway.runtime.posting import Posting

Display = Literal["inline", "side", "page"]


class Element:
    """Something attached to a message. Give exactly one of ``path``, ``url`` or ``content``.

    ``display`` is where a web page would show it; on a messaging platform every element comes with its message.
    """

    type: ClassVar[ElementKind] = "file"
    default_mime: ClassVar[str] = "application/octet-stream"

    def __init__(
        self,
        name: str = "",
        *,
        path: str | Path | None = None,
        url: str | None = None,
        content: bytes | str | None = None,
        display: Display = "inline",
        mime: str | None = None,
        size: Any = None,
        language: str | None = None,
        id: str | None = None,
        **extra: Any,
    ) -> None:
        if sum(given is not None for given in (path, url, content)) != 1:
            raise ValueError(f"{type(self).__name__}({name!r}) needs exactly one of path, url or content")
        self.id = id or str(uuid.uuid4())
        self.path = None if path is None else str(path)
        self.url = url
        self.content = content
        self.name = drop_lone_surrogates(name) or (Path(path).name if path is not None else self.type)
        self.display: Display = display
        self.size = size
        """Bytes of what a user attached; for an image you send, its display size (``small``, ``medium``, ``large``)."""
        self.language = language
        self.extra = extra
        self.mime = mime or self._guess_mime()

    def _guess_mime(self) -> str:
        for name in (self.name, self.path, (self.url or "").partition("?")[0]):
            guessed = media_type(name) if name else UNKNOWN
            if guessed != UNKNOWN:
                return guessed
        return self.default_mime

    @property
    def source(self) -> Source:
        """Where its bytes are."""
        if self.path is not None:
            path = Path(self.path)
            if not path.is_file():
                raise FileNotFoundError(f"{type(self).__name__}({self.name!r}): there is no file at {path.absolute()}")
            return FromPath(path=path)
        if self.url is not None:
            return FromUrl(url=self.url)
        data = self.content
        return FromBytes(data=drop_lone_surrogates(data).encode() if isinstance(data, str) else (data or b""))

    def as_file(self) -> OutgoingFile:
        """What the platform is to upload or show."""
        return OutgoingFile(kind=self.type, name=self._file_name(), mime=self.mime, source=self.source)

    def _file_name(self) -> str:
        """The name with an ending: platforms and people's machines know by it what to show (``name="image1"`` is an
        element's usual name)."""
        if Path(self.name).suffix:
            return self.name
        known = Path(self.path or urlsplit(self.url or "").path).suffix
        return self.name + (known or ("" if self.mime == Element.default_mime else guess_extension(self.mime) or ""))

    def as_text(self) -> str | None:
        """Markdown to put under the message instead of a file, for elements that are text."""
        return None

    async def send(self, for_id: str | None = None) -> "Element":
        """Send it as a message of its own (``for_id``, the message it belongs to, is kept as information)."""
        text = self.as_text()
        message = Outgoing(text=text) if text is not None else Outgoing(files=(self.as_file(),))
        await Posting(require_turn()).put(message)
        return self


class File(Element):
    """Any file, to be downloaded."""


class Image(Element):
    """A picture."""

    type: ClassVar[ElementKind] = "image"
    default_mime: ClassVar[str] = "image/png"


class Text(Element):
    """A piece of text, shown with the message when it is short and attached as a file when it is long."""

    type: ClassVar[ElementKind] = "text"
    default_mime: ClassVar[str] = "text/plain"

    INLINE_LIMIT: ClassVar[int] = 2000
    """Characters up to which it is shown in the message."""

    def as_text(self) -> str | None:
        if self.display != "inline" or not isinstance(self.content, str | bytes):
            return None
        text = self.content.decode(errors="replace") if isinstance(self.content, bytes) else self.content
        if len(text) > self.INLINE_LIMIT:
            return None
        shown = message_text(text)
        return f"**{self.name}**\n{fenced(shown.rstrip(), self.language) if self.language else shown}"


def received(name: str, mime: str, path: Path, size: int) -> Element:
    """The element of a downloaded attachment, by what is stated of it and by its name."""
    mime = media_type(name, mime)
    kind: type[Element] = Image if kind_of(mime) == "image" else File
    return kind(name, path=path, mime=mime, size=size)
