"""The calls of an adapter as JSON: what went out, in the gateway's own words rather than in a platform's.

Contents of files are never part of it. Of a growing stream each call has only how much there was: the whole text comes
with the call that ends it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from gateway.errors import GatewayError
from gateway.model import (
    Accepted,
    Answer,
    Command,
    ConversationRef,
    Form,
    FormErrors,
    FromBytes,
    FromPath,
    FromUrl,
    Notice,
    OpenForm,
    Outgoing,
    OutgoingFile,
    Receipt,
    Starter,
    TaskUpdate,
    UserRef,
    to_json,
)

JSON = dict[str, Any]
"""A JSON object."""


def ref_json(ref: ConversationRef) -> JSON:
    """Return a conversation, without the adapter's own data on where to post."""
    return {
        "platform": ref.platform,
        "workspace": ref.workspace,
        "channel": ref.channel,
        "thread": ref.thread,
        "kind": ref.kind,
    }


def receipt_json(receipt: Receipt) -> JSON:
    """Return a receipt, without the adapter's own data."""
    return {"to": ref_json(receipt.to), "id": receipt.id}


def message_json(message: Outgoing) -> JSON:
    """Return a message, without the contents of its files."""
    shown: JSON = {"text": message.text}
    if message.author is not None:
        shown["author"] = message.author
    for name in ("buttons", "menus", "cards", "citations"):
        if parts := getattr(message, name):
            shown[name] = [to_json(each, sparse=True) for each in parts]
    if message.plan is not None:
        shown["plan"] = {
            "kind": message.plan.kind,
            "title": message.plan.title,
            "status": message.plan.status,
            "tasks": tasks_json(message.plan.tasks),
        }
    if message.files:
        shown["files"] = [file_json(each) for each in message.files]
    if message.feedback is not None:
        shown["feedback"] = message.feedback
    for name in ("keeps_files", "ai_generated", "plain"):
        if getattr(message, name):
            shown[name] = True
    return shown


def file_json(file: OutgoingFile) -> JSON:
    """Return what is told of a file: its name, its type, and its size in bytes where that is known without reading."""
    told: JSON = {"kind": file.kind, "name": file.name, "mime": file.mime}
    match file.source:
        case FromBytes(data=data):
            told["size"] = len(data)
        case FromUrl(url=url):
            told["url"] = url
        case FromPath():
            pass
    return told


def tasks_json(tasks: Sequence[TaskUpdate]) -> list[JSON]:
    """Return tasks, without how long they took."""
    return [
        {
            "title": each.title,
            "status": each.status,
            "details": each.details,
            "output": each.output,
            "depth": each.depth,
        }
        for each in tasks
    ]


def form_json(form: Form) -> JSON:
    """Return a form; an option of a field is an object of its value and its label."""
    fields: list[JSON] = []
    for field in form.fields:
        shown: JSON = to_json(field, sparse=True) | {"kind": field.kind}
        if field.kind == "select":
            shown["options"] = [{"value": value, "label": label} for value, label in field.options]
        fields.append(shown)
    return {"token": form.token, "title": form.title, "submit": form.submit_label, "fields": fields}


def answer_json(answer: Answer | None) -> JSON | None:
    """Return what an interaction is answered with in place."""
    match answer:
        case None:
            return None
        case OpenForm(form=form):
            return {"kind": "open_form", "form": form_json(form)}
        case FormErrors(errors=errors):
            return {"kind": "form_errors", "errors": [{"id": id, "text": text} for id, text in errors.items()]}
        case Notice(text=text):
            return {"kind": "notice", "text": text}


def accepted_json(accepted: Accepted) -> JSON:
    """Return what came of a delivery."""
    return {"status": accepted.status, "answer": answer_json(accepted.answer)}


def error_json(error: BaseException) -> JSON:
    """Return a failure: its class, which says what the gateway does next, and what the platform said."""
    told: JSON = {"failure": type(error).__name__}
    if isinstance(error, GatewayError):
        told["text"] = str(error)
    return told


def references_in(value: Any) -> list[tuple[str, str]]:
    """Return the texts in a call or an answer that come back in what people do: tokens of controls and forms, ids of
    fields, values of options. Each with its kind."""
    found: list[tuple[str, str]] = []
    _collect(value, found)
    return found


def _collect(value: Any, found: list[tuple[str, str]]) -> None:
    if isinstance(value, Mapping):
        members = cast(Mapping[str, Any], value)
        for name in ("token", "feedback"):
            if isinstance(each := members.get(name), str) and each:
                found.append((each, "token"))
        for field in members.get("fields") or ():
            found.append((str(field["id"]), "field"))
            found.extend((str(option["value"]), "option") for option in field.get("options") or ())
        for each in members.values():
            _collect(each, found)
    elif isinstance(value, list):
        for each in cast(Sequence[Any], value):
            _collect(each, found)


def commands_json(commands: Sequence[Command]) -> list[JSON]:
    """Return slash commands."""
    return [{"command": each.name, "description": each.description} for each in commands]


def starters_json(starters: Sequence[Starter]) -> list[JSON]:
    """Return suggested prompts."""
    return [{"label": each.label, "message": each.message} for each in starters]


def user_json(user: UserRef | None) -> str | None:
    """Return the id of a person."""
    return None if user is None else user.id
