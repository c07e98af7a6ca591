"""Plays activities of another tenant: makes the people, conversations, messages and files they speak of, and delivers
them.

A payload is an activity as Teams sent it once
(https://learn.microsoft.com/microsoftteams/platform/resources/bot-v3/bots-overview, Bot Framework Activity schema).
"""

from collections.abc import Mapping
from typing import Any

from gateway.emulators.common.fillers import filler
from gateway.emulators.common.reading import items, obj, objects, text
from gateway.emulators.common.values import JSON, Upload
from gateway.emulators.teams.attachments import DOWNLOAD_INFO
from gateway.emulators.teams.backend import Backend
from gateway.emulators.teams.world import Conversation, Kind, Message, Person, Team, Tenant

_FILLED = 1_000
"""Bytes of the filler of a file, whose size an activity does not tell."""
_THREAD = ";messageid="
_SHOWN: tuple[str, ...] = ("text", "textFormat", "attachments", "entities")
"""Fields of an activity that its message shows."""


class Staging:
    """Makes what activities speak of, in one tenant, and delivers them to the bot."""

    def __init__(self, backend: Backend, tenant: Tenant) -> None:
        self.names: dict[str, str] = {}
        """Names of people, by their ids, where a payload does not tell them."""
        self._backend = backend
        self._world = backend.world
        self._tenant = tenant

    def own_ids(self, payload: JSON) -> Mapping[str, str]:
        """Return ids of a payload that stand for what there is already, the bot and the tenant. By them are this
        emulator's own ids."""
        pairs = {
            text(obj(payload, "recipient"), "id"): self._world.bot_id,
            text(obj(payload, "conversation"), "tenantId"): self._tenant.id,
            text(obj(obj(payload, "channelData"), "tenant"), "id"): self._tenant.id,
        }
        return {theirs: own for theirs, own in pairs.items() if theirs and theirs != own}

    def stage(self, payload: JSON, *, thread: str | None = None) -> None:
        """Add the people and the conversation of a payload. ``thread`` is not needed, because payloads name theirs."""
        for account in (obj(payload, "from"), *(obj(each, "mentioned") for each in objects(payload))):
            self._person(account)
        id = text(obj(payload, "conversation"), "id").partition(_THREAD)[0]
        if id:
            self._conversation(id, payload)

    async def deliver(self, payload: JSON, *, thread: str | None = None) -> bool:
        """Deliver a payload to the bot, once what it is about is there. Returns True, once the bot answered. ``thread``
        is not needed, because payloads name theirs."""
        self.stage(payload)
        full = text(obj(payload, "conversation"), "id")
        id, _, root = full.partition(_THREAD)
        conversation = self._world.conversations.get(id)
        payload = {**payload, "serviceUrl": self._world.service_url(self._tenant.id)}
        if items(payload, "attachments"):
            payload["attachments"] = [self._with_file(each) for each in items(payload, "attachments")]
        if conversation is not None:
            self._apply(conversation, payload, root)
        await self._backend.deliveries.send(payload)
        return True

    # -- people and places

    def _person(self, account: JSON) -> None:
        id = text(account, "id")
        if not id or id in self._world.people or id.startswith("28:"):
            return
        name = (self.names.get(id) or text(account, "name")).split() or [f"Person{len(self._world.people)}"]
        object_id = text(account, "aadObjectId") or f"00000000-0000-4000-8000-{len(self._world.people):012x}"
        user = f"person{len(self._world.people)}@staged.example"
        self._world.people[id] = Person(id, object_id, self._tenant.id, name[0], " ".join(name[1:]), user, user)

    def _conversation(self, id: str, payload: JSON) -> Conversation:
        found = self._world.conversations.get(id)
        sender = text(obj(payload, "from"), "id")
        if found is None:
            told, data = obj(payload, "conversation"), obj(payload, "channelData")
            kind = _kind(told, data, id)
            members = [each for each in (sender,) if each in self._world.people]
            team = self._team(text(obj(data, "team"), "id") or id) if kind == "channel" else None
            if team is not None and (found := self._world.conversations.get(id)) is not None:
                return found
            name = f"place{len(self._world.conversations)}"
            found = self._world.add_conversation(kind, self._tenant.id, name, members, team=team, id=id)
        if sender in self._world.people and sender not in found.members and found.kind != "personal":
            found.members.append(sender)
        return found

    def _team(self, id: str) -> Team:
        found = self._world.teams.get(id)
        if found is None:
            group = f"00000000-0000-4000-8000-{len(self._world.teams):012x}"
            found = self._world.teams[id] = Team(id, "Team", group, self._tenant.id)
            self._world.add_conversation("channel", self._tenant.id, "General", [], team=found, id=id)
        return found

    # -- messages and files

    def _apply(self, conversation: Conversation, payload: JSON, root: str) -> None:
        """Let a conversation show what an activity reports."""
        id, kind = text(payload, "id"), text(payload, "type")
        sender = text(obj(payload, "from"), "id")
        if root and root != id:
            self._there(conversation, root, sender)
        if kind in ("message", "messageUpdate") and id and not isinstance(payload.get("value"), dict):
            shown: JSON = {name: payload[name] for name in _SHOWN if name in payload}
            if id in conversation.messages:
                conversation.messages[id].activity |= shown
            else:
                conversation.add(Message(id, sender, shown, root=root if root != id else None, seen_by_bot=True))
        elif kind == "messageDelete" and id in conversation.messages:
            conversation.messages[id].deleted = True
        elif text(payload, "replyToId"):
            self._there(conversation, text(payload, "replyToId"), sender)

    def _there(self, conversation: Conversation, id: str, sender: str) -> None:
        """Add a message of which nothing is known, if it is not there."""
        if id not in conversation.messages:
            conversation.add(Message(id, sender, {"text": ""}, seen_by_bot=True))

    def _with_file(self, attachment: JSON) -> JSON:
        """Return an attachment that can be downloaded here, if it is a file or a picture."""
        kind, files = text(attachment, "contentType"), self._backend.files
        if kind == DOWNLOAD_INFO:
            file = files.add(Upload(text(attachment, "name") or "file", filler("", _FILLED)))
            content: Any = {**obj(attachment, "content"), "downloadUrl": files.download_url(file)}
            return {**attachment, "contentUrl": files.content_url(file), "content": content}
        if kind.startswith("image/") and text(attachment, "contentUrl"):
            file = files.add(Upload("image.png", filler("image/png", _FILLED), "image/png"))
            service = self._world.service_url(self._tenant.id)
            return {**attachment, "contentUrl": f"{service}v3/attachments/{file.id}/views/original"}
        return attachment


def _kind(conversation: JSON, data: JSON, id: str) -> Kind:
    match text(conversation, "conversationType"):
        case "personal":
            return "personal"
        case "channel":
            return "channel"
        case "groupChat":
            return "groupChat"
        case _:
            channel = bool(text(obj(data, "channel"), "id")) or id.endswith("@thread.tacv2")
            return "channel" if channel else "groupChat" if conversation.get("isGroup") is True else "personal"
