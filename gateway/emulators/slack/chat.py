"""The Web API's chat.* methods (post, edit, delete, ephemeral messages) and posts to a ``response_url``."""

import time
from typing import Any

from gateway.emulators.common.values import JSON
from gateway.emulators.slack import args as read
from gateway.emulators.slack.backend import RESPONSE_URL_SECONDS, RESPONSE_URL_USES, Backend
from gateway.emulators.slack.state import Channel, Message
from gateway.emulators.slack.validate import MAX_MARKDOWN, check_message
from gateway.emulators.slack.values import ApiError
from gateway.emulators.slack.world import Team

TRUNCATED_AT = 40_000
"""Characters of ``text`` after which Slack cuts it off (chat.postMessage)."""
UPDATE_TEXT = 4_000
"""Characters of ``text`` that chat.update accepts; a longer text is ``msg_too_long``."""
MAX_ATTACHMENTS = 100
"""Legacy attachments of one message (chat.postMessage)."""


def content(args: JSON, *, text_limit: int | None = None) -> JSON:
    """Return the checked ``text``, ``blocks`` and ``attachments`` of a message. Raises ``no_text`` when it has none of
    them."""
    text = args.get("text") or ""
    if not isinstance(text, str):
        text = str(text)
    markdown = read.string(args, "markdown_text")
    if "blocks" not in args and "attachments" not in args and not markdown:
        if not text.strip():
            raise ApiError("no_text")
        if text_limit is not None and len(text) > text_limit:
            raise ApiError("msg_too_long")
        return {"text": text if len(text) <= TRUNCATED_AT else text[:TRUNCATED_AT]}
    if text_limit is not None and len(text) > text_limit:
        raise ApiError("msg_too_long")
    blocks = read.structure(args, "blocks", "invalid_blocks_format")
    if markdown:
        if text or blocks:
            raise ApiError("markdown_text_conflict")
        if len(markdown) > MAX_MARKDOWN:
            raise ApiError("msg_too_long")
        return {"text": markdown, "blocks": [{"type": "markdown", "block_id": "md", "text": markdown}]}
    out: JSON = {"text": text[:TRUNCATED_AT]}
    if blocks is not None:
        out["blocks"] = check_message(blocks)
    attachments = read.structure(args, "attachments")
    if attachments is not None:
        out["attachments"] = _attachments(attachments)
    if not text.strip() and not out.get("blocks") and not out.get("attachments"):
        raise ApiError("no_text")
    return out


def _attachments(given: Any) -> list[JSON]:
    if not isinstance(given, list):
        raise ApiError("invalid_attachments")
    if len(given) > MAX_ATTACHMENTS:
        raise ApiError("too_many_attachments")
    for attachment in given:
        if not isinstance(attachment, dict):
            raise ApiError("invalid_attachments")
        if "blocks" in attachment:
            check_message(attachment["blocks"])
    return given


def _destination(backend: Backend, team: Team, args: JSON) -> Channel:
    given = args.get("channel")
    channel = team.channels.get(given) if isinstance(given, str) else None
    if channel is None and isinstance(given, str):
        if given in team.users and given != team.bot.id:
            channel = team.dm(given)
        else:
            name = given.lstrip("#")
            channel = next((c for c in team.channels.values() if c.name == name and c.kind != "im"), None)
    if channel is None or (channel.kind != "channel" and team.bot.id not in channel.members):
        raise ApiError("channel_not_found")
    if channel.archived:
        raise ApiError("is_archived")
    if team.bot.id not in channel.members and "chat:write.public" not in team.scopes:
        raise ApiError("not_in_channel")
    return channel


def authorship(team: Team, args: JSON, wire: JSON) -> None:
    """Apply ``username`` and icons to a message. They need the scope ``chat:write.customize`` and make it a
    ``bot_message``."""
    username, emoji, url = (read.string(args, name) for name in ("username", "icon_emoji", "icon_url"))
    if username is None and emoji is None and url is None:
        return
    if "chat:write.customize" not in team.scopes:
        raise ApiError("missing_scope", needed="chat:write.customize", provided=",".join(sorted(team.scopes)))
    if username is not None:
        wire |= {"subtype": "bot_message", "username": username}
    if emoji is not None:
        wire |= {"icons": {"emoji": emoji}, "icon_emoji": emoji}


