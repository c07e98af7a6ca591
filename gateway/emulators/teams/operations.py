"""The connector's operations on conversations and their activities, with Teams' own refusals.

https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference; codes and texts:
https://learn.microsoft.com/microsoftteams/platform/bots/build-conversational-capability#status-codes-from-bot-conversational-apis.
"""

import re
from typing import Any

from gateway.emulators.common.values import JSON
from gateway.emulators.teams import streams
from gateway.emulators.teams.attachments import CARDS, FILE_INFO
from gateway.emulators.teams.backend import Backend
from gateway.emulators.teams.validate import check_message, check_size
from gateway.emulators.teams.values import REACTIONS, ApiError, bad_argument, bad_syntax
from gateway.emulators.teams.world import Conversation, Message, text_of

_EMOJI = re.compile(r"[0-9a-f]{4,6}(-[0-9a-f]{4,6}){0,7}_[a-z0-9_-]{1,60}")
Result = tuple[int, JSON | None]
"""The HTTP status and the body of an answer."""


def create(backend: Backend, tenant_id: str | None, given: JSON) -> Result:
    """Create a personal chat with a member, or a new post in a channel. Bots cannot create group chats."""
    data = _object(given.get("channelData"))
    channel = data.get("channel")
    if isinstance(channel, dict):
        return _create_post(backend, tenant_id, str(channel.get("id")), given.get("activity"))
    members = given.get("members")
    if given.get("isGroup") or not isinstance(members, list) or len(members) != 1:
        raise bad_syntax("Incorrect conversation creation parameters")
    # Bot Framework's own Python SDK writes tenantID; the service does not mind the case.
    tenant = str(given.get("tenantId") or given.get("tenantID") or _object(data.get("tenant")).get("id"))
    if tenant not in backend.world.tenants or tenant_id not in (None, tenant):
        raise bad_argument("Unknown or missing tenant")
    wanted = _object(members[0]).get("id")
    people = backend.world.people.values()
    person = next((p for p in people if wanted in (p.id, p.aad_object_id) and p.tenant_id == tenant), None)
    if person is None:
        raise bad_argument("Failed to resolve the member")
    conversation = backend.world.personal(person.id)
    if conversation is None or not conversation.installed:
        raise ApiError(403, "ForbiddenOperationException", "Bot isn't installed in user's personal scope")
    answer: JSON = {"id": conversation.id, "serviceUrl": backend.world.service_url(tenant)}
    if isinstance(given.get("activity"), dict):
        posted = _post(backend, conversation, None, given["activity"], targeted=False)
        answer |= {"activityId": posted.id} if posted is not None else {}
    return 201, answer


def _object(given: Any) -> JSON:
    return given if isinstance(given, dict) else {}


def _create_post(backend: Backend, tenant_id: str | None, channel_id: str, activity: Any) -> Result:
    channel, _ = backend.world.addressed(channel_id, tenant_id)
    if channel.kind != "channel" or not isinstance(activity, dict):
        raise bad_syntax("Incorrect conversation creation parameters")
    message = _post(backend, channel, None, activity, targeted=False)
    if message is None:
        raise bad_syntax("A post begins with one message: text and a card are two")
    service_url = backend.world.service_url(channel.tenant_id)
    return 201, {"id": backend.world.at(channel, message.id), "activityId": message.id, "serviceUrl": service_url}


def send(
    backend: Backend,
    conversation: Conversation,
    root: str | None,
    activity: JSON,
    *,
    reply_to: str | None = None,
    targeted: bool = False,
) -> Result:
    """Post a message, a typing indicator or a part of a stream. ``reply_to`` is the activity it replies to."""
    if reply_to is not None:
        thread = conversation.activity(reply_to).thread
        root = root or (thread if conversation.kind == "channel" else None)
    kind = activity.get("type")
    if kind not in ("message", "typing"):
        raise bad_argument(f"Unknown activity type {kind!r}")
    info = streams.info_of(activity)
    if info is not None:
        return streams.stream(backend, conversation, activity, info)
    if kind == "typing":
        check_size(activity)
        backend.show_typing(conversation, typing=True)
        return 201, {"id": backend.world.clock.message_id()}
    posted = _post(backend, conversation, root, activity, targeted=targeted)
    return 201, {"id": posted.id} if posted is not None else {}


