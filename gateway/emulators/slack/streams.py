"""The Web API's chat.startStream, chat.appendStream and chat.stopStream.

The limit of 12,000 characters a call is documented. A complete streamed message has an undocumented limit, answered
with ``msg_too_long``: field reports put it near 12,000 UTF-8 bytes of text, and near 10,600 when it contains task cards
(whose details and outputs count twice). This emulator enforces both.
"""

import time
from typing import Any

from gateway.emulators.common.values import JSON
from gateway.emulators.slack import agents, chat
from gateway.emulators.slack import args as read
from gateway.emulators.slack.backend import Backend
from gateway.emulators.slack.checker import among
from gateway.emulators.slack.state import Channel, Message, Stream
from gateway.emulators.slack.validate import MAX_MARKDOWN, MAX_MESSAGE_BLOCKS, check_message
from gateway.emulators.slack.values import ApiError, invalid_arguments
from gateway.emulators.slack.world import Team

MAX_STREAM_BYTES = 12_000
"""UTF-8 bytes of text in a streamed message without task cards (field reports, not documented)."""
MAX_STREAM_BYTES_WITH_TASKS = 10_600
"""UTF-8 bytes of text and task cards in a streamed message (field reports, not documented)."""
_STATES = frozenset({"pending", "in_progress", "complete", "error"})


