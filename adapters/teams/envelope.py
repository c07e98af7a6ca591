"""Turns an activity into an ``Envelope``: the delivery key, the conversation, or the reason it is ignored.

Everything here works on the verified JSON alone. A key names the thing itself: for a message its id, which stays the
same however often it is delivered; for everything else the activity that reported it.
"""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from typing import NamedTuple

from adapters.fields import Json, items, obj, text
from adapters.teams.controls import is_control
from adapters.teams.incoming import mentions
from adapters.teams.names import EXECUTE, FEEDBACK, FETCH, FORM, SUBMIT
from gateway.model import ConversationKind, ConversationRef, Envelope

_BOT = "28:"
"""The beginning of the ids of bots."""
NO_TENANT = "local"
"""The workspace of an activity that names no tenant: only local test tools leave it out."""
_THREAD = ";messageid="
_CHANNEL_DELETED = "channelDeleted"
_TEAM_DELETED = ("teamDeleted", "teamHardDeleted")
"""Kinds of conversation updates that report a deleted team (docs
bots/how-to/conversations/subscribe-to-conversation-events)."""


class Ignored(NamedTuple):
    """A delivery that is acknowledged and ignored; ``why`` is counted."""

    why: str


Found = list[Envelope] | Ignored
"""The envelopes of an activity, or why it is ignored."""


def envelopes_of(activity: Json) -> Found:
    """Return what to store for an activity (nearly always one envelope), or why it is ignored. Never raises for odd
    input."""
    read = _READERS.get(text(activity, "type"))
    if read is None:
        return Ignored("unknown_type")
    conversation = obj(activity, "conversation")
    if not text(conversation, "id") or not text(obj(activity, "from"), "id"):
        return Ignored("malformed")
    return read(activity)


def tenants_of(activity: Json) -> list[str]:
    """Return the tenants that an activity names as its origin, the conversation's own first; nearly always the same one
    twice."""
    told = (text(obj(activity, "conversation"), "tenantId"), text(obj(obj(activity, "channelData"), "tenant"), "id"))
    return [tenant for tenant in told if tenant]


def is_personal(activity: Json) -> bool:
    """Return whether an activity is from a chat with the bot alone. Where the type is left out, an activity that names
    a channel or says it is from a group is not."""
    conversation = obj(activity, "conversation")
    kind = conversation.get("conversationType")
    if isinstance(kind, str):
        return kind == "personal"
    channel = text(conversation, "id").partition(_THREAD)[0]
    return conversation.get("isGroup") is not True and not _is_channel(activity, channel)


def ref_of(activity: Json, *, thread: bool = True) -> ConversationRef:
    """Return the conversation an activity belongs to. In a channel it is the thread; a new post is the root of its
    own."""
    full = text(obj(activity, "conversation"), "id")
    channel, _, root = full.partition(_THREAD)
    kind: ConversationKind = "dm" if is_personal(activity) else "group"
    if kind == "group" and _is_channel(activity, channel):
        root = root or (text(activity, "id") if activity.get("type") == "message" else "")
        kind = "thread" if thread and root else "group"
    route = {
        "service": text(activity, "serviceUrl"),
        "bot": text(obj(activity, "recipient"), "id"),
        "user": text(obj(activity, "from"), "id"),
    }
    return ConversationRef(
        platform="teams",
        workspace=next(iter(tenants_of(activity)), NO_TENANT),
        channel=channel,
        thread=root if kind == "thread" else None,
        kind=kind,
        route={name: value for name, value in route.items() if value},
    )


def team_of(activity: Json) -> str:
    """Return the team whose channel an activity is from; empty for a chat."""
    return text(obj(obj(activity, "channelData"), "team"), "id")


def leaves_team(activity: Json) -> bool:
    """Return whether an activity that ends its conversation ends those of all the team's channels."""
    event = text(obj(activity, "channelData"), "eventType")
    return activity.get("type") in ("conversationUpdate", "installationUpdate") and event != _CHANNEL_DELETED


def in_channel(envelope: Envelope, channel: str) -> Envelope:
    """Return the envelope as if its activity had come from another channel of the team."""
    ref = replace(envelope.ref, channel=channel, thread=None)
    return replace(envelope, ref=ref, key=f"{_head(ref)}{envelope.key.removeprefix(_head(envelope.ref))}")


def _is_channel(activity: Json, channel: str) -> bool:
    kind = text(obj(activity, "conversation"), "conversationType")
    if kind:
        return kind == "channel"
    return bool(text(obj(obj(activity, "channelData"), "channel"), "id")) or channel.endswith("@thread.tacv2")


def _quote(part: str) -> str:
    return part.replace("%", "%25").replace(":", "%3A") if ":" in part or "%" in part else part


def _head(ref: ConversationRef) -> str:
    return f"teams:{_quote(ref.workspace)}:{_quote(ref.channel)}"


def _enveloped(activity: Json, ref: ConversationRef, mark: str) -> list[Envelope]:
    return [Envelope(key=f"{_head(ref)}:{mark}", ref=ref, body=dict(activity), received_at=time.time())]


