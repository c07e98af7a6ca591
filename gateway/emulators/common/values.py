"""Small values that all emulators share: JSON, an uploaded file, a recorded call, a person's mistake."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

JSON = dict[str, Any]
"""A JSON object."""


class Upload(NamedTuple):
    """A file that a person uploads."""

    name: str
    data: bytes
    mime: str = "application/octet-stream"


class PersonError(ValueError):
    """A person tried something that the platform's own client does not allow."""


@dataclass(slots=True, frozen=True)
class Call:
    """A request the bot made. ``response`` is None when a test ordered the answer to be lost; ``at`` is seconds since
    the epoch, ``ms`` the duration in milliseconds."""

    method: str
    args: Mapping[str, Any]
    status: int
    response: Mapping[str, Any] | None
    at: float
    ms: float
