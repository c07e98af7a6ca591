"""Small values that all parts of the Slack emulator share: errors, timestamps, ids, what came of an interaction."""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from gateway.emulators.common.values import JSON

_SCOPES = """
app_mentions:read assistant:write channels:history channels:read chat:write chat:write.customize commands
files:read files:write groups:history groups:read im:history im:read im:write mpim:history mpim:read
reactions:read reactions:write usergroups:read users:read users:read.email
"""
_EVENTS = """
app_mention message.channels message.groups message.im message.mpim reaction_added reaction_removed
app_home_opened agent_session_stopped member_joined_channel member_left_channel
channel_archive channel_deleted channel_left group_archive group_deleted group_left app_uninstalled tokens_revoked
"""
DEFAULT_SCOPES = frozenset(_SCOPES.split())
"""Scopes the app is granted unless a test changes them."""
DEFAULT_EVENTS = frozenset(_EVENTS.split())
"""Events the app subscribes to unless a test changes them."""


class ApiError(Exception):
    """An error that the Web API answers as ``{"ok": false, "error": code, ...}``."""

    def __init__(self, error: str, **extra: Any) -> None:
        super().__init__(error)
        self.body: JSON = {"ok": False, "error": error, **extra}


def invalid_arguments(*messages: str) -> ApiError:
    """Return Slack's ``invalid_arguments`` error with these messages."""
    return ApiError("invalid_arguments", response_metadata={"messages": [f"[ERROR] {text}" for text in messages]})


@dataclass(slots=True)
class InteractionResult:
    """What came of a person's click, submission or command.

    ``status`` is the bot's HTTP status (0 when nothing was answered or the form was not sent), ``body`` its answer,
    ``error`` what the person would be shown, ``errors`` the messages beside a form's fields, by block id.
    """

    status: int
    body: Any = None
    error: str | None = None
    errors: JSON = field(default_factory=dict[str, Any])

    @property
    def ok(self) -> bool:
        """Whether the person was shown no error."""
        return self.error is None and not self.errors


class Clock:
    """Makes message timestamps of seconds and microseconds, each later than the one before."""

    def __init__(self) -> None:
        self._last = 0

    def ts(self) -> str:
        """Return a new timestamp."""
        now = time.time_ns() // 1000
        self._last = now = max(now, self._last + 1)
        return f"{now // 1_000_000}.{now % 1_000_000:06d}"


def new_id(prefix: str) -> str:
    """Return an id like Slack's: a letter that tells the kind, then ten capital letters and digits."""
    return prefix + secrets.token_hex(5).upper()