def _id(activity: Json) -> str:
    """Return the activity's id, else one made from its content."""
    given = text(activity, "id")
    if given:
        return _quote(given)
    return hashlib.blake2s(json.dumps(activity, sort_keys=True).encode(), digest_size=12).hexdigest()


def _message(activity: Json) -> Found:
    if _by_bot(activity):
        return Ignored("bot")
    if isinstance(activity.get("value"), dict) and not text(activity, "text") and not _ours(obj(activity, "value")):
        return Ignored("foreign_action")
    ref = ref_of(activity)
    if ref.kind == "thread" and ref.thread == text(activity, "id") and not is_addressed(activity):
        return Ignored("not_addressed")  # a new post nobody meant the bot with
    return _enveloped(activity, ref, _id(activity))


def is_addressed(activity: Json) -> bool:
    """Return whether a message is meant for the bot: in a personal chat, by a mention, or from the bot's own card."""
    if is_personal(activity) or isinstance(activity.get("value"), dict):
        return True
    return mentions(activity, text(obj(activity, "recipient"), "id"))


def _by_bot(activity: Json) -> bool:
    sender = text(obj(activity, "from"), "id")
    return sender.startswith(_BOT) or sender == text(obj(activity, "recipient"), "id")


def _changed(activity: Json) -> Found:
    """Read an edit, a deletion or its undoing; a second change of the same message is a delivery of its own."""
    if _by_bot(activity):
        return Ignored("bot")
    kind = "delete" if activity.get("type") == "messageDelete" else "edit"
    what = text(activity, "text").encode("utf-8", "replace")
    mark = text(activity, "timestamp") or hashlib.blake2s(what, digest_size=8).hexdigest()
    ref = ref_of(activity)
    if ref.kind == "group" and _is_channel(activity, ref.channel):
        # The change is to a new post, which is the root of its own thread.
        root = text(activity, "id")
        ref = replace(ref, thread=root, kind="thread") if root else ref
    return _enveloped(activity, ref, f"{_id(activity)}:{kind}:{_quote(mark)}")


def _reaction(activity: Json) -> Found:
    """Read reactions: one activity may report several, and each is a delivery of its own."""
    if _by_bot(activity):
        return Ignored("bot")
    ref = ref_of(activity)
    found: list[Envelope] = []
    for name in ("reactionsAdded", "reactionsRemoved"):
        for reaction in items(activity, name):
            if not text(reaction, "type") or not text(activity, "replyToId"):
                continue
            told = {key: value for key, value in activity.items() if not key.startswith("reactions")}
            mark = f"{_id(activity)}:{name}:{_quote(text(reaction, 'type'))}"
            found += _enveloped({**told, name: [reaction]}, ref, mark)
    return found or Ignored("malformed")


def _update(activity: Json) -> Found:
    """Read a conversation update, of which only the bot's own coming and going and the end of a channel or a team
    matter."""
    event = text(obj(activity, "channelData"), "eventType")
    if event in _TEAM_DELETED:
        return _enveloped(activity, ref_of(activity, thread=False), f"{_id(activity)}:deleted")
    if event == _CHANNEL_DELETED:
        gone = {**obj(activity, "conversation"), "id": text(obj(obj(activity, "channelData"), "channel"), "id")}
        activity = {**activity, "conversation": gone}
        return _enveloped(activity, ref_of(activity, thread=False), f"{_id(activity)}:deleted")
    me = text(obj(activity, "recipient"), "id")
    added = any(text(each, "id") == me for each in items(activity, "membersAdded"))
    removed = any(text(each, "id") == me for each in items(activity, "membersRemoved"))
    if removed or (added and is_personal(activity)):
        return _enveloped(activity, ref_of(activity, thread=False), f"{_id(activity)}:members")
    return Ignored("not_the_bot")


def _installation(activity: Json) -> Found:
    action = text(activity, "action")
    if action.startswith("remove") or (action.startswith("add") and is_personal(activity)):
        return _enveloped(activity, ref_of(activity, thread=False), f"{_id(activity)}:installation")
    return Ignored("not_personal")


def _invoke(activity: Json) -> Found:
    path = _DATA.get(text(activity, "name"))
    if path is None:
        return Ignored("unknown_invoke")
    if path and not _ours(reduce(obj, path, activity)):
        return Ignored("foreign_action")
    return _enveloped(activity, ref_of(activity), f"{_id(activity)}:invoke")


def _ours(data: Json) -> bool:
    """Return whether the data is what one of the adapter's cards carries."""
    return is_control(data) or isinstance(data.get(FORM), dict)


_DATA: dict[str, tuple[str, ...]] = {
    EXECUTE: ("value", "action", "data"),
    FETCH: ("value", "data"),
    SUBMIT: ("value", "data"),
    FEEDBACK: (),
}
"""Where an invoke has the data of the adapter's card; thumbs carry none."""


_READERS: dict[str, Callable[[Json], Found]] = {
    "message": _message,
    "messageUpdate": _changed,
    "messageDelete": _changed,
    "messageReaction": _reaction,
    "conversationUpdate": _update,
    "installationUpdate": _installation,
    "invoke": _invoke,
}
