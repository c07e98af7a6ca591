"""Builds activities as Teams sends them to a bot.

https://learn.microsoft.com/microsoftteams/platform/bots/build-conversational-capability and
.../how-to/conversations/subscribe-to-conversation-events; the fields are those of the pages' examples.
"""

import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from gateway.emulators.common.values import JSON
from gateway.emulators.teams.values import timestamp
from gateway.emulators.teams.world import Conversation, Message, Person, World

_CLIENT = {"type": "clientInfo", "locale": "en-US", "country": "US", "platform": "Web", "timezone": "Europe/London"}


def event_id() -> str:
    """Return a new id for an activity that is not a message."""
    return f"f:{secrets.token_hex(16)}"


class Activities:
    """Builds activities; delivering them is left to ``Deliveries``."""

    def __init__(self, world: World) -> None:
        self._world = world

    def message(self, conversation: Conversation, message: Message, *, kind: str = "message") -> JSON:
        """Return the activity of a message in its present form, for ``message``, ``messageUpdate`` and
        ``messageDelete``."""
        person = self._world.people[message.sender]
        activity = self.of(conversation, person, kind, root=message.thread, id=message.id)
        activity |= {k: v for k, v in message.activity.items() if k != "entities"}
        activity["entities"] = [*message.activity.get("entities", ()), _CLIENT]
        if message.root is not None:
            activity["replyToId"] = message.root
        return activity

    def of(
        self, conversation: Conversation, person: Person, kind: str, *, root: str | None = None, **more: Any
    ) -> JSON:
        """Return an activity with the fields that all activities have. ``root`` puts an activity of a channel into a
        thread."""
        now = time.time()
        activity: JSON = {
            "type": kind,
            "id": event_id(),
            "timestamp": timestamp(now),
            "localTimestamp": datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds"),
            "localTimezone": "Europe/London",
            "locale": "en-US",
            "channelId": "msteams",
            "serviceUrl": self._world.service_url(conversation.tenant_id),
            "from": person.account(),
            "recipient": self._world.bot(),
            "conversation": self.conversation(conversation, root),
            "channelData": self.channel_data(conversation),
        }
        return activity | more

    def conversation(self, conversation: Conversation, root: str | None) -> JSON:
        """Return the ``conversation`` field of an activity."""
        account: JSON = {
            "id": self._world.at(conversation, root),
            "conversationType": conversation.kind,
            "tenantId": conversation.tenant_id,
        }
        if conversation.kind != "personal":
            account["isGroup"] = True
        if conversation.kind == "groupChat":
            account["name"] = conversation.name
        return account

    def channel_data(self, conversation: Conversation, event: str | None = None) -> JSON:
        """Return the ``channelData`` field of an activity. ``event`` is its ``eventType``."""
        data: JSON = {"tenant": {"id": conversation.tenant_id}}
        if conversation.team is not None:
            team = conversation.team
            data["team"] = {"id": team.id}
            data["channel"] = {"id": conversation.id}
            data |= {"teamsTeamId": team.id, "teamsChannelId": conversation.id}
            if event is not None:
                data["team"] |= {"name": team.name, "aadGroupId": team.aad_group_id}
        if event is not None:
            data["eventType"] = event
        return data

    def edited(self, conversation: Conversation, message: Message, event: str) -> JSON:
        """Return the activity of a changed message. ``event`` is ``editMessage`` or ``undeleteMessage``."""
        activity = self.message(conversation, message, kind="messageUpdate")
        activity["channelData"] |= {"eventType": event}
        return activity

    def deleted(self, conversation: Conversation, message: Message) -> JSON:
        """Return the activity of a deleted message."""
        activity = self.message(conversation, message, kind="messageDelete")
        for gone in ("text", "textFormat", "attachments"):
            activity.pop(gone, None)
        activity["channelData"] |= {"eventType": "softDeleteMessage"}
        activity["entities"] = [_CLIENT]
        return activity

    def reaction(
        self, conversation: Conversation, person: Person, message: Message, reaction: str, *, added: bool
    ) -> JSON:
        """Return the activity of a reaction that was added or removed."""
        changed = "reactionsAdded" if added else "reactionsRemoved"
        activity = self.of(conversation, person, "messageReaction", root=message.thread, replyToId=message.id)
        return {**activity, changed: [{"type": reaction}]}

    def members(self, conversation: Conversation, actor: Person, accounts: Sequence[JSON], *, added: bool) -> JSON:
        """Return the activity of people, or the bot, who joined or left. A team's is sent in its General channel."""
        home = conversation.team.channels[0] if conversation.team is not None else conversation
        activity = self.of(home, actor, "conversationUpdate")
        activity["membersAdded" if added else "membersRemoved"] = list(accounts)
        if home.team is not None:
            activity["channelData"] = self.channel_data(home, "teamMemberAdded" if added else "teamMemberRemoved")
            activity["channelData"].pop("channel")
        return activity

    def channel(self, channel: Conversation, actor: Person, event: str) -> JSON:
        """Return the activity of a channel's change. ``event`` is channelCreated, channelRenamed, channelDeleted or
        channelRestored."""
        team = channel.team
        assert team is not None
        activity = self.of(team.channels[0], actor, "conversationUpdate")
        activity["channelData"] = self.channel_data(channel, event)
        activity["channelData"]["channel"] = {"id": channel.id, "name": channel.name}
        return activity

    def installation(self, conversation: Conversation, actor: Person, action: str) -> JSON:
        """Return the activity of an installation. ``action`` is ``add`` or ``remove`` (or one of their ``-upgrade``
        variants)."""
        activity = self.of(conversation, actor, "installationUpdate", action=action, entities=[_CLIENT])
        activity["channelData"] |= {"settings": {"selectedChannel": {"id": conversation.id}}, "source": {"name": "app"}}
        return activity

    def invoke(
        self,
        conversation: Conversation,
        person: Person,
        name: str | None,
        value: Any,
        *,
        message: Message | None,
    ) -> JSON:
        """Return an invoke, which the bot answers with a result."""
        root = message.thread if message is not None else None
        activity = self.of(conversation, person, "invoke", root=root, value=value, entities=[_CLIENT])
        if name is not None:  # the invoke button of a classic card has none
            activity["name"] = name
        activity["channelData"] |= {"source": {"name": "message"}}
        if message is not None:
            activity["replyToId"] = message.id
        return activity

    def submitted(
        self, conversation: Conversation, person: Person, message: Message, value: Any, *, text: str | None = None
    ) -> JSON:
        """Return the message that an Action.Submit or a messageBack button sends: a message with a ``value``."""
        activity = self.of(conversation, person, "message", root=message.thread, replyToId=message.id)
        activity |= {"value": value, "entities": [_CLIENT], "textFormat": "plain"}
        activity["channelData"] |= {"source": {"name": "message"}, "legacy": {"replyToId": f"1:{message.id}"}}
        if text is not None:
            activity["text"] = text
        return activity
