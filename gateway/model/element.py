"""Files: those a user attached (to be downloaded) and those the bot attaches (to be uploaded)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

ElementKind = Literal["file", "image", "audio", "video", "pdf", "text"]
"""How a file is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A file that a user attached and that is still at the platform. ``Adapter.download`` reads it."""

    id: str
    name: str
    mime: str = "application/octet-stream"
    size: int | None = None
    """Bytes, if the platform told."""
    url: str | None = None
    """Where the content is, if the platform told."""
    workspace: str = ""
    """The workspace whose credentials open the file."""
    extra: Mapping[str, str] = field(default_factory=dict[str, str])
    """The adapter's own data on how to download the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FromBytes:
    """Content held in memory."""

    source: Literal["bytes"] = "bytes"
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FromPath:
    """Content of a file on this machine, read when the message is sent."""

    source: Literal["path"] = "path"
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class FromUrl:
    """Content at an address, which the platform links to or fetches; the gateway does not download it."""

    source: Literal["url"] = "url"
    url: str


Source = Annotated[FromBytes | FromPath | FromUrl, Field(discriminator="source")]
"""Where the content of an outgoing file is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingFile:
    """A file that the bot attaches to a message. Its name and bytes arrive exactly as given."""

    kind: ElementKind = "file"
    name: str
    mime: str = "application/octet-stream"
    source: Source
    mark: str = ""
    """A digest of the content, which tells files of the same name apart. The sender sets it."""

    @property
    def key(self) -> str:
        """The identity of the file among those of a message: two files with equal keys are the same file."""
        return f"{self.mark}:{self.name}" if self.mark else self.name
