"""Turns an envelope into an event. Pure: it reads nothing but the stored JSON, which the adapter wrote itself."""

from collections.abc import Sequence

from adapters.chatkit.ids import WORKSPACE, message_of, person
from adapters.chatkit.threads import Item, seconds_of
from adapters.fields import Json, items, obj, text
from gateway.model import (
    ActionInvoked,
    ConversationEnded,
    Envelope,
    Event,
    FeedbackGiven,
    MessageCreated,
    Reference,
    RemoteFile,
    StopRequested,
    UserRef,
)

MESSAGE, ACTION, FEEDBACK, STOP, DELETED = "message", "action", "feedback", "stop", "deleted"
"""The kinds of bodies."""


def parse(envelope: Envelope) -> Event | None:
    """Return the event in a delivery; None for one that is of no interest."""
    body, ref = envelope.body, envelope.ref
    user = person(ref.channel)
    match text(body, "kind"):
        case "message":
            return _message(body, envelope, user)
        case "action":
            return ActionInvoked(
                ref=ref,
                user=user,
                token=text(body, "token"),
                message_id=message_of(text(body, "item_id")),
                session_values=_values(body),
            )
        case "feedback":
            return FeedbackGiven(
                ref=ref,
                user=user,
                token="",
                value=1 if body.get("positive") else 0,
                comment="",
                message_id=message_of(text(body, "item_id")),
            )
        case "stop":
            return StopRequested(ref=ref, user=user)
        case "deleted":
            return ConversationEnded(ref=ref, user=user, reason="deleted")
        case _:
            return None


def words_of(item: Item) -> str:
    """Return what a person wrote in a message: its texts, and its tags by their names."""
    return "".join(text(part, "text") for part in items(item, "content"))


def _message(body: Json, envelope: Envelope, user: UserRef) -> Event:
    item = obj(body, "item")
    quoted = text(item, "quoted_text")
    references = (Reference(kind="quote", text=quoted),) if quoted else ()
    return MessageCreated(
        ref=envelope.ref,
        user=user,
        message_id=text(item, "id"),
        text=words_of(item),
        files=_files(items(item, "attachments")),
        references=references,
        at=seconds_of(text(item, "created_at")),
        session_values=_values(body),
    )


def _values(body: Json) -> Json:
    """Return what the session of the client gives to that of the conversation."""
    return {"state_variables": dict(obj(body, "state_variables"))}


def _files(attachments: Sequence[Json]) -> tuple[RemoteFile, ...]:
    return tuple(
        RemoteFile(
            id=text(each, "id"),
            name=text(each, "name"),
            mime=text(each, "mime_type"),
            workspace=WORKSPACE,
        )
        for each in attachments
    )
