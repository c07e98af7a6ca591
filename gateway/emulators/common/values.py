"""The small values all emulators share: JSON, a recorded call, a person's mistake."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

JSON = dict[str, Any]


class Upload(NamedTuple):
    """A file a person sends."""

    name: str
    data: bytes
    mime: str = "application/octet-stream"


class PersonError(ValueError):
    """A person tried what the platform's own client would not let them do."""


@dataclass(slots=True, frozen=True)
class Call:
    """A request the bot made. ``response`` is None when the answer was lost on purpose."""

    method: str
    args: Mapping[str, Any]
    status: int
    response: Mapping[str, Any] | None
    at: float
    ms: float
