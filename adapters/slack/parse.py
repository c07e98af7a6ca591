"""Turns an envelope into an event. Pure: it reads nothing but the stored JSON and the bot's identity."""

from collections.abc import Callable

from adapters.fields import Json, items, obj, text
from adapters.slack.commands import is_apps, parted
from adapters.slack.controls import FEEDBACK
from adapters.slack.envelope import ENDS, NOTES_OF_AN_END, UNINSTALLED, Me, is_dm, me_in, mentions, our_action
from adapters.slack.file_objects import is_bare, remote_file
from adapters.slack.forms import token_of_view, values_of_view
from adapters.slack.mrkdwn import unescape
from adapters.slack.timestamps import seconds
from adapters.slack.twins import AWAITS_TWIN
from adapters.slack.words import references, to_markdown
from gateway.model import (
    ActionInvoked,
    CommandInvoked,
    ConversationEnded,
    ConversationRef,
    ConversationStarted,
    Envelope,
    Event,
    FeedbackGiven,
    FormSubmitted,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    ReactionChanged,
    RemoteFile,
    StopRequested,
    UserRef,
)


def parse(envelope: Envelope, *, me: Me) -> Event | None:
    """Return the event in a stored delivery; None for one that is of no interest."""
    body = envelope.body
    kind = text(body, "type") or "command"
    if kind == "event_callback":
        event = obj(body, "event")
        read = _EVENTS.get(text(event, "type"))
        return read(event, envelope.ref, me_in(body, me)) if read else None
    if kind == "command":
        return _command(body, envelope.ref, me_in(body, me))
    read_body = _BODIES.get(kind)
    return read_body(body, envelope.ref) if read_body else None


def user_of(ref: ConversationRef, user: str, name: str = "") -> UserRef:
    """Return a person in the conversation's workspace."""
    return UserRef(platform="slack", workspace=ref.workspace, id=user, name=name or None)


def _message(event: Json, ref: ConversationRef, me: Me) -> Event | None:
    # Only messages that people wrote are stored (``envelope_of``).
    match text(event, "subtype"):
        case "message_changed":
            return _changed(event, ref, me)
        case "message_deleted":
            return _deleted(event, ref)
        case subtype if subtype in NOTES_OF_AN_END:
            return _left(event, ref, me)
        case _:
            return created(event, ref, me)


def created(event: Json, ref: ConversationRef, me: Me) -> MessageCreated:
    """Return the event of a person's message."""
    ts = text(event, "ts")
    files: tuple[RemoteFile, ...] = ()
    if "files" in event:
        found = [remote_file(file, ref.workspace) for file in items(event, "files")]
        files = tuple([file for file in found if file is not None])
    return MessageCreated(
        ref=ref,
        user=user_of(ref, text(event, "user"), text(obj(event, "user_profile"), "display_name")),
        message_id=ts,
        text=to_markdown(event, me.user),
        files=files,
        addressed=event.get("type") == "app_mention"
        or is_dm(text(event, "channel"), text(event, "channel_type"))
        or mentions(event, me.user),
        references=references(event, ref.workspace),
        partial=any([is_bare(file) for file in files]) if files else _lacks_files(event),
        at=seconds(ts),
    )


def _lacks_files(event: Json) -> bool:
    """Return whether a mention without files may have some: its twin is yet to come (``Twins``), or something in it
    speaks of a file."""
    if event.get("type") != "app_mention" or "files" in event:
        return False
    if event.get(AWAITS_TWIN) is True or event.get("upload") is True or text(event, "subtype") == "file_share":
        return True
    inside = [part for block in items(event, "blocks") for part in items(block, "elements")]
    return any([each.get("type") == "file" for part in inside for each in items(part, "elements")])


