"""Turns an envelope into an event. Pure: it reads nothing but the stored JSON."""

from collections.abc import Callable
from typing import Any

from adapters.discord import controls
from adapters.discord.conversations import mentions, name_of
from adapters.discord.fields import attachments, file_name, number, seconds, strings
from adapters.discord.forms import values_of
from adapters.discord.references import references
from adapters.discord.tokens import COMMAND, COMPONENT, MODAL
from adapters.discord.words import words
from adapters.fields import Json, items, obj, text
from gateway.model import (
    ActionInvoked,
    CommandInvoked,
    ConversationEnded,
    ConversationRef,
    Envelope,
    Event,
    FeedbackGiven,
    FormSubmitted,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    ReactionChanged,
    Reference,
    RemoteFile,
    UserRef,
    media_type,
)

PEOPLE = "dm"
"""The workspace of every person."""
_VOICE = 1 << 13
"""Message flag IS_VOICE_MESSAGE."""

_REFERRING = ("message_reference", "referenced_message", "message_snapshots", "embeds")
"""Fields of a message that refer to something else."""


def parse(envelope: Envelope) -> Event | None:
    """Return the event in a stored delivery; None for one that is of no interest."""
    body = envelope.body
    read = _EVENTS.get(text(body, "t"))
    return read(body, obj(body, "d"), envelope.ref) if read else None


def user_of(user: str, name: str = "") -> UserRef:
    """Return a person. Their identity is the same in every server and in direct messages, so it includes none of
    these."""
    return UserRef(platform="discord", workspace=PEOPLE, id=user, name=name or None)


def remote_file(file: Json, workspace: str, **extra: str) -> RemoteFile | None:
    """Return the file of an attachment object. Its address is signed and valid for a day; channel and message lead to a
    fresh one."""
    id, size = text(file, "id"), number(file, "size")
    if not id:
        return None
    return RemoteFile(
        id=id,
        name=file_name(file) or id,
        mime=media_type(file_name(file), text(file, "content_type")),
        size=size if size >= 0 else None,
        url=text(file, "url") or None,
        workspace=workspace,
        extra={name: value for name, value in extra.items() if value},
    )


def _files(message: Json, workspace: str, attached: list[Json]) -> tuple[RemoteFile, ...]:
    """Return a message's attachments as files, each with the message from which a fresh address can be read."""
    where = {"channel": text(message, "channel_id"), "message": text(message, "id")}
    voice = number(message, "flags", 0) & _VOICE
    files: list[RemoteFile] = []
    for file in attached:
        extra = dict(where)
        duration = file.get("duration_secs")
        if voice and isinstance(duration, int | float):
            extra["seconds"] = f"{duration:g}"
        if (read := remote_file(file, workspace, **extra)) is not None:
            files.append(read)
    return tuple(files)


def _words(body: Json, message: Json) -> str:
    names: Any = obj(body, "names")
    return words(message, bot=text(body, "bot"), role=text(body, "role"), names=names)


def _references(body: Json, message: Json, workspace: str) -> tuple[Reference, ...]:
    if not any(name in message for name in _REFERRING):
        return ()
    names: Any = obj(body, "names")
    return references(message, names, lambda each: _files(each, workspace, attachments(each)))


def _created(body: Json, message: Json, ref: ConversationRef) -> Event:
    # Only messages that people wrote are stored (``adapters.discord.envelope``).
    id = text(message, "id")
    return MessageCreated(
        ref=ref,
        user=user_of(text(obj(message, "author"), "id"), name_of(message)),
        message_id=id,
        text=_words(body, message),
        files=_files(message, ref.workspace, items(message, "attachments")) if message.get("attachments") else (),
        addressed=ref.kind == "dm" or mentions(message, text(body, "bot"), text(body, "role")),
        references=_references(body, message, ref.workspace),
        at=seconds(id),
    )


def _edited(body: Json, message: Json, ref: ConversationRef) -> Event:
    user = user_of(text(obj(message, "author"), "id"), name_of(message))
    return MessageEdited(ref=ref, user=user, message_id=text(message, "id"), text=_words(body, message))


def _deleted(body: Json, data: Json, ref: ConversationRef) -> Event:
    # Discord does not tell who deleted the message, or who wrote it.
    return MessageDeleted(ref=ref, user=user_of(""), message_id=text(data, "id"))


