"""Translates Slack's failures into ``gateway.errors``, in one function, named by what the caller does next."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError, SlackRequestError

from adapters.fields import items, obj, text
from gateway.errors import (
    Forbidden,
    FormPart,
    Gone,
    PlatformError,
    RateLimited,
    RefusedForm,
    Rejected,
    StreamExpired,
    Unavailable,
    Unsupported,
)

BAD_TOKEN = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type"}
)
"""Slack's error codes for a token that cannot work until the operator replaces it."""

_PASSING = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org", "rollup_error"}
)
_LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_STREAM_OVER = frozenset({"message_not_in_streaming_state", "stopped_by_user", "streaming_state_conflict"})
_FORM = frozenset(
    {
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_attachments",
        "only_one_table_allowed",
        "msg_blocks_too_long",
        "msg_blocks_too_many",
    }
)
"""Slack's error codes for refused blocks, whose words can still be sent as text."""
_OF_BLOCKS: Mapping[str, FormPart] = {
    "image": "pictures",
    "table": "tables",
    "data_table": "tables",
    "plan": "plan",
    "actions": "buttons",
    "context_actions": "feedback",
}
_POINTER = re.compile(r"json-pointer:/blocks/(\d+)")
_TOO_LONG = frozenset({"msg_too_long", "msg_blocks_too_long", "msg_blocks_too_many"})
_STREAMS = frozenset({"chat.appendStream", "chat.stopStream"})
"""Methods of a running stream. A full stream counts as expired, as one that ran out of time: the rest is added by an
edit."""
_GONE = frozenset(
    {
        "message_not_found",
        "channel_not_found",
        "thread_not_found",
        "session_not_found",
        "file_not_found",
        "file_deleted",
        "user_not_found",
        "view_not_found",
        "not_found",
        "is_archived",
        "no_item_specified",
    }
)
_FORBIDDEN = {
    "not_in_channel": "the bot is not in that channel: invite it with /invite",
    "access_denied": "the app has no access to it",
    "no_permission": "the app's installation does not permit it: reinstall the app",
    "restricted_action": "a workspace setting forbids it",
    "restricted_action_read_only_channel": "the channel is read-only for the bot",
    "restricted_action_thread_only_channel": "the channel takes replies in threads only",
    "restricted_action_non_threadable_channel": "the channel takes no threads",
    "ekm_access_denied": "an administrator has suspended posting",
    "org_login_required": "the workspace is being migrated to an organisation",
    "cant_update_message": "the bot can edit only its own messages",
    "cant_delete_message": "the bot can delete only its own messages",
    "edit_window_closed": "a workspace setting forbids edits that late",
    "feature_not_enabled": "the app is not an agent: turn on agent_view in its manifest",
}
OF_ONE_CHANNEL = frozenset(
    {
        "not_in_channel",
        "access_denied",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "restricted_action_non_threadable_channel",
    }
)
"""Slack's error codes for what is refused in one channel and may be accepted in another."""
_DEFAULT_WAIT = 1.0


def translate(
    error: Exception, method: str, *, channel: str = "", blocks: Sequence[Any] = (), fix: str = ""
) -> PlatformError:
    """Return the gateway error for an exception out of a call. ``method`` and ``channel`` name the rate-limit bucket;
    ``blocks`` are what the call was to show; ``fix`` is what to do about a token that cannot work."""
    if isinstance(error, PlatformError):
        return error
    if isinstance(error, SlackApiError):
        return _refused(error, method, channel, blocks, fix)
    if isinstance(error, aiohttp.ClientError | asyncio.TimeoutError | OSError | SlackRequestError | SlackClientError):
        return Unavailable(f"{method}: {type(error).__name__}: {error}"[:300])
    return Rejected(f"{method}: {type(error).__name__}: {error}"[:300])


def code_of(error: BaseException | None) -> str:
    """Return Slack's own code for a failure, also for a gateway error made from it; empty if there is none."""
    if isinstance(error, PlatformError):
        error = error.__cause__
    return str(_data(error).get("error") or "") if isinstance(error, SlackApiError) else ""


def _data(error: SlackApiError) -> Mapping[str, Any]:
    data: Any = getattr(error.response, "data", error.response)
    return cast(Mapping[str, Any], data) if isinstance(data, dict) else {}


def _refused(error: SlackApiError, method: str, channel: str, blocks: Sequence[Any], fix: str) -> PlatformError:
    data = _data(error)
    code = str(data.get("error") or "")
    response: Any = error.response
    status = getattr(response, "status_code", None) or getattr(response, "status", None) or 200
    if status == 429 or code in _LIMITED:
        return RateLimited(wait_of(response), f"{method}:{channel}" if channel else method)
    if code in _PASSING or status >= 500 or not code:
        return Unavailable(f"{method}: {code or f'HTTP {status}'}")
    if code == "missing_scope":
        needed = data.get("needed") or "a scope"
        return Forbidden(f"{method} needs the scope {needed}: add it to the Slack app and reinstall it")
    if code in BAD_TOKEN:
        return Forbidden(f"{method}: Slack says {code}; {fix or 'the token must be replaced'}")
    if code in _STREAM_OVER or (code in _TOO_LONG and method in _STREAMS):
        return StreamExpired(f"{method}: {code}")
    if code in _GONE:
        return Gone(f"{method}: {code}")
    if code in _FORBIDDEN:
        return Forbidden(f"{method}: {code}: {_FORBIDDEN[code]}")
    if code in ("unknown_method", "method_not_supported_for_channel_type", "channel_type_not_supported"):
        return Unsupported(f"{method}: {code}")
    details = _details(data)
    said = f"{method}: {code} ({'; '.join(details)[:300]})" if details else f"{method}: {code}"
    return RefusedForm(said, _refused_parts(details, blocks)) if code in _FORM else Rejected(said)


def _refused_parts(details: Sequence[str], blocks: Sequence[Any]) -> set[FormPart]:
    """Return the kinds of blocks that Slack refused, as far as it says so and there is a plainer form for them."""
    found: set[FormPart] = set()
    for detail in details:
        pointer = _POINTER.search(detail)
        at = int(pointer[1]) if pointer is not None else len(blocks)
        part = _part_of(blocks[at]) if at < len(blocks) else None
        if part is not None:
            found.add(part)
        elif "only_one_table_allowed" in detail:
            found.add("tables")
        else:
            return set()
    return found


def _part_of(block: Any) -> FormPart | None:
    """Return the part of a message that a block draws."""
    body = obj({"block": block}, "block")
    kind = text(body, "type")
    if kind == "container":
        return "plan" if body.get("is_collapsible") else "cards"
    if kind == "actions" and any([text(each, "type") == "static_select" for each in items(body, "elements")]):
        return "menus"
    return _OF_BLOCKS.get(kind)


def _details(data: Mapping[str, Any]) -> list[str]:
    """Return which fields Slack refused, where it says so."""
    given = obj(data, "response_metadata").get("messages") or data.get("errors")
    return [str(each) for each in given] if isinstance(given, list) else []


def wait_of(response: Any) -> float:
    """Return the seconds that the answer's ``Retry-After`` asks for; a default where there is none that can be read."""
    headers: Mapping[str, str] = getattr(response, "headers", None) or {}
    given = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    try:
        return max(float(given), 0.0)
    except ValueError:
        return _DEFAULT_WAIT
