"""Translates the connector's failures into ``gateway.errors``, in one place.

For the codes see docs bots/how-to/conversations/conversation-messages (status codes) and bots/streaming-ux (error
codes). A bot cannot look whether something it posted is there. So calls that were certainly not taken (no connection
was made, 412, 429) are told from those that may have been (a 5xx, no answer): the former are worth any number of
attempts, the latter one more, since each may leave a second copy.
"""

import random
from collections.abc import Mapping

import aiohttp

from adapters.fields import Json, obj, text
from adapters.jsons import object_in
from gateway.errors import (
    Forbidden,
    Gone,
    PlatformError,
    RateLimited,
    RefusedForm,
    Rejected,
    StreamExpired,
    StreamStopped,
    TooLarge,
    Unavailable,
    Unconfirmed,
    Unsupported,
)

STREAM = "ContentStreamNotAllowed"
"""Teams' error code for everything that is wrong with a stream."""
_FIXES = {
    "BotDisabledByAdmin": "an administrator of the tenant has blocked the app; allow it in Teams' app policies",
    "MessageWritesBlocked": "writing is blocked in this conversation; somebody there has to unblock the bot",
    "InvalidBotApiHost": "a GCC tenant wants another connector than the one this conversation came from",
    "NotEnoughPermissions": "the app lacks a permission for this",
}
"""What somebody has to change, by Teams' error code."""
_NOT_THERE = {
    "BotNotInConversationRoster": "the bot is not in this conversation any more; add the app to it again",
    "ConversationBlockedByUser": "the user has blocked the bot",
    "ForbiddenOperationException": "the app is not installed for this user any more",
}
"""Codes of a 403 after which the conversation is over for the bot."""

_LONGEST_WAIT = 3600.0
"""Seconds: the longest of Teams' rate-limit windows."""


class StreamRefused(StreamExpired):
    """Raised when Teams refuses a text for a stream that goes on running."""


def translate(
    status: int,
    raw: bytes,
    headers: Mapping[str, str],
    *,
    what: str,
    bucket: str,
    posts: bool = False,
    has_form: bool = False,
) -> PlatformError | TooLarge:
    """Return the gateway error for a refusal. ``what`` names the call, ``bucket`` what a rate limit applies to;
    ``posts``: the call made twice would leave two messages; ``has_form``: the call carried a card or a picture, which
    may be what was refused."""
    error = error_of(raw)
    code, message = text(error, "code"), text(error, "message")
    said = f"{what}: {code or f'HTTP {status}'}{f': {message}' if message else ''}"[:300]
    if status in (412, 429):
        # 412 is two operations at once on one conversation: neither was done.
        return RateLimited(_wait(headers), bucket)
    if status == 501:
        return Unsupported(f"{said}: the service of this conversation cannot do this at all")
    if status >= 500 or status == 408:
        return Unconfirmed(said) if posts else Unavailable(said)
    if status == 413:
        return TooLarge(f"{said} (a message has 100 KB at most)")
    if status == 401:
        return Forbidden(f"{said}; check TEAMS_APP_ID and TEAMS_APP_PASSWORD, and that the bot has the channel Teams")
    if status == 403 and (code == STREAM or message.startswith("Content stream ")):
        return _stream(message, said)
    if status == 403 and code in _NOT_THERE:
        return Gone(f"{said}: {_NOT_THERE[code]}")
    if status == 403:
        return Forbidden(f"{said}: {_FIXES[code]}" if code in _FIXES else said)
    if status in (404, 410):
        return Gone(said)
    return RefusedForm(said) if has_form and status == 400 else Rejected(said)


def unanswered(error: aiohttp.ClientError | TimeoutError, *, what: str, posts: bool) -> Unavailable:
    """Return the gateway error for a call without an answer. Where no connection was made, nothing of the call was
    sent."""
    said = f"{what}: {type(error).__name__}: {error}"[:300]
    never_sent = isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError | aiohttp.InvalidURL)
    return Unconfirmed(said) if posts and not never_sent else Unavailable(said)


def _stream(message: str, said: str) -> PlatformError:
    lower = message.lower()
    if "cancel" in lower:
        return StreamStopped(said)
    if "exceeded" in lower or "completed" in lower or "too large" in lower:
        return StreamExpired(said)
    return StreamRefused(said)


def error_of(raw: bytes) -> Json:
    """Return ``error`` of a body; empty if it has none."""
    return obj(object_in(raw) or {}, "error")


def _wait(headers: Mapping[str, str]) -> float:
    """Return the seconds to wait; where Teams does not say, a random number between one and three, so that calls do not
    all return at once."""
    try:
        return min(max(0.0, float(headers.get("Retry-After", ""))), _LONGEST_WAIT)
    except ValueError:
        return random.uniform(1.0, 3.0)  # noqa: S311 - spreads load, keeps no secret
