"""Turns an envelope into an event. Pure: it reads nothing but the stored JSON."""

import mimetypes
from collections.abc import Callable
from datetime import datetime

from adapters.fields import Json, items, obj, text
from adapters.jsons import NotJson, loads
from adapters.teams import forms
from adapters.teams.controls import token_in
from adapters.teams.envelope import is_addressed
from adapters.teams.incoming import read, to_markdown
from adapters.teams.names import DOWNLOAD, EXECUTE, FEEDBACK, FETCH, FORM, SUBMIT
from gateway.model import (
    ActionInvoked,
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
    UserRef,
    media_type,
)


def parse(envelope: Envelope) -> Event | None:
    """Return the event in a delivery; None for one that is of no interest."""
    activity = envelope.body
    reader = _READERS.get(text(activity, "type"))
    return None if reader is None else reader(activity, envelope.ref)


def user_of(activity: Json, ref: ConversationRef) -> UserRef:
    """Return the acting user, by the id Entra knows them under, which is the same in every chat. Users of a test tool
    have no such id."""
    return UserRef(
        platform="teams",
        workspace=ref.workspace,
        id=user_id(activity),
        name=text(obj(activity, "from"), "name") or None,
    )


def user_id(activity: Json) -> str:
    """Return the acting user's id."""
    sender = obj(activity, "from")
    return text(sender, "aadObjectId") or text(sender, "id")


def _message(activity: Json, ref: ConversationRef) -> Event | None:
    value = obj(activity, "value")
    if value:
        event = _submitted(value, activity, ref)
        if event is not None or not text(activity, "text"):
            return event
    words, references = read(activity)
    return MessageCreated(
        ref=ref,
        user=user_of(activity, ref),
        message_id=text(activity, "id"),
        text=words,
        files=_files(activity, ref),
        references=references,
        addressed=is_addressed(activity),
        at=_seconds(text(activity, "timestamp")),
    )


def _submitted(value: Json, activity: Json, ref: ConversationRef) -> Event | None:
    """Read what one of the adapter's cards sent: a button, a menu, or a form that was shown in the chat."""
    user = user_of(activity, ref)
    if isinstance(value.get(FORM), dict):
        return _form(value, activity, ref)
    token = token_in(value)
    if not token:
        return None
    return ActionInvoked(ref=ref, user=user, token=token, message_id=text(activity, "replyToId") or None)


def _form(value: Json, activity: Json, ref: ConversationRef) -> Event | None:
    form = forms.form_in(value)
    if form is None:
        return None
    return FormSubmitted(ref=ref, user=user_of(activity, ref), token=form.token, values=forms.values_in(value, form))


def _files(activity: Json, ref: ConversationRef) -> tuple[RemoteFile, ...]:
    """Return the files of a personal chat, and pictures. ``text/html`` is Teams' own copy of the text, and cards are no
    files."""
    if "attachments" not in activity:
        return ()
    found = [_file(each, ref) for each in items(activity, "attachments")]
    return tuple([file for file in found if file is not None])


def _file(attachment: Json, ref: ConversationRef) -> RemoteFile | None:
    kind = text(attachment, "contentType").lower()
    service = ref.route.get("service", "")
    if kind == DOWNLOAD:
        content = obj(attachment, "content")
        ending = text(content, "fileType")
        name = text(attachment, "name") or (f"file.{ending}" if ending else "file")
        return RemoteFile(
            id=text(content, "uniqueId") or name,
            name=name,
            mime=media_type(name) if "." in name else media_type(f"{name}.{ending}"),
            url=text(content, "downloadUrl") or None,
            workspace=ref.workspace,
            extra={"service": service},
        )
    url = text(attachment, "contentUrl")
    if not kind.startswith(("image/", "audio/", "video/")) or not url:
        return None
    name = text(attachment, "name")
    # Teams gives ``image/*`` as the media type of a pasted picture.
    mime = _narrowed(kind, name) if kind.endswith("/*") else media_type(name, kind)
    name = name or f"{kind.partition('/')[0]}{mimetypes.guess_extension(mime) or ''}"
    return RemoteFile(
        id=url[-200:],
        name=name,
        mime=mime,
        url=url,
        workspace=ref.workspace,
        extra={"service": service, "token": "yes"},
    )