def _changed(event: Json, ref: ConversationRef, me: Me) -> Event:
    message, previous = obj(event, "message"), obj(event, "previous_message")
    if text(message, "subtype") == "tombstone":
        author = text(previous, "user") or text(message, "user")
        return ConversationEnded(
            ref=ref, user=user_of(ref, author), reason="deleted", message_id=text(message, "ts") or None
        )
    user = user_of(ref, text(message, "user"))
    return MessageEdited(ref=ref, user=user, message_id=text(message, "ts"), text=to_markdown(message, me.user))


def _deleted(event: Json, ref: ConversationRef) -> Event:
    previous = obj(event, "previous_message")
    ts = text(event, "deleted_ts") or text(previous, "ts")
    user = user_of(ref, text(previous, "user"))
    if ref.thread == ts:
        return ConversationEnded(ref=ref, user=user, reason="deleted", message_id=ts)
    return MessageDeleted(ref=ref, user=user, message_id=ts)


def _reaction(event: Json, ref: ConversationRef, me: Me) -> Event:
    return ReactionChanged(
        ref=ref,
        user=user_of(ref, text(event, "user")),
        message_id=text(obj(event, "item"), "ts"),
        emoji=text(event, "reaction"),
        added=text(event, "type") == "reaction_added",
    )


def _opened(event: Json, ref: ConversationRef, me: Me) -> Event:
    return ConversationStarted(ref=ref, user=user_of(ref, text(event, "user")))


def _stopped(event: Json, ref: ConversationRef, me: Me) -> Event:
    return StopRequested(ref=ref, user=user_of(ref, text(event, "user")))


def _left(event: Json, ref: ConversationRef, me: Me) -> Event:
    deleted = text(event, "type") in ("channel_deleted", "group_deleted")
    user = user_of(ref, text(event, "user") or text(event, "actor_id") or me.user)
    return ConversationEnded(ref=ref, user=user, reason="deleted" if deleted else "removed")


def _removed(body: Json, ref: ConversationRef) -> Event:
    return ConversationEnded(ref=ref, user=user_of(ref, ""), reason="removed")


def _actions(body: Json, ref: ConversationRef) -> Event | None:
    action = our_action(body)
    if action is None:
        return None
    person = obj(body, "user")
    user = user_of(ref, text(person, "id"), text(person, "name") or text(person, "username"))
    message_id = text(obj(body, "message"), "ts") or text(obj(body, "container"), "message_ts") or None
    value = text(action, "value") or text(obj(action, "selected_option"), "value")
    if text(action, "action_id") == FEEDBACK:
        good = value.startswith("+")
        return FeedbackGiven(ref=ref, user=user, token=value[1:], value=1 if good else 0, message_id=message_id)
    return ActionInvoked(ref=ref, user=user, token=value, message_id=message_id)


def _submission(body: Json, ref: ConversationRef) -> Event:
    view = obj(body, "view")
    values, uploaded = values_of_view(view)
    files = (remote_file(file, ref.workspace, field=field) for field, file in uploaded)
    return FormSubmitted(
        ref=ref,
        user=user_of(ref, text(obj(body, "user"), "id"), text(obj(body, "user"), "name")),
        token=token_of_view(view),
        values=values,
        files=tuple(file for file in files if file is not None),
    )


def _command(body: Json, ref: ConversationRef, me: Me) -> Event:
    command, words = text(body, "command").removeprefix("/"), unescape(text(body, "text")).strip()
    if words and is_apps(command, me.name):
        command, words = parted(words)
    user = user_of(ref, text(body, "user_id"), text(body, "user_name"))
    return CommandInvoked(ref=ref, user=user, command=command, text=words)


_EVENTS: dict[str, Callable[[Json, ConversationRef, Me], Event | None]] = {
    "message": _message,
    "app_mention": _message,
    "reaction_added": _reaction,
    "reaction_removed": _reaction,
    "app_home_opened": _opened,
    "agent_session_stopped": _stopped,
    "member_left_channel": _left,
    **dict.fromkeys(ENDS, _left),
}

_BODIES: dict[str, Callable[[Json, ConversationRef], Event | None]] = {
    UNINSTALLED: _removed,
    "block_actions": _actions,
    "view_submission": _submission,
}
