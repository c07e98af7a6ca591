"""Files, both ways: what a user attached (to be downloaded) and what the bot attaches (to be uploaded)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from gateway.model.base import Frozen

ElementKind = Literal["file", "image", "audio", "video", "pdf", "text"]


class RemoteFile(Frozen):
    """A file a user attached, still at the platform. ``Adapter.download`` reads it."""

    id: str
    name: str
    mime: str = "application/octet-stream"
    size: int | None = None
    """Bytes, if the platform said."""
    url: str | None = None
    workspace: str = ""
    """Whose credentials open it."""
    extra: Mapping[str, str] = Field(default_factory=dict)


class FromBytes(Frozen):
    """File content held in memory."""

    source: Literal["bytes"] = "bytes"
    data: bytes


class FromPath(Frozen):
    """File content on this machine's disk; read when it is sent."""

    source: Literal["path"] = "path"
    path: Path


class FromUrl(Frozen):
    """Content elsewhere, shown by link or by the platform's own fetch; the gateway does not download it."""

    source: Literal["url"] = "url"
    url: str


Source = Annotated[FromBytes | FromPath | FromUrl, Field(discriminator="source")]


class OutgoingFile(Frozen):
    """A file the bot attaches to a message. Name and bytes arrive exactly as given."""

    kind: ElementKind = "file"
    name: str
    mime: str = "application/octet-stream"
    source: Source
