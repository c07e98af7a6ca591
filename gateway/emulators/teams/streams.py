"""Streamed messages: ``typing`` activities with a ``streaminfo`` entity, then a final ``message``.

https://learn.microsoft.com/microsoftteams/platform/bots/streaming-ux, whose error table gives codes and texts. For what
the page calls "various error messages" this emulator answers 400 BadRequest. In short: only personal chats have
streams, one at a time; the sequence starts at 1 and increases; each text contains everything so far; a stream takes at
most two minutes; the final message has no sequence.
"""

import time
from typing import Any

from gateway.emulators.common.values import JSON
from gateway.emulators.teams.backend import Backend
from gateway.emulators.teams.validate import MAX_SIZE, ai_fields, check_message, size_of
from gateway.emulators.teams.values import ApiError
from gateway.emulators.teams.world import Conversation, Message, Stream, text_of

MAX_INFORMATIVE = 1000
"""Characters of an informative update (Teams' page on streaming)."""
OUT_OF_ORDER: JSON = {
    "error": {
        "code": "ContentStreamSequenceOrderPreConditionFailed",
        "message": "PreCondition failed exception when processing streaming activity.",
    }
}
"""The body of the 202 that answers a request whose sequence number was already reached."""


def info_of(activity: JSON) -> JSON | None:
    """Return the activity's ``streaminfo`` entity, or None. Teams' page spells it ``streaminfo`` and ``streamInfo``."""
    entities: Any = activity.get("entities")
    for entity in entities if isinstance(entities, list) else ():
        if isinstance(entity, dict) and str(entity.get("type", "")).lower() == "streaminfo":
            return entity
    return None


def stream(backend: Backend, conversation: Conversation, activity: JSON, info: JSON) -> tuple[int, JSON]:
    """Answer one request of a stream. Raises ``ApiError``."""
    if conversation.kind != "personal" or not backend.streaming:
        raise not_allowed("Content stream is not allowed")
    if size_of(activity) > MAX_SIZE:
        raise not_allowed("Message size too large")
    kind = info.get("streamType", "streaming")
    if kind not in ("informative", "streaming", "final"):
        raise bad_request(f"Unknown stream type {kind!r}")
    if (kind == "final") != (activity.get("type") == "message"):
        raise bad_request(
            "Only end streaming type is allowed as a message activity"
            if activity.get("type") == "message"
            else "End streaming activities should be messages"
        )
    if kind == "final":
        return _finish(backend, conversation, activity, info)
    _check_update(activity, info, kind)
    if "streamId" not in info:
        return _start(backend, conversation, activity, info, kind)
    return _continue(backend, conversation, activity, info, kind)


def not_allowed(message: str) -> ApiError:
    """Return the error of a stream that is not allowed."""
    return ApiError(403, "ContentStreamNotAllowed", message)


def bad_request(message: str) -> ApiError:
    """Return the error of a streaming request that is malformed."""
    return ApiError(400, "BadRequest", message)


def _check_update(activity: JSON, info: JSON, kind: str) -> None:
    text, sequence = text_of(activity), info.get("streamSequence")
    if not text:
        start = "streamId" not in info
        raise bad_request(f"{'Start' if start else 'Continue'} streaming activities should include text")
    if not isinstance(sequence, int) or isinstance(sequence, bool) or sequence < 1:
        raise bad_request("Streaming activities should include a streamSequence greater than zero")
    if kind == "informative" and len(text) > MAX_INFORMATIVE:
        raise bad_request(f"Informative updates have {MAX_INFORMATIVE} characters at most")
    if activity.get("attachments"):
        raise bad_request("Attachments are allowed in the final streaming activity only")
    if ai_fields(activity):
        raise bad_request("AI label and feedback buttons are allowed in the final streaming activity only")


def _start(backend: Backend, conversation: Conversation, activity: JSON, info: JSON, kind: Any) -> tuple[int, JSON]:
    if info["streamSequence"] != 1:
        raise bad_request("Start streaming activities should have streamSequence 1")
    if backend.running(conversation) is not None:
        raise not_allowed("Content stream is not allowed")
    text = text_of(activity)
    started = Stream(time.monotonic(), 1, kind, text, content=text if kind == "streaming" else "")
    message = Message(backend.world.clock.message_id(), backend.world.bot_id, {"text": text}, stream=started)
    backend.post(conversation, message)
    return 201, {"id": message.id}


def _continue(backend: Backend, conversation: Conversation, activity: JSON, info: JSON, kind: Any) -> tuple[int, JSON]:
    message, running = _open(backend, conversation, info)
    if info["streamSequence"] <= running.sequence:
        return 202, OUT_OF_ORDER
    text = text_of(activity)
    if kind == "informative" and running.kind == "streaming":
        raise bad_request("Informative updates are allowed before response streaming only")
    if not text.startswith(running.content) and kind == "streaming":
        raise not_allowed("Request streamed content should contain the previously streamed content")
    running.sequence, running.kind, running.shown = info["streamSequence"], kind, text
    if kind == "streaming":
        running.content = text
    message.activity["text"] = text
    backend.notice(conversation, message)
    return 202, {}


def _finish(backend: Backend, conversation: Conversation, activity: JSON, info: JSON) -> tuple[int, JSON]:
    if "streamId" not in info:
        raise bad_request("Only end streaming type is allowed as a message activity")
    if "streamSequence" in info:
        raise bad_request("End streaming activities should not include a streamSequence")
    message, running = _open(backend, conversation, info)
    check_message(activity, conversation)
    if not text_of(activity).startswith(running.content):
        raise not_allowed("Request streamed content should contain the previously streamed content")
    message.activity = activity
    running.ended = "final"
    backend.show_typing(conversation, typing=False)
    backend.notice(conversation, message)
    return 202, {}


def _open(backend: Backend, conversation: Conversation, info: JSON) -> tuple[Message, Stream]:
    message = conversation.activity(str(info["streamId"]))
    running = backend.stream_of(message)
    if running is None:
        raise bad_request("The streamId names no streamed message")
    match running.ended:
        case "final":
            raise not_allowed("Content stream is not allowed on an already completed streamed message")
        case "expired":
            raise not_allowed("Content stream finished due to exceeded streaming time.")
        case "stopped":
            raise not_allowed("Content stream was canceled by user")
        case None:
            return message, running
