"""The envelopes that the gateway puts into its inbox itself: the end of a session, and what a program wants said."""

from typing import Literal

from gateway.model import ConversationEnded, ConversationRef, Envelope, MessageRequested, UserRef, from_json, to_json
from gateway.ports import SessionRecord

OWN = "gateway:"
"""How the keys of the gateway's own envelopes begin. An adapter's keys begin with its platform's name, and the acceptor
ignores an adapter's envelope whose key begins like this: no platform can send what passes for the gateway's own."""
_SAY = f"{OWN}say:"


def ending(session: SessionRecord, *, reason: Literal["idle", "removed"], now: float) -> Envelope:
    """Return the envelope by which the gateway ends a session itself at ``now`` (epoch seconds). Its key names this end
    of this session, so it is stored once."""
    return Envelope(
        key=f"{OWN}{session.ref.key}:{reason}:{session.id}:{int(session.last_at)}",
        ref=session.ref,
        body={"reason": reason, "user": to_json(session.user or nobody(session.ref))},
        received_at=now,
    )


def saying(
    id: str, to: ConversationRef, text: str, *, author: str | None, user: UserRef | None, now: float
) -> Envelope:
    """Return the envelope of a message that a program asked for at ``now`` (epoch seconds).

    Args:
        id: The message's id. The envelope's key is made of it, so the message is sent once however often it is asked
            for.
        to: The conversation.
        text: What to say, as Markdown.
        author: The name it is shown under; None for the bot's own.
        user: The person it is for; None where nobody in particular is known.
        now: When it was asked for.
    """
    body = {"text": text, "author": author, "user": to_json(user or nobody(to)), "id": id}
    return Envelope(key=key_of_message(id), ref=to, body=body, received_at=now)


def key_of_message(id: str) -> str:
    """Return the delivery key of the message with this id that a program asked for."""
    return f"{_SAY}{id}"


def is_said(key: str) -> bool:
    """Return whether a delivery key is that of a message that a program asked for."""
    return key.startswith(_SAY)


def event_of(envelope: Envelope) -> ConversationEnded | MessageRequested:
    """Return the event in an envelope of the gateway itself."""
    body = envelope.body
    user = from_json(UserRef, body["user"])
    if is_said(envelope.key):
        return MessageRequested(
            ref=envelope.ref, user=user, id=body["id"], text=body["text"], author=body.get("author")
        )
    return ConversationEnded(ref=envelope.ref, user=user, reason=body["reason"])


def nobody(ref: ConversationRef) -> UserRef:
    """Return the reference that stands for no person, on the platform of a conversation."""
    return UserRef(platform=ref.platform, workspace=ref.workspace, id="")
