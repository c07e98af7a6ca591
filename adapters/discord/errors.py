"""Translates Discord's failures into ``gateway.errors``, in one function, named by what the caller does next."""

import re
from collections.abc import Mapping
from json import JSONDecodeError

import aiohttp

from adapters.discord.sdk import discord
from gateway.errors import (
    Forbidden,
    FormPart,
    GatewayError,
    Gone,
    RateLimited,
    RefusedForm,
    Rejected,
    TooLarge,
    Unavailable,
    Unconfirmed,
)

REFUSED = (
    "DISCORD_BOT_TOKEN: Discord refuses it; copy the token from the application's page Bot in the Developer Portal "
    "(Reset Token gives a new one)"
)
"""The message for a bot token that Discord refuses."""

_GONE = frozenset(
    {
        10003,  # unknown channel
        10004,  # unknown guild
        10007,  # unknown member
        10008,  # unknown message
        10013,  # unknown user
        10015,  # unknown webhook: an interaction whose token has ended
        10062,  # unknown interaction
        50027,  # invalid webhook token
        50083,  # the thread is archived: it takes no edits, and where the bot may not wake it nothing at all
        160005,  # the thread is locked
    }
)
TOKEN_OVER = frozenset({10015, 10062, 50027})
"""Discord's error codes for an interaction that can no longer be answered; the message or channel it was made in is
still there."""
NO_ACCESS = frozenset({50001, 50013})
"""Discord's error codes for missing access and missing permissions."""
_LIMITED = frozenset({20016, 20022, 20028, 20029, 31001, 31002, 40062, 130000})
_BAD_FORM = 50035
_FIELD = re.compile(r"^In (\w+)", re.MULTILINE)
"""The line in which discord.py names a field that Discord refuses (``Invalid Form Body``)."""
_FORM: Mapping[str, frozenset[FormPart]] = {
    "embeds": frozenset({"pictures", "cards", "plan"}),
    "components": frozenset({"buttons", "menus", "feedback"}),
}
"""Fields of a message without which its words can still be sent."""
_NOTHING_TO_MEND = {
    30007: "the channel has as many webhooks as it can",
    30010: "the message has as many kinds of reactions as it can",
    30046: "a message older than an hour was edited too often",
    40060: "the interaction was answered already",
    50005: "the bot can edit only its own messages",
    50006: "the message is empty",
    50021: "that is a message of Discord's own",
    50024: "this kind of channel cannot do that",
    160002: "the bot may not reply without reading the channel's history",
    160004: "the message has a thread already",
    160006: "the server has as many open threads as it can",
}

# Which permission a call needs (https://docs.discord.com/developers/topics/permissions).
_PERMISSIONS = {
    "POST /channels/{channel_id}/messages": "View Channel and Send Messages (in threads: Send Messages in Threads)",
    "PATCH /channels/{channel_id}/messages/{message_id}": "View Channel",
    "DELETE /channels/{channel_id}/messages/{message_id}": "View Channel",
    "GET /channels/{channel_id}/messages": "View Channel and Read Message History",
    "GET /channels/{channel_id}/messages/{message_id}": "View Channel and Read Message History",
    "POST /channels/{channel_id}/messages/{message_id}/threads": "Create Public Threads",
    "POST /channels/{channel_id}/typing": "View Channel and Send Messages",
    "PATCH /channels/{channel_id}": "Manage Threads",
    "PUT /channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me": "Add Reactions and Read Message History",
}


def translate(error: Exception, call: str, *, where: str = "") -> GatewayError:
    """Return the gateway error for an exception out of a call. ``call`` is method and path, ``where`` the channel: both
    name the rate-limit bucket, and ``call`` also the permission that may be missing."""
    match error:
        case GatewayError():
            return error
        case discord.RateLimited():
            return RateLimited(error.retry_after, f"{call}:{where}")
        case discord.HTTPException():
            return _refused(error, call, where)
        case OSError():  # a lost connection, a time that ran out: they name a host at most
            return Unavailable(f"{call}: {type(error).__name__}: {error}"[:300])
        case (
            JSONDecodeError() | UnicodeDecodeError()
        ):  # an answer that cannot be read: it was done, as far as that can be told
            return Unconfirmed(f"{call}: {type(error).__name__}")
        case aiohttp.ClientError():  # may name the whole address, and with it the token of an interaction
            return Unavailable(f"{call}: {type(error).__name__}")
        case _:
            return Rejected(f"{call}: {type(error).__name__}: {error}"[:300])


def code_of(error: BaseException | None) -> int:
    """Return Discord's own error code for a failure, also for a gateway error made from it; 0 if there is none."""
    if isinstance(error, GatewayError):
        error = error.__cause__
    return error.code if isinstance(error, discord.HTTPException) else 0


def _refused(error: discord.HTTPException, call: str, where: str) -> GatewayError:
    code, status = error.code, error.status
    said = f"{call}: {error.text or f'HTTP {status}'}"[:300].replace("\n", "; ")
    if status == 429 or code in _LIMITED:
        # discord.py waits out ordinary limits; those left are Cloudflare's, or for one kind of content.
        return RateLimited(_wait(error), f"{call}:{where}" if code else "everything")
    if status == 501:  # not now, and not later
        return Rejected(f"{call}: HTTP {status}")
    if status >= 500:
        return Unavailable(f"{call}: HTTP {status}")
    if code in _GONE:
        return Gone(said)
    if status == 401:
        return Forbidden(REFUSED)
    if code in NO_ACCESS:
        return Forbidden(f"{said}: give the bot's role the permission {_PERMISSIONS.get(call, 'View Channel')}")
    if code == 40005 or status == 413:
        return TooLarge(f"{said}: Discord takes files of 10 MiB each and 25 MiB in one message")
    if code in _NOTHING_TO_MEND:
        return Rejected(f"{call}: {code}: {_NOTHING_TO_MEND[code]}")
    if status == 403:
        return Forbidden(f"{said} ({code})")
    if status == 404 and not code:
        return Gone(said)
    fields = set(_FIELD.findall(error.text)) if code == _BAD_FORM else {""}
    if fields <= _FORM.keys():
        return RefusedForm(f"{said} ({code})", frozenset[FormPart]().union(*(_FORM[field] for field in fields)))
    return Rejected(f"{said} ({code})")


def _wait(error: discord.HTTPException) -> float:
    return seconds_to_wait(error.response.headers.get("Retry-After"))


def seconds_to_wait(header: str | None) -> float:
    """Return the seconds of a Retry-After header; 1 for a header that is missing, a date, or no usable number."""
    try:
        found = float(header or "")
    except ValueError:
        return 1.0
    return found if 0.0 <= found < float("inf") else 1.0