def start(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``chat.startStream``."""
    channel = team.bot_channel(args.get("channel"))
    if team.bot.id not in channel.members:
        raise ApiError("not_in_channel")
    if channel.archived:
        raise ApiError("is_archived")
    thread_ts = backend.thread(channel, read.required(args, "thread_ts"))
    if channel.kind != "im":
        if read.string(args, "recipient_team_id") is None:
            raise ApiError("missing_recipient_team_id")
        if read.string(args, "recipient_user_id") is None:
            raise ApiError("missing_recipient_user_id")
        if read.string(args, "recipient_user_id") not in team.users:
            raise ApiError("user_not_found")
    mode = read.string(args, "task_display_mode") or "timeline"
    if mode not in ("timeline", "plan"):
        raise invalid_arguments("must be one of: timeline, plan [json-pointer:/task_display_mode]")
    stream = Stream(time.monotonic(), mode)
    stream.parts = _extended(stream, args)
    wire = backend.bot_message(team, "", thread_ts=thread_ts)
    chat.authorship(team, args, wire)
    message = Message(wire, stream=stream)
    _render(message, stream)
    backend.post(team, channel, message)
    return {"ok": True, "channel": channel.id, "ts": message.ts}


def append(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``chat.appendStream``."""
    channel, message, stream = _running(backend, team, args, ended="stopped_by_user")
    if not args.get("markdown_text") and not args.get("chunks"):
        raise ApiError("no_text")
    stream.parts = _extended(stream, args)
    stream.touched = time.monotonic()
    _render(message, stream)
    backend.notice(channel, message)
    return {"ok": True, "channel": channel.id, "ts": message.ts}


def stop(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``chat.stopStream``."""
    channel, message, stream = _running(backend, team, args, ended="message_not_in_streaming_state")
    parts = _extended(stream, args)
    given = read.structure(args, "blocks", "invalid_blocks_format")
    tail = check_message(given) if given is not None else []
    metadata = read.metadata(args)
    session_status = read.string(args, "session_status")
    if session_status is not None:
        agents.check_status(session_status)
    previous = dict(message.wire)
    stream.parts = parts
    _render(message, stream)
    if tail:
        message.wire["blocks"] = [*message.wire.get("blocks", []), *tail]
    if metadata:
        message.metadata = metadata
    message.stream = None
    if session_status is not None and message.thread_ts is not None:
        agents.set_session(backend, team, channel.id, message.thread_ts, session_status)
    backend.changed(team, channel, message, previous)
    return {"ok": True, "channel": channel.id, "ts": message.ts, "message": message.wire}


def _running(backend: Backend, team: Team, args: JSON, *, ended: str) -> tuple[Channel, Message, Stream]:
    channel = team.bot_channel(args.get("channel"))
    message = chat.own(backend, team, channel, read.string(args, "ts"), error="message_not_owned_by_app")
    if not backend.streaming(message) or message.stream is None:
        raise ApiError(ended if message.stopped_by_user else "message_not_in_streaming_state")
    return channel, message, message.stream


def _extended(stream: Stream, args: JSON) -> list[JSON]:
    """Return the stream's parts with what the call adds. Raises ``ApiError`` before anything has changed."""
    parts = [dict(part) for part in stream.parts]
    markdown = read.string(args, "markdown_text")
    chunks = read.structure(args, "chunks", "invalid_chunks")
    if markdown and chunks:
        raise invalid_arguments("markdown_text and chunks cannot be used together")
    if markdown:
        chunks = [{"type": "markdown_text", "text": markdown}]
    if chunks is not None and not isinstance(chunks, list):
        raise ApiError("invalid_chunks")
    for chunk in chunks or ():
        _add(parts, chunk, stream.mode)
    _check_size(parts)
    return parts


def _add(parts: list[JSON], chunk: Any, mode: str) -> None:
    kind = chunk.get("type") if isinstance(chunk, dict) else None
    if kind == "markdown_text":
        text = chunk.get("text")
        if not isinstance(text, str) or not text:
            raise ApiError("invalid_chunks")
        if len(text) > MAX_MARKDOWN:
            raise ApiError("msg_too_long")
        if parts and parts[-1]["type"] == "markdown":
            parts[-1]["text"] += text
        else:
            parts.append({"type": "markdown", "text": text})
    elif kind == "task_update":
        _add_task(parts, chunk, mode)
    elif kind == "plan_update":
        if not isinstance(chunk.get("title"), str):
            raise ApiError("invalid_chunks")
        _plan(parts)["title"] = chunk["title"]
    elif kind == "blocks":
        parts.extend({k: v for k, v in b.items() if k != "block_id"} for b in check_message(chunk.get("blocks")))
    else:
        raise ApiError("invalid_chunks")


def _add_task(parts: list[JSON], chunk: JSON, mode: str) -> None:
    if not isinstance(chunk.get("id"), str) or not isinstance(chunk.get("title"), str):
        raise ApiError("invalid_chunks")
    if not among(chunk.get("status"), _STATES):
        raise ApiError("invalid_chunks")
    if mode == "plan":
        plan = _plan(parts)
        plan["tasks"] = tasks = [dict(task) for task in plan.get("tasks", ())]
    else:
        tasks = parts
    card = next((t for t in tasks if t.get("type") == "task_card" and t.get("task_id") == chunk["id"]), None)
    if card is None:
        card = {"type": "task_card", "task_id": chunk["id"]}
        tasks.append(card)
    card |= {"title": chunk["title"], "status": chunk["status"]}
    for name in ("details", "output"):
        if chunk.get(name):
            card[name] = _rich(str(chunk[name]))
    if chunk.get("sources"):
        card["sources"] = chunk["sources"]


def _plan(parts: list[JSON]) -> JSON:
    for part in parts:
        if part["type"] == "plan":
            return part
    plan: JSON = {"type": "plan", "title": "Plan", "tasks": []}
    parts.append(plan)
    return plan


def _rich(text: str) -> JSON:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [section]}


def _check_size(parts: list[JSON]) -> None:
    body = cards = blocks = 0
    for part in parts:
        kind = part["type"]
        if kind == "markdown":
            body += len(part["text"].encode())
            continue
        blocks += 1
        if kind == "plan":
            cards += len(str(part.get("title", "")).encode()) + sum(_weight(t) for t in part.get("tasks", ()))
        elif kind == "task_card":
            cards += _weight(part)
    if blocks > MAX_MESSAGE_BLOCKS:
        raise ApiError("msg_blocks_too_many")
    if body and body + cards > (MAX_STREAM_BYTES_WITH_TASKS if cards else MAX_STREAM_BYTES):
        raise ApiError("msg_too_long")


def _weight(card: JSON) -> int:
    texts = [
        card[n]["elements"][0]["elements"][0]["text"] for n in ("details", "output") if isinstance(card.get(n), dict)
    ]
    return len(str(card.get("title", "")).encode()) + 2 * sum(len(text.encode()) for text in texts)


def _render(message: Message, stream: Stream) -> None:
    text = "".join(part["text"] for part in stream.parts if part["type"] == "markdown")
    message.wire["text"] = text
    message.wire["blocks"] = [{"block_id": f"s{i}", **part} for i, part in enumerate(stream.parts)]
