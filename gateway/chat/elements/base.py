"""What all elements share: where their content is, and how they are sent."""

from mimetypes import guess_extension
from pathlib import Path
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from gateway.chat.ids import derived_id
from gateway.chat.text import drop_lone_surrogates
from gateway.model import (
    ElementKind,
    FromBytes,
    FromPath,
    FromUrl,
    Outgoing,
    OutgoingFile,
    Source,
    media_type,
)
from gateway.model.media import UNKNOWN
from gateway.runtime.context import require_turn
from gateway.runtime.posting import Posting

Display = Literal["inline", "side", "page"]


class Element:
    """Something attached to a message: the base of ``File``, ``Image`` and ``Text``.

    Exactly one of ``path``, ``url`` and ``content`` is given.

    Args:
        name: The file's name, as people see it; by default that of ``path``.
        path: A file on this machine, read when the message is sent.
        url: An address the platform reads or links to; the gateway does not download it.
        content: The content itself; text is sent as UTF-8.
        display: Where a web page would show the element; on a chat platform it comes with its message. A ``Text``
            with another display than ``inline`` is attached as a file.
        mime: The media type; by default it is guessed from the name.
        size: Bytes of what a user attached. Of an image you send: ``small``, ``medium`` or ``large``, only kept.
        language: The language of a ``Text`` that is code.
        id: The element's id; by default one that is the same when the turn runs again.
        extra: Other keywords of Chainlit's elements, kept in ``extra`` and not sent.

    Raises:
        ValueError: None or several of ``path``, ``url`` and ``content`` are given.
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
        self.id = id or derived_id()
        self.path = None if path is None else str(path)
        self.url = url
        self.content = content
        self.name = drop_lone_surrogates(name) or (Path(path).name if path is not None else self.type)
        self.display: Display = display
        self.size = size
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
        """Where the bytes of the element are.

        Raises:
            FileNotFoundError: There is no file at ``path``.
        """
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
        """Return the file that the platform uploads or shows.

        Raises:
            FileNotFoundError: There is no file at ``path``.
        """
        return OutgoingFile(kind=self.type, name=self._file_name(), mime=self.mime, source=self.source)

    def _file_name(self) -> str:
        """Return the name with an ending: platforms and people's machines know by it what to show, and an element's
        usual name is ``image1``."""
        if Path(self.name).suffix:
            return self.name
        known = Path(self.path or urlsplit(self.url or "").path).suffix
        return self.name + (known or ("" if self.mime == Element.default_mime else guess_extension(self.mime) or ""))

    def as_text(self) -> str | None:
        """Return the Markdown that is shown in the message instead of a file; None for an element sent as a file."""
        return None

    async def send(self, for_id: str | None = None) -> "Element":
        """Send the element as a message of its own.

        Args:
            for_id: The id of the message the element belongs to; chat platforms do not show it.

        Returns:
            The element itself.

        Raises:
            PlatformError: The platform did not take it, retries included.
            TooLarge: It is larger than the platform takes; the text names the limit.
            FileNotFoundError: There is no file at ``path``.
        """
        text = self.as_text()
        message = Outgoing(text=text) if text is not None else Outgoing(files=(self.as_file(),))
        await Posting(require_turn()).put(message)
        return self
