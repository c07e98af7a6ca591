"""Files, both ways: what a user attached (to be downloaded) and what the bot attaches (to be uploaded)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

ElementKind = Literal["file", "image", "audio", "video", "pdf", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A file a user attached, still at the platform. ``Adapter.download`` reads it."""

    id: str
    name: str
    mime: str = "application/octet-stream"
    size: int | None = None
    """Bytes, if the platform said."""
    url: str | None = None
    workspace: str = ""
    """Whose credentials open it."""
    extra: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class FromBytes:
    """File content held in memory."""

    source: Literal["bytes"] = "bytes"
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FromPath:
    """File content on this machine's disk; read when it is sent."""

    source: Literal["path"] = "path"
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class FromUrl:
    """Content elsewhere, shown by link or by the platform's own fetch; the gateway does not download it."""

    source: Literal["url"] = "url"
    url: str


Source = Annotated[FromBytes | FromPath | FromUrl, Field(discriminator="source")]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingFile:
    """A file the bot attaches to a message. Name and bytes arrive exactly as given."""

    kind: ElementKind = "file"
    name: str
    mime: str = "application/octet-stream"
    source: Source
    mark: str = ""
    """A digest of what it shows, by which a file is told from another of its name. The sender sets it."""

    @property
    def key(self) -> str:
        """What a platform's message is remembered to carry: two files are the same file when their keys are equal."""
        return f"{self.mark}:{self.name}" if self.mark else self.name
