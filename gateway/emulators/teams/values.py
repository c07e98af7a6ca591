"""Small values that all parts of the Teams emulator share: errors, ids, times, what came of an interaction."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gateway.emulators.common.values import JSON

REACTIONS = frozenset({"like", "heart", "laugh", "surprised", "sad", "angry"})
"""The reactions that Teams names. Any other emoji goes by its code point and name, for example ``1f440_eyes``."""


class ApiError(Exception):
    """An error that the connector answers as ``{"error": {"code", "message"}}``."""

    def __init__(
        self, status: int, code: str | None, message: str, *, retry_after: int | None = None, body: JSON | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        error = {"message": message} if code is None else {"code": code, "message": message}
        self.body: JSON = {"error": error} if body is None else body


def bad_argument(message: str) -> ApiError:
    """Return the error of a request with a wrong argument (400 BadArgument)."""
    return ApiError(400, "BadArgument", message)


def bad_syntax(message: str) -> ApiError:
    """Return the error of a malformed request (400 BadSyntax)."""
    return ApiError(400, "BadSyntax", message)


@dataclass(slots=True)
class InvokeResult:
    """What came of a person's click, submission, choice or verdict.

    ``status`` is the bot's HTTP status (0 when nothing was answered or the client itself refused), ``body`` its answer.
    ``error`` is the error the person is shown, ``errors`` the messages beside inputs by their id, ``message`` a notice,
    ``card`` the card that replaced the clicked one, ``dialog`` the id of the dialog that is open now.
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
        """Whether the person was shown no error."""
        return self.error is None and not self.errors


class Clock:
    """Makes message ids as Teams does: milliseconds since 1970, each greater than the one before."""

    def __init__(self) -> None:
        self._last = 0

    def message_id(self) -> str:
        """Return a new message id."""
        self._last = max(time.time_ns() // 1_000_000, self._last + 1)
        return str(self._last)


def timestamp(at: float) -> str:
    """Return a time, given in seconds since the epoch, as ISO 8601 in UTC to the millisecond."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
