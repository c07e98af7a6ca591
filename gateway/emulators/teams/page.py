"""Builds what the playground's page sees of a message, an attachment, a conversation and a person."""

from typing import Protocol

from gateway.emulators.common.values import JSON
from gateway.emulators.teams.attachments import CONSENT, DOWNLOAD_INFO, FILE_INFO
from gateway.emulators.teams.files import Files
from gateway.emulators.teams.validate import MESSAGE_ENTITY
from gateway.emulators.teams.world import Conversation, Message, Person, Stream, World, text_of


class State(Protocol):
    """The state a page shows: conversations, files and running streams; ``Backend`` implements it."""

    world: World
    files: Files

    def stream_of(self, message: Message) -> Stream | None:
        """Return the message's stream, ended if its time is over; None when the message was never streamed."""
        ...


def message(state: State, conversation: Conversation, shown: Message, viewer: str) -> JSON:
    """Return a message as the playground's page shows it to ``viewer``."""
    activity, account = shown.activity, state.world.account(shown.sender)
    stream = state.stream_of(shown)
    out: JSON = {
        "id": shown.id,
        "conversation": conversation.id,
        "thread": shown.root,
        "from": account["id"],
        "name": account["name"],
        "bot": shown.sender == state.world.bot_id,
        "at": shown.at,
        "edited": shown.edited,
        "deleted": shown.deleted,
    }
    if shown.deleted:
        return out
    data, suggested = activity.get("channelData") or {}, activity.get("suggestedActions") or {}
    loop = (data.get("feedbackLoop") or {}).get("type") or ("default" if data.get("feedbackLoopEnabled") else None)
    root: JSON = next((e for e in activity.get("entities") or () if e.get("type") == MESSAGE_ENTITY), {})
    return out | {
        "text": text_of(activity),
        "format": activity.get("textFormat") or ("markdown" if out["bot"] else "plain"),
        "mentions": [
            {"text": e["text"], "id": e["mentioned"]["id"]}
            for e in activity.get("entities") or ()
            if e.get("type") == "mention"
        ],
        "layout": activity.get("attachmentLayout") or "list",
        "attachments": [
            attachment(state, shown, number, given, viewer)
            for number, given in enumerate([*(activity.get("attachments") or ()), *shown.shared])
            if given["contentType"] != "text/html"
        ],
        "suggested": suggested.get("actions", []) if viewer in (suggested.get("to") or [viewer]) else [],
        "reactions": [{"type": kind, "users": list(users)} for kind, users in shown.reactions.items()],
        "streaming": stream.kind if stream is not None and stream.ended is None else None,
        "stopped": stream is not None and stream.ended == "stopped",
        "ai_generated": bool(root.get("additionalType")),
        "citations": root.get("citation") or [],
        "feedback": loop,
        "verdict": shown.verdicts.get(viewer),
        "undelivered": shown.undelivered,
        "targeted_for": shown.targeted_for,
    }


def attachment(state: State, shown: Message, number: int, given: JSON, viewer: str) -> JSON:
    """Return an attachment as the playground's page shows it to ``viewer``."""
    kind, content = given["contentType"], given.get("content")
    out: JSON = {"index": number, "type": kind, "name": given.get("name"), "url": given.get("contentUrl")}
    if kind in (FILE_INFO, DOWNLOAD_INFO):
        file = state.files.find((content or {}).get("uniqueId"))
        out["url"] = state.files.page_url(file) if file is not None else None
        out["size"] = len(file.content or b"") if file is not None else None
        return out
    if kind.startswith("image/"):
        parts = str(out["url"]).split("/")
        file = state.files.find(parts[-3]) if parts[-1] == "original" else None
        out["url"] = state.files.page_url(file) if file is not None else out["url"]
        return out
    if kind == CONSENT:
        out["state"] = shown.consents.get(number, "open")
    return out | {"content": shown.cards.get((viewer, number), content)}


def seen(state: State, shown: Message) -> JSON:
    """Return a message as tests see it: its activity and what became of it."""
    stream = state.stream_of(shown)
    entities = shown.activity.get("entities") or ()
    return {
        **shown.activity,
        "id": shown.id,
        "from": state.world.account(shown.sender),
        "thread": shown.root,
        "edited": shown.edited,
        "deleted": shown.deleted,
        "streaming": stream.kind if stream is not None and stream.ended is None else None,
        "reactions": {kind: list(users) for kind, users in shown.reactions.items()},
        "pings": [e["mentioned"]["id"] for e in entities if e.get("type") == "mention"],
        "undelivered": shown.undelivered,
        "targeted_for": shown.targeted_for,
        "consents": dict(shown.consents),
        "verdicts": dict(shown.verdicts),
    }


def conversation(world: World, shown: Conversation) -> JSON:
    """Return a conversation as the playground's page sees it."""
    owner = world.people[shown.members[0]] if shown.kind == "personal" else None
    return {
        "id": shown.id,
        "kind": shown.kind,
        "name": world.bot_name if owner is not None else shown.name,
        "user": owner.id if owner is not None else None,
        "team": shown.team.id if shown.team is not None else None,
        "installed": shown.installed,
        "members": list(shown.members),
    }


def user(shown: Person) -> JSON:
    """Return a person as the playground's page sees them."""
    return {
        "id": shown.id,
        "name": shown.name,
        "given_name": shown.given_name,
        "email": shown.email,
        "aad_object_id": shown.aad_object_id,
    }
