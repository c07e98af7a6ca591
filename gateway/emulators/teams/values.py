"""The small values every part of the emulator shares: refusals, identifiers, times, what a person was shown."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gateway.emulators.common.values import JSON

REACTIONS = frozenset({"like", "heart", "laugh", "surprised", "sad", "angry"})
"""The reactions Teams names; any other emoji goes by its code point and name, ``1f440_eyes``."""


class ApiError(Exception):
    """What the connector answers as ``{"error": {"code", "message"}}``."""

    def __init__(
        self, status: int, code: str | None, message: str, *, retry_after: int | None = None, body: JSON | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        error = {"message": message} if code is None else {"code": code, "message": message}
        self.body: JSON = {"error": error} if body is None else body


def bad_argument(message: str) -> ApiError:
    return ApiError(400, "BadArgument", message)


def bad_syntax(message: str) -> ApiError:
    return ApiError(400, "BadSyntax", message)


@dataclass(slots=True)
class InvokeResult:
    """What a person's click, submit, choice or verdict led to.

    ``status`` is the bot's HTTP status (0: nothing answered, or the client itself refused), ``body`` its answer.
    ``error`` is the error the person is shown, ``errors`` the messages beside inputs by their id, ``message`` a
    notice, ``card`` the card that took the clicked one's place, ``dialog`` the id of the dialog open now.
    """

    status: int
    body: Any = None
    error: str | None = None
    message: str | None = None
    card: JSON | None = None
    dialog: str | None = None
    errors: JSON = field(default_factory=dict[str, Any])

    @property
    def ok(self) -> bool:
        return self.error is None and not self.errors


class Clock:
    """Message ids as Teams makes them: milliseconds since 1970, never twice the same."""

    def __init__(self) -> None:
        self._last = 0

    def message_id(self) -> str:
        self._last = max(time.time_ns() // 1_000_000, self._last + 1)
        return str(self._last)


def timestamp(at: float) -> str:
    """ISO 8601 in UTC, to the millisecond, as in an activity's ``timestamp``."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
