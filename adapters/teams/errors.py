"""The one place where the connector's failures become ours.

Codes and what to do about them: docs bots/how-to/conversations/conversation-messages (status codes) and
bots/streaming-ux (error codes).
"""

import random
from collections.abc import Mapping

from adapters.fields import Json, obj, text
from adapters.jsons import object_in
from gateway.errors import (
    Forbidden,
    Gone,
    PlatformError,
    RateLimited,
    Rejected,
    StreamExpired,
    StreamStopped,
    TooLarge,
    Unavailable,
)

STREAM = "ContentStreamNotAllowed"
_FIXES = {
    "BotNotInConversationRoster": "the bot is not in this conversation; add the app to it again",
    "BotDisabledByAdmin": "an administrator of the tenant has blocked the app; allow it in Teams' app policies",
    "ConversationBlockedByUser": "the user has blocked the bot",
    "MessageWritesBlocked": "writing is blocked in this conversation; somebody there has to unblock the bot",
    "InvalidBotApiHost": "a GCC tenant wants another connector than the one this conversation came from",
    "ForbiddenOperationException": "the app is not installed for this user",
    "NotEnoughPermissions": "the app lacks a permission for this",
}

_LONGEST_WAIT = 3600.0
"""Seconds: the longest of Teams' windows."""


class StreamRefused(StreamExpired):
    """Teams does not take this text into the stream, which goes on running."""


def translate(
    status: int, raw: bytes, headers: Mapping[str, str], *, what: str, bucket: str
) -> PlatformError | TooLarge:
    """What a refusal means for its caller. ``what`` names the call, ``bucket`` what a rate limit is for."""
    error = error_of(raw)
    code, message = text(error, "code"), text(error, "message")
    said = f"{what}: {code or f'HTTP {status}'}{f': {message}' if message else ''}"[:300]
    if status in (412, 429):
        # 412 is two operations at once on one conversation: neither was done.
        return RateLimited(_wait(headers), bucket)
    if status >= 500:
        return Unavailable(said)
    if status == 413:
        return TooLarge(f"{said} (a message has 100 KB at most)")
    if status == 401:
        return Forbidden(f"{said}; check TEAMS_APP_ID and TEAMS_APP_PASSWORD, and that the bot has the channel Teams")
    if status == 403 and (code == STREAM or message.startswith("Content stream ")):
        return _stream(message, said)
    if status == 403:
        return Forbidden(f"{said}: {_FIXES[code]}" if code in _FIXES else said)
    if status in (404, 410):
        return Gone(said)
    return Rejected(said)


def _stream(message: str, said: str) -> PlatformError:
    lower = message.lower()
    if "cancel" in lower:
        return StreamStopped(said)
    if "exceeded" in lower or "completed" in lower or "too large" in lower:
        return StreamExpired(said)
    return StreamRefused(said)


def error_of(raw: bytes) -> Json:
    """``error`` of a body; empty if it has none."""
    return obj(object_in(raw) or {}, "error")


def _wait(headers: Mapping[str, str]) -> float:
    """Seconds; where Teams does not say, something between one and three, so that not all come back at once."""
    try:
        return min(max(0.0, float(headers.get("Retry-After", ""))), _LONGEST_WAIT)
    except ValueError:
        return random.uniform(1.0, 3.0)  # noqa: S311 - spreads load, keeps no secret
