"""What people do in Teams: write, edit, delete, react, install and uninstall the app."""

from collections.abc import Sequence

from gateway.emulators.common.values import JSON, PersonError, Upload
from gateway.emulators.teams import operations
from gateway.emulators.teams.attachments import DOWNLOAD_INFO
from gateway.emulators.teams.backend import Backend
from gateway.emulators.teams.files import File
from gateway.emulators.teams.text import quoting, typed
from gateway.emulators.teams.values import REACTIONS
from gateway.emulators.teams.world import Conversation, Message, Person, Team


class People:
    """Performs what people do, by the rules of the Teams client. Raises ``PersonError`` when the client does not allow
    it."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._world = backend.world

    def say(
        self,
        conversation: Conversation,
        person: Person,
        text: str,
        *,
        thread: str | None = None,
        files: Sequence[Upload] = (),
        images: Sequence[Upload] = (),
        quote: str | None = None,
    ) -> Message:
        """Post a message; the bot is told when it is addressed. ``quote`` is the message it replies to in a chat, which
        has no threads."""
        self._require(conversation, person)
        if not text.strip() and not files and not images:
            raise PersonError("a message needs text, a file or a picture")
        root = self._root(conversation, thread)
        message = Message(self._world.clock.message_id(), person.id, {}, root=root)
        named = self._write(conversation, message, text, files, images)
        if quote is not None:
            quoted = conversation.find(quote)
            quoting(message.activity, quoted, self._world.account(quoted.sender))
        self._backend.post(conversation, message)
        if self._hears(conversation, named=named):
            activity = self._backend.activities.message(conversation, message)
            self._backend.deliver_message(conversation, message, activity)
        return message

    def edit(self, conversation: Conversation, person: Person, message_id: str, text: str) -> None:
        """Edit a person's message."""
        message = self._own(conversation, person, message_id)
        kept = [a for a in message.activity.get("attachments", ()) if a["contentType"] != "text/html"]
        named = self._write(conversation, message, text, (), ())
        message.activity["attachments"] = [*kept, *message.activity.get("attachments", ())]
        message.edited = True
        self._backend.notice(conversation, message)
        if message.seen_by_bot or self._hears(conversation, named=named):
            activity = self._backend.activities.edited(conversation, message, "editMessage")
            self._backend.deliver_message(conversation, message, activity)

    def delete(self, conversation: Conversation, person: Person, message_id: str) -> None:
        """Delete a person's message."""
        message = self._own(conversation, person, message_id)
        message.deleted = True
        self._backend.notice(conversation, message)
        if message.seen_by_bot and conversation.installed:
            self._backend.deliver(self._backend.activities.deleted(conversation, message))

    def undelete(self, conversation: Conversation, person: Person, message_id: str) -> None:
        """Restore a person's deleted message."""
        message = conversation.messages.get(message_id)
        if message is None or not message.deleted or message.sender != person.id:
            raise PersonError("no such message to bring back")
        message.deleted = False
        self._backend.notice(conversation, message)
        if message.seen_by_bot and conversation.installed:
            activity = self._backend.activities.edited(conversation, message, "undeleteMessage")
            self._backend.deliver_message(conversation, message, activity)

    def react(self, conversation: Conversation, person: Person, message_id: str, reaction: str, *, added: bool) -> None:
        """Add a reaction or remove it. The bot is told for its own messages and for those it received."""
        self._require(conversation, person)
        message = conversation.find(message_id)
        if added and reaction not in REACTIONS and "_" not in reaction:
            raise PersonError(f"no reaction {reaction}")
        if not operations.toggle(message, reaction, person.id, added=added):
            raise PersonError("there already" if added else "not there")
        self._backend.notice(conversation, message)
        known = message.seen_by_bot or message.sender == self._world.bot_id
        if known and conversation.installed:
            activities = self._backend.activities
            self._backend.deliver(activities.reaction(conversation, person, message, reaction, added=added))

    def stop(self, conversation: Conversation, person: Person) -> str:
        """Press the stop button. The bot is not told; its next request for the stream is refused."""
        self._require(conversation, person)
        message = self._backend.running(conversation)
        if message is None or message.stream is None:
            raise PersonError("nothing is being streamed")
        message.stream.ended = "stopped"
        self._backend.notice(conversation, message)
        return message.id

    # -- members and channels

    def install(self, conversation: Conversation, actor: Person) -> None:
        """Install the app in a chat, or in the team a channel belongs to."""
        if conversation.installed:
            raise PersonError("the app is there already")
        activities = self._backend.activities
        self._set_installed(conversation, True)
        self._backend.deliver(activities.installation(conversation, actor, "add"))
        self._backend.deliver(activities.members(conversation, actor, [self._account()], added=True))

    def uninstall(self, conversation: Conversation, actor: Person) -> None:
        """Uninstall the app from a chat, or from the team a channel belongs to."""
        if not conversation.installed:
            raise PersonError("the app is not there")
        activities = self._backend.activities
        self._set_installed(conversation, False)
        if conversation.kind != "personal":
            self._backend.deliver(activities.members(conversation, actor, [self._account()], added=False))
        self._backend.deliver(activities.installation(conversation, actor, "remove"))

    def member(self, conversation: Conversation, actor: Person, person: Person, *, added: bool) -> None:
        """Let a person join a group chat or a team, or leave it."""
        if conversation.kind == "personal" or (person.id in conversation.members) == added:
            raise PersonError("there already" if added else "not there")
        for each in conversation.team.channels if conversation.team is not None else [conversation]:
            each.members = [*each.members, person.id] if added else [m for m in each.members if m != person.id]
            self._backend.notice_conversation(each)
        if conversation.installed:
            account = {"id": person.id, "aadObjectId": person.aad_object_id}
            self._backend.deliver(self._backend.activities.members(conversation, actor, [account], added=added))

    def remove_channel(self, channel: Conversation, actor: Person) -> None:
        """Delete a channel. The bot is told."""
        if channel.team is None or channel.id == channel.team.id:
            raise PersonError("only channels other than General can be deleted")
        channel.team.channels.remove(channel)
        del self._world.conversations[channel.id]
        self._backend.notice_conversation(channel, removed=True)
        self._backend.deliver(self._backend.activities.channel(channel, actor, "channelDeleted"))

    def remove_team(self, team: Team, actor: Person) -> None:
        """Delete a team with all its channels. The bot is told in General."""
        general = team.channels[0]
        told = self._backend.activities.channel(general, actor, "teamDeleted")
        told["channelData"].pop("channel")
        for channel in team.channels:
            self._world.conversations.pop(channel.id, None)
            self._backend.notice_conversation(channel, removed=True)
        self._backend.deliver(told)

    def add_channel(self, channel: Conversation, actor: Person) -> None:
        """Announce a new channel. The bot is told."""
        self._backend.notice_conversation(channel)
        self._backend.deliver(self._backend.activities.channel(channel, actor, "channelCreated"))

    # -- internals

    def _account(self) -> JSON:
        return {"id": self._world.bot_id}

    def _set_installed(self, conversation: Conversation, installed: bool) -> None:
        for each in conversation.team.channels if conversation.team is not None else [conversation]:
            each.installed = installed
            self._backend.notice_conversation(each)

    def _hears(self, conversation: Conversation, *, named: bool) -> bool:
        return conversation.installed and (conversation.kind == "personal" or named or self._backend.rsc)

    def _write(
        self,
        conversation: Conversation,
        message: Message,
        text: str,
        files: Sequence[Upload],
        images: Sequence[Upload],
    ) -> bool:
        """Put what was typed and shared into the message, and return whether it mentions the bot."""
        said = typed(self._world, conversation, text)
        shared = [self._backend.files.add(file) for file in files]
        pictures = [self._backend.files.add(image) for image in images]
        service_url = self._world.service_url(conversation.tenant_id)
        attachments: list[JSON] = [_picture(service_url, p) for p in pictures]
        message.shared = []
        if conversation.kind == "personal":
            attachments += [self._shared(file) for file in shared]
        else:
            message.shared = [self._shared(file) for file in shared]
        shown = said.html + "".join(f'<img src="{a["contentUrl"]}" alt="image">' for a in attachments[: len(pictures)])
        if conversation.kind != "personal":  # elsewhere a bot is told of a file, but gets it through Graph only
            shown += "".join(f'<attachment id="{file.id}"></attachment>' for file in shared)
        if shown:
            attachments.append({"contentType": "text/html", "content": shown})
        message.activity = {"text": said.text, "textFormat": "plain", "attachments": attachments}
        if said.mentions:
            message.activity["entities"] = said.mentions
        return said.names(self._world.bot_id)

    def _shared(self, file: File) -> JSON:
        files = self._backend.files
        content = {"downloadUrl": files.download_url(file), "uniqueId": file.id, "fileType": file.kind}
        return {
            "contentType": DOWNLOAD_INFO,
            "contentUrl": files.content_url(file),
            "name": file.name,
            "content": content,
        }

    def _root(self, conversation: Conversation, thread: str | None) -> str | None:
        if thread is None:
            return None
        if conversation.kind != "channel":
            raise PersonError("only channels have threads")
        return conversation.find(thread).thread

    def _own(self, conversation: Conversation, person: Person, message_id: str) -> Message:
        message = conversation.find(message_id)
        if message.sender != person.id:
            raise PersonError("only its author may change a message")
        return message

    def _require(self, conversation: Conversation, person: Person) -> None:
        if person.id not in conversation.members:
            raise PersonError(f"{person.name} is not in this conversation")


def _picture(service_url: str, file: File) -> JSON:
    url = f"{service_url}v3/attachments/{file.id}/views/original"
    return {"contentType": "image/*", "contentUrl": url}