def post_message(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``chat.postMessage``."""
    channel = _destination(backend, team, args)
    body = content(args)
    thread_ts = backend.thread(channel, read.string(args, "thread_ts"))
    wire = backend.bot_message(team, "", thread_ts=thread_ts)
    wire |= body
    authorship(team, args, wire)
    if thread_ts is not None and read.flag(args, "reply_broadcast"):
        wire["subtype"] = "thread_broadcast"
    message = Message(wire)
    if args.get("metadata"):
        message.metadata = read.metadata(args)
    backend.post(team, channel, message)
    return {"ok": True, "channel": channel.id, "ts": wire["ts"], "message": wire}


def post_ephemeral(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``chat.postEphemeral``."""
    channel = _destination(backend, team, args)
    user = read.required(args, "user")
    if user not in channel.members:
        raise ApiError("user_not_in_channel")
    body = content(args, text_limit=TRUNCATED_AT)
    wire = backend.bot_message(team, "", thread_ts=backend.thread(channel, read.string(args, "thread_ts")))
    wire |= body
    authorship(team, args, wire)
    backend.post(team, channel, Message(wire, ephemeral_for=user))
    return {"ok": True, "message_ts": wire["ts"]}


def own(backend: Backend, team: Team, channel: Channel, ts: str | None, *, error: str) -> Message:
    """Return the bot's own message with this ``ts``. Raises ``message_not_found``, or ``error`` for somebody else's
    message."""
    message = channel.find(ts) if ts is not None else None
    if message is None or message.wire.get("subtype") == "tombstone":
        raise ApiError("message_not_found")
    if message.wire.get("bot_id") != team.bot.bot_id:
        raise ApiError(error)
    return message


def update(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``chat.update``."""
    channel = team.bot_channel(args.get("channel"))
    message = own(backend, team, channel, read.string(args, "ts"), error="cant_update_message")
    if backend.streaming(message):
        raise ApiError("streaming_state_conflict")
    keeps = not args.get("text") and args.get("markdown_text") is None and "blocks" not in args
    retained = message.wire.get("blocks") or message.wire.get("files")
    metadata = read.metadata(args)
    if keeps and not (retained and metadata is not None):
        body = content(args, text_limit=UPDATE_TEXT)
    else:
        body = {} if keeps else content(args, text_limit=UPDATE_TEXT)
    previous = dict(message.wire)
    wire = {k: v for k, v in message.wire.items() if keeps or k not in ("blocks", "attachments")}
    wire |= body
    if not wire.get("blocks"):
        wire.pop("blocks", None)
        wire["edited"] = {"user": team.bot.id, "ts": backend.world.clock.ts()}
    message.wire = wire
    if metadata is not None:
        message.metadata = metadata or None
    backend.changed(team, channel, message, previous)
    return {"ok": True, "channel": channel.id, "ts": message.ts, "text": wire["text"], "message": wire}


def delete(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``chat.delete``."""
    channel = team.bot_channel(args.get("channel"))
    message = own(backend, team, channel, read.string(args, "ts"), error="cant_delete_message")
    backend.delete(team, channel, message)
    return {"ok": True, "channel": channel.id, "ts": message.ts}


def get_permalink(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``chat.getPermalink``."""
    channel = team.bot_channel(args.get("channel"))
    ts = read.required(args, "message_ts")
    if channel.find(ts) is None:
        raise ApiError("message_not_found")
    link = f"https://{team.domain}.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
    return {"ok": True, "channel": channel.id, "permalink": link}


def respond(backend: Backend, secret: str, args: JSON) -> tuple[int, JSON]:
    """Answer a post to a ``response_url`` with a status and a body. The post may replace or delete the message it
    belongs to."""
    url = backend.response_urls.get(secret)
    if url is None:
        return 404, {"ok": False, "error": "expired_url"}
    if time.monotonic() - url.at > RESPONSE_URL_SECONDS:
        return 404, {"ok": False, "error": "expired_url"}
    if url.uses >= RESPONSE_URL_USES:
        return 404, {"ok": False, "error": "used_url"}
    url.uses += 1
    original = url.channel.messages.get(url.ts) if url.ts is not None else None
    try:
        if read.flag(args, "delete_original"):
            if original is not None:
                backend.delete(url.team, url.channel, original)
            return 200, {"ok": True}
        body = content(args)
        if original is not None and read.flag(args, "replace_original"):
            previous = dict(original.wire)
            original.wire = {k: v for k, v in original.wire.items() if k not in ("blocks", "attachments")} | body
            backend.changed(url.team, url.channel, original, previous)
            return 200, {"ok": True}
        answer(backend, url.team, url.channel, url.user, body, args, thread_ts=url.thread_ts)
    except ApiError as error:
        return 400, error.body
    return 200, {"ok": True}


def answer(
    backend: Backend, team: Team, channel: Channel, user: str, body: JSON, args: JSON, *, thread_ts: str | None
) -> None:
    """Post a message in answer to an interaction. Only its user sees it unless ``response_type`` is ``in_channel``."""
    thread = read.string(args, "thread_ts") or (thread_ts if args.get("response_type") != "in_channel" else None)
    wire = backend.bot_message(team, "", thread_ts=thread) | body
    public = args.get("response_type") == "in_channel"
    backend.post(team, channel, Message(wire, ephemeral_for=None if public else user))