def _post(
    backend: Backend, conversation: Conversation, root: str | None, activity: JSON, *, targeted: bool
) -> Message | None:
    """Post a message and return it, or None when it became two messages, whose ids Teams does not tell."""
    check_message(activity, conversation)
    _check_files(backend, activity)
    recipient = str(_object(activity.get("recipient")).get("id")) if targeted else None
    if targeted and recipient not in conversation.members:
        raise ApiError(400, "Bad argument", "Recipient is missing or not a member of the conversation.")
    parts = _split(activity)
    for part in parts:
        message = Message(backend.world.clock.message_id(), backend.world.bot_id, part, root=root)
        message.targeted_for = recipient
        backend.post(conversation, message)
    return message if len(parts) == 1 else None


def _split(activity: JSON) -> list[JSON]:
    """Return an activity as one or two messages. Text and a card become two, as several cards do
    (https://github.com/microsoft/botframework-sdk/issues/6366)."""
    cards = [each for each in activity.get("attachments") or () if each["contentType"] in CARDS]
    if not cards or not text_of(activity).strip():
        return [activity]
    others = [each for each in activity["attachments"] if each not in cards]
    words = {name: value for name, value in activity.items() if name != "suggestedActions"}
    shown = {name: value for name, value in activity.items() if name not in ("text", "textFormat", "entities")}
    return [words | {"attachments": others}, shown | {"attachments": cards}]


def _check_files(backend: Backend, activity: JSON) -> None:
    for attachment in activity.get("attachments") or ():
        if attachment["contentType"] == FILE_INFO and backend.files.find(attachment["content"]["uniqueId"]) is None:
            raise bad_argument("The file card names no file that was uploaded")


def update(backend: Backend, conversation: Conversation, activity_id: str, activity: JSON, *, targeted: bool) -> Result:
    """Replace the content of one of the bot's messages."""
    message = _own(backend, conversation, activity_id)
    if targeted and activity.get("recipient"):
        raise ApiError(400, "Bad argument", "Recipient must not be included in an update.")
    stream = backend.stream_of(message)
    if stream is not None and stream.ended in (None, "stopped"):
        # What was streamed cannot be changed while the stream runs, nor after the person stopped it.
        text = "Content stream was canceled by user" if stream.ended else "Content stream is not allowed"
        raise streams.not_allowed(text)
    check_message(activity, conversation)
    _check_files(backend, activity)
    message.activity = activity
    message.edited = True
    message.cards.clear()
    message.consents.clear()
    backend.show_typing(conversation, typing=False)
    backend.notice(conversation, message)
    return 200, {"id": message.id}


def delete(backend: Backend, conversation: Conversation, activity_id: str) -> Result:
    """Delete one of the bot's messages."""
    message = _own(backend, conversation, activity_id)
    message.deleted = True
    backend.notice(conversation, message)
    return 200, None


def _own(backend: Backend, conversation: Conversation, activity_id: str) -> Message:
    message = conversation.activity(activity_id)
    if message.sender != backend.world.bot_id:
        raise ApiError(403, "NotEnoughPermissions", "A bot can't update or delete messages sent by the user.")
    return message


def react(backend: Backend, conversation: Conversation, activity_id: str, reaction: str, *, added: bool) -> Result:
    """Add the bot's reaction to a message, or remove it."""
    message = conversation.activity(activity_id)
    if reaction not in REACTIONS and not _EMOJI.fullmatch(reaction):
        raise bad_argument(f"Unknown reaction {reaction!r}")
    toggle(message, reaction, backend.world.bot_id, added=added)
    backend.notice(conversation, message)
    return 200, None


def toggle(message: Message, reaction: str, who: str, *, added: bool) -> bool:
    """Add a reaction or remove it, and return whether that changed anything."""
    those = message.reactions.setdefault(reaction, [])
    changed = (who in those) != added
    if changed:
        those.append(who) if added else those.remove(who)
    if not those:
        del message.reactions[reaction]
    return changed