def _narrowed(kind: str, name: str) -> str:
    """Return the media type of a file of which only the kind is told."""
    guessed = media_type(name)
    if guessed.startswith(kind.removesuffix("*")):
        return guessed
    return "image/png" if kind == "image/*" else kind


def _edited(activity: Json, ref: ConversationRef) -> Event | None:
    return MessageEdited(
        ref=ref, user=user_of(activity, ref), message_id=text(activity, "id"), text=to_markdown(activity)
    )


def _deleted(activity: Json, ref: ConversationRef) -> Event | None:
    """Read a deletion; a thread ends with the post it began with."""
    user, id = user_of(activity, ref), text(activity, "id")
    if ref.thread is not None and ref.thread == id:
        return ConversationEnded(ref=ref, user=user, reason="deleted", message_id=id)
    return MessageDeleted(ref=ref, user=user, message_id=id)


def _reaction(activity: Json, ref: ConversationRef) -> Event | None:
    for name, added in (("reactionsAdded", True), ("reactionsRemoved", False)):
        for reaction in items(activity, name):
            return ReactionChanged(
                ref=ref,
                user=user_of(activity, ref),
                message_id=text(activity, "replyToId"),
                emoji=text(reaction, "type"),
                added=added,
            )
    return None


def _update(activity: Json, ref: ConversationRef) -> Event | None:
    user, me = user_of(activity, ref), text(obj(activity, "recipient"), "id")
    if any(text(each, "id") == me for each in items(activity, "membersAdded")):
        return ConversationStarted(ref=ref, user=user) if ref.kind == "dm" else None
    return ConversationEnded(ref=ref, user=user, reason="removed")


def _installation(activity: Json, ref: ConversationRef) -> Event | None:
    user = user_of(activity, ref)
    if text(activity, "action").startswith("add"):
        return ConversationStarted(ref=ref, user=user) if ref.kind == "dm" else None
    return ConversationEnded(ref=ref, user=user, reason="removed")


def _invoke(activity: Json, ref: ConversationRef) -> Event | None:
    reader = _INVOKES.get(text(activity, "name"))
    return None if reader is None else reader(activity, ref)


def _executed(activity: Json, ref: ConversationRef) -> Event | None:
    return _submitted(obj(obj(obj(activity, "value"), "action"), "data"), activity, ref)


def _dialog(activity: Json, ref: ConversationRef) -> Event | None:
    """Read a button that wants a dialog (task/fetch), or a dialog that was submitted (task/submit)."""
    return _submitted(obj(obj(activity, "value"), "data"), activity, ref)


def _feedback(activity: Json, ref: ConversationRef) -> Event | None:
    """Read a rating. Teams asks for the comment itself, so a rating is final: a missing comment is empty, not
    outstanding."""
    given = obj(obj(activity, "value"), "actionValue")
    reaction = text(given, "reaction")
    if text(obj(activity, "value"), "actionName") != "feedback" or reaction not in ("like", "dislike"):
        return None
    return FeedbackGiven(
        ref=ref,
        user=user_of(activity, ref),
        token="",
        value=1 if reaction == "like" else 0,
        comment=_comment(given.get("feedback")),
        message_id=text(activity, "replyToId") or None,
    )


def _comment(given: object) -> str:
    """Return the comment of a feedback form, which is JSON in a string."""
    form = given
    if isinstance(given, str):
        try:
            form = loads(given or "{}")
        except NotJson:
            return given
    return text(form, "feedbackText").strip() if isinstance(form, dict) else ""


def _seconds(timestamp: str) -> float:
    try:
        return datetime.fromisoformat(timestamp).timestamp()
    except (ValueError, OverflowError):
        return 0.0


_READERS: dict[str, Callable[[Json, ConversationRef], Event | None]] = {
    "message": _message,
    "messageUpdate": _edited,
    "messageDelete": _deleted,
    "messageReaction": _reaction,
    "conversationUpdate": _update,
    "installationUpdate": _installation,
    "invoke": _invoke,
}

_INVOKES: dict[str, Callable[[Json, ConversationRef], Event | None]] = {
    EXECUTE: _executed,
    FETCH: _dialog,
    SUBMIT: _dialog,
    FEEDBACK: _feedback,
}