def _reaction(body: Json, data: Json, ref: ConversationRef) -> Event:
    member, emoji = obj(data, "member"), obj(data, "emoji")
    person = obj(member, "user")
    name = text(member, "nick") or text(person, "global_name") or text(person, "username")
    return ReactionChanged(
        ref=ref,
        user=user_of(text(data, "user_id"), name),
        message_id=text(data, "message_id"),
        # A server's own emoji has an id, with which a bot can put it on a message itself.
        emoji=":".join(part for part in (text(emoji, "name"), text(emoji, "id")) if part),
        added=body.get("t") == "MESSAGE_REACTION_ADD",
    )


def _thread_gone(body: Json, data: Json, ref: ConversationRef) -> Event:
    return ConversationEnded(ref=ref, user=user_of(""), reason="deleted")


def _removed(body: Json, data: Json, ref: ConversationRef) -> Event:
    return ConversationEnded(ref=ref, user=user_of(""), reason="removed")


def _interaction(body: Json, data: Json, ref: ConversationRef) -> Event | None:
    if command := text(body, "command"):  # the name that handlers know
        data = {**data, "data": {**obj(data, "data"), "name": command}}
    read = _INTERACTIONS.get(number(data, "type"))
    person = obj(obj(data, "member"), "user") or obj(data, "user")
    nick = text(obj(data, "member"), "nick")
    name = nick or text(person, "global_name") or text(person, "username")
    return read(data, ref, user_of(text(person, "id"), name)) if read else None


def _click(data: Json, ref: ConversationRef, user: UserRef) -> Event | None:
    control = controls.read(text(obj(data, "data"), "custom_id"))
    message_id = text(obj(data, "message"), "id") or None
    if control is None:
        return None
    match control.kind:
        case controls.ACTION:
            return ActionInvoked(ref=ref, user=user, token=control.token, message_id=message_id)
        case controls.MENU:
            values = strings(obj(data, "data"), "values")
            return (
                ActionInvoked(ref=ref, user=user, token=controls.token_of(values[0]), message_id=message_id)
                if values
                else None
            )
        case controls.GOOD | controls.BAD:
            return FeedbackGiven(
                ref=ref,
                user=user,
                token=control.token,
                value=1 if control.kind == controls.GOOD else 0,
                message_id=message_id,
            )
        case controls.STARTER:
            id = text(data, "id")
            return MessageCreated(ref=ref, user=user, message_id=id, text=control.token, at=seconds(id))
        case _:
            return None


def _submission(data: Json, ref: ConversationRef, user: UserRef) -> Event | None:
    control = controls.read(text(obj(data, "data"), "custom_id"))
    if control is None or control.kind != controls.FORM:
        return None
    values, uploaded = values_of(obj(data, "data"))
    files = (remote_file(file, ref.workspace, field=field) for field, file in uploaded)
    return FormSubmitted(
        ref=ref,
        user=user,
        token=control.token,
        values=values,
        files=tuple(file for file in files if file is not None),
    )


def _command(data: Json, ref: ConversationRef, user: UserRef) -> Event | None:
    name = text(obj(data, "data"), "name")
    if not name:
        return None
    given = (option.get("value") for option in items(obj(data, "data"), "options"))
    words = " ".join(str(value) for value in given if isinstance(value, str | int | float))
    return CommandInvoked(ref=ref, user=user, command=name, text=words.strip())


_EVENTS: dict[str, Callable[[Json, Json, ConversationRef], Event | None]] = {
    "MESSAGE_CREATE": _created,
    "MESSAGE_UPDATE": _edited,
    "MESSAGE_DELETE": _deleted,
    "MESSAGE_REACTION_ADD": _reaction,
    "MESSAGE_REACTION_REMOVE": _reaction,
    "THREAD_DELETE": _thread_gone,
    "CHANNEL_DELETE": _thread_gone,
    "THREAD_MEMBERS_UPDATE": _removed,
    "GUILD_DELETE": _removed,
    "INTERACTION_CREATE": _interaction,
}

_INTERACTIONS: dict[int, Callable[[Json, ConversationRef, UserRef], Event | None]] = {
    COMMAND: _command,
    COMPONENT: _click,
    MODAL: _submission,
}
