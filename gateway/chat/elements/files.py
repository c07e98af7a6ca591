"""Elements whose content is a file: any file, a picture, sound, film, a PDF, a text; and what users attach."""

from pathlib import Path
from typing import ClassVar

from gateway.chat.elements.base import Element, ElementType
from gateway.chat.elements.rendered import Rendered
from gateway.chat.text import message_text
from gateway.disk import in_thread
from gateway.egress.degrade import literal
from gateway.markdown.code import fenced
from gateway.model import Capabilities, ElementKind, FromPath, FromUrl, OutgoingFile, kind_of, media_type

_ENDINGS = {
    "bash": ".sh", "c": ".c", "c++": ".cpp", "cpp": ".cpp", "cs": ".cs", "csharp": ".cs", "css": ".css", "csv": ".csv",
    "dart": ".dart", "diff": ".diff", "elixir": ".ex", "go": ".go", "golang": ".go", "haskell": ".hs", "html": ".html",
    "ini": ".ini", "java": ".java", "javascript": ".js", "js": ".js", "json": ".json", "jsx": ".jsx", "julia": ".jl",
    "kotlin": ".kt", "latex": ".tex", "lua": ".lua", "markdown": ".md", "md": ".md", "objectivec": ".m", "perl": ".pl",
    "php": ".php", "powershell": ".ps1", "py": ".py", "python": ".py", "r": ".r", "rb": ".rb", "ruby": ".rb",
    "rs": ".rs", "rust": ".rs", "sass": ".sass", "scala": ".scala", "scss": ".scss", "sh": ".sh", "shell": ".sh",
    "sql": ".sql", "svg": ".svg", "swift": ".swift", "tex": ".tex", "toml": ".toml", "ts": ".ts", "tsx": ".tsx",
    "typescript": ".ts", "vue": ".vue", "xml": ".xml", "yaml": ".yaml", "yml": ".yml", "zsh": ".sh",
}  # fmt: skip
"""Endings of files by the language of the code in them."""


class File(Element):
    """A file of any kind that people download. It takes the parameters of ``Element``."""

    type: ClassVar[ElementType] = "file"


class Image(Element):
    """A picture, shown in the message. It takes the parameters of ``Element``."""

    type: ClassVar[ElementType] = "image"
    kind: ClassVar[ElementKind] = "image"
    default_mime: ClassVar[str] = "image/png"


class Audio(Element):
    """Sound, which people play in the message where the platform has a player. It takes the parameters of
    ``Element``."""

    type: ClassVar[ElementType] = "audio"
    kind: ClassVar[ElementKind] = "audio"
    default_mime: ClassVar[str] = "audio/mpeg"


class Video(Element):
    """A film, which people play in the message where the platform has a player. It takes the parameters of
    ``Element``."""

    type: ClassVar[ElementType] = "video"
    kind: ClassVar[ElementKind] = "video"
    default_mime: ClassVar[str] = "video/mp4"


class Pdf(Element):
    """A PDF file, whose ``page`` the text names. It takes the parameters of ``Element``."""

    type: ClassVar[ElementType] = "pdf"
    kind: ClassVar[ElementKind] = "pdf"
    default_mime: ClassVar[str] = "application/pdf"

    def as_file(self) -> OutgoingFile:
        """Return the file; one at an address is opened at its page.

        Raises:
            FileNotFoundError: There is no file at ``path``.
        """
        file = super().as_file()
        if self.page is None or not isinstance(file.source, FromUrl) or "#" in file.source.url:
            return file
        source = FromUrl(url=f"{file.source.url}#page={self.page}")
        return OutgoingFile(kind=file.kind, name=file.name, mime=file.mime, source=source)


class Text(Element):
    """A piece of text or code: shown in the message up to 2,000 characters, else attached as a file whose ending is
    that of its ``language``. It takes the parameters of ``Element``."""

    type: ClassVar[ElementType] = "text"
    kind: ClassVar[ElementKind] = "text"
    default_mime: ClassVar[str] = "text/plain"

    INLINE_LIMIT: ClassVar[int] = 2000
    """Characters up to which the text is shown in the message."""

    received: bool = False
    """Whether a user attached it: what comes back to the chat is then the file itself."""

    async def render(self, limits: Capabilities) -> Rendered:
        """Return the text under its name, or the file with it.

        Args:
            limits: What the platform takes.

        Raises:
            FileNotFoundError: There is no file at ``path``.
        """
        text = None if self.attached or self.received else await self._short()
        if text is None:
            return await super().render(limits)
        shown = message_text(text)
        return Rendered(
            text=f"**{literal(self.name)}**\n{fenced(shown.rstrip(), self.language) if self.language else shown}"
        )

    async def _short(self) -> str | None:
        """Return the text; None where it is too long to be shown in the message, or at an address."""
        content = self.content
        if isinstance(source := self.source, FromPath):
            content = await in_thread(_beginning, source.path, 4 * self.INLINE_LIMIT + 1)
        if isinstance(content, bytes):
            content = content.decode(errors="replace") if len(content) <= 4 * self.INLINE_LIMIT else None
        return content if content is not None and len(content) <= self.INLINE_LIMIT else None

    def _ending(self) -> str:
        return _ENDINGS.get((self.language or "").strip().lower()) or super()._ending()


def _beginning(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        return file.read(size)


_RECEIVED: dict[ElementKind, type[Element]] = {"image": Image, "audio": Audio, "video": Video, "pdf": Pdf}


def received(name: str, mime: str, path: Path, size: int, *, id: str | None = None) -> Element:
    """Return the element of a downloaded attachment, of the class that fits its media type: ``Image``, ``Audio``,
    ``Video``, ``Pdf``, ``Text`` (plain text, Markdown and code), else ``File``."""
    mime = media_type(name, mime)
    if mime in ("text/plain", "text/markdown") or mime.startswith("text/x-"):
        text = Text(name, path=path, mime=mime, size=size, id=id)
        text.received = True
        return text
    return _RECEIVED.get(kind_of(mime), File)(name, path=path, mime=mime, size=size, id=id)
