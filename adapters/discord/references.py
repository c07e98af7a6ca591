"""Reads what a message refers to: the message it replies to, the messages it forwards, the previews of its links.
Pure."""

from collections.abc import Callable, Mapping

from adapters.discord.conversations import author_of
from adapters.discord.fields import number
from adapters.discord.words import all_words, previews_of, snapshots
from adapters.fields import Json, obj, text
from gateway.model import Reference, RemoteFile

_REPLY, _FORWARD = 0, 1
"""Types of a ``message_reference`` (Message resource, Message Reference Types); a reference without a type is a
reply."""

FilesOf = Callable[[Json], tuple[RemoteFile, ...]]
"""A function that returns the files of a message."""


def references(message: Json, names: Mapping[str, str], files_of: FilesOf) -> tuple[Reference, ...]:
    """Return what a message refers to. ``names`` are those of the channels and roles mentioned there."""
    pointed = obj(message, "message_reference")
    found: list[Reference] = []
    kind = number(pointed, "type", _REPLY)
    forwarded = snapshots(message)
    if kind == _REPLY and not forwarded and (pointed or obj(message, "referenced_message")):
        found.append(_reply(message, pointed, names, files_of))
    found += [Reference(kind="quote", author=site, text=said) for site, said in previews_of(message, names)]
    if forwarded:
        found += [_forward(message, each, pointed, names, files_of) for each in forwarded]
    elif kind == _FORWARD:
        found.append(Reference(kind="forward", message_id=text(pointed, "message_id") or None))
    return tuple(found)


def _reply(message: Json, pointed: Json, names: Mapping[str, str], files_of: FilesOf) -> Reference:
    """Return the message that is replied to. Discord sends it along unless it was deleted or could not be looked up."""
    there = obj(message, "referenced_message")
    return Reference(
        kind="reply",
        message_id=text(there, "id") or text(pointed, "message_id") or None,
        author=author_of(there),
        text=all_words(there, names=names),
        files=files_of({"channel_id": text(pointed, "channel_id") or text(message, "channel_id"), **there}),
    )


def _forward(message: Json, snapshot: Json, pointed: Json, names: Mapping[str, str], files_of: FilesOf) -> Reference:
    """Return a forwarded message. Its files are those of the message that forwards it; Discord does not tell its
    author."""
    here = {"channel_id": text(message, "channel_id"), "id": text(message, "id")}
    return Reference(
        kind="forward",
        message_id=text(pointed, "message_id") or None,
        text=all_words(snapshot, names=names),
        files=files_of({**snapshot, **here}),
    )
