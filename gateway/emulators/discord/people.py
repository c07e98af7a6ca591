"""What people do with messages in Discord's client: type, reply, upload, speak, edit, delete, react, open threads."""

import base64
from collections.abc import Sequence

from gateway.emulators.common.values import JSON, PersonError
from gateway.emulators.discord import cdn, mentions, threads, wire
from gateway.emulators.discord.backend import Backend
from gateway.emulators.discord.errors import ApiError
from gateway.emulators.discord.permissions import Permission
from gateway.emulators.discord.reactions import emoji_key
from gateway.emulators.discord.state import Channel, File, Message, User
from gateway.emulators.discord.values import (
    MAX_ATTACHMENTS,
    MAX_CONTENT,
    MAX_FILE_BYTES,
    MAX_THREAD_NAME,
    WRITTEN,
    ChannelType,
    Flag,
    MessageType,
)

Upload = tuple[str, bytes, str]
"""A file to upload: its name, its content and its media type."""
UNTYPED = "?"
"""The media type of a file for which Discord reports none, such as the ``message.txt`` made of a long message."""


class People:
    """Performs what people do, by the rules of Discord's client. Raises ``PersonError`` when the client does not allow
    it."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def post(
        self,
        channel: Channel,
        user: User,
        text: str,
        *,
        files: Sequence[Upload] = (),
        reply_to: str | None = None,
        ping: bool = True,
        more: JSON | None = None,
    ) -> str:
        """Send a message and return its id. ``ping``: a reply notifies the author it replies to. ``more`` are fields
        the message has besides (a poll)."""
        self._may_write(channel, user)
        if channel.type == ChannelType.FORUM:
            raise PersonError("a forum takes posts, not messages")
        message = self._written(channel, user, text, files, also=bool(more))
        message.more = dict(more or {})
        replied: str | None = None
        if reply_to is not None:
            found = self._message(channel, reply_to)
            message.type, message.reference = MessageType.REPLY, self._backend.reference(found)
            replied = found.author_id if ping else None
        self._notify(channel, message, replied)
        threads.say(self._backend, channel, message)
        return message.id

    def forward(self, source: Message, channel: Channel, user: User) -> str:
        """Forward a message to another channel and return the new message's id."""
        self._may_write(channel, user)
        message = Message(self._backend.world.ids.next(), channel.id, user.id)
        message.reference = {**self._backend.reference(source), "type": 1}
        message.more = {"message_snapshots": [wire.snapshot(self._backend.world, source)]}
        threads.say(self._backend, channel, message)
        return message.id

    def speak(self, channel: Channel, user: User, audio: bytes, seconds: float) -> str:
        """Send a voice message (an Ogg file with its waveform) of this length in seconds, and return its id."""
        self._may_write(channel, user)
        message = Message(self._backend.world.ids.next(), channel.id, user.id, flags=int(Flag.IS_VOICE_MESSAGE))
        (file,) = self._files(channel, [("voice-message.ogg", audio, "audio/ogg")])
        file.duration_secs = seconds
        file.waveform = base64.b64encode(bytes(min(255, each) for each in audio[:256]) or b"\0").decode()
        message.files = [file]
        threads.say(self._backend, channel, message)
        return message.id

    def edit(self, channel: Channel, message_id: str, text: str) -> None:
        """Edit a person's message."""
        message = self._message(channel, message_id)
        if self._backend.world.users[message.author_id].bot or message.type not in WRITTEN:
            raise PersonError("only its author may edit a message")
        if not text.strip() and not message.files:
            raise PersonError("nothing to send")
        self._active(channel)
        message.content = self._typed(channel, text)
        self._notify(channel, message, None)
        self._backend.update(message)

    def delete(self, channel: Channel, message_id: str) -> None:
        """Delete a message."""
        self._backend.delete(channel, self._message(channel, message_id))

    def dismiss(self, channel: Channel, message_id: str) -> None:
        """Dismiss an ephemeral message. The bot is not told."""
        message = channel.messages.get(message_id)
        if message is None or message.ephemeral_for is None:
            raise PersonError("no such message")
        self._backend.hide(channel, message)

    def react(self, channel: Channel, message_id: str, user: User, emoji: str, *, added: bool) -> None:
        """Add a reaction or remove it."""
        try:
            key = emoji_key(emoji)
        except ApiError:
            raise PersonError(f"no emoji {emoji}") from None
        message = self._message(channel, message_id)
        self._active(channel)
        fresh = added and key not in message.reactions
        self._may(channel, user, Permission.ADD_REACTIONS if fresh else Permission.VIEW_CHANNEL)
        self._backend.react(message, user.id, key, added=added)

    def create_thread(self, channel: Channel, user: User, name: str, message_id: str | None) -> str:
        """Open a thread, from a message or without one, and return its id."""
        if channel.type != ChannelType.TEXT:
            raise PersonError("no threads here")
        source = None if message_id is None else self._message(channel, message_id)
        if source is not None and source.id in self._backend.world.channels:
            raise PersonError("that message has a thread")
        self._may(channel, user, Permission.CREATE_PUBLIC_THREADS)
        opened = threads.start(self._backend, channel, user.id, _name(name), minutes=4320, source=source, private=False)
        return opened.id

    def create_post(self, forum: Channel, user: User, title: str, text: str, files: Sequence[Upload]) -> str:
        """Open a forum post and return its id, which its first message has too."""
        if forum.type != ChannelType.FORUM:
            raise PersonError("not a forum")
        self._may(forum, user, Permission.SEND_MESSAGES)
        first = self._written(forum, user, text, files)
        self._notify(forum, first, None)
        return threads.start_post(self._backend, forum, user.id, _name(title), minutes=4320, first=first).id

    # -- internals

    def _written(
        self, channel: Channel, user: User, text: str, files: Sequence[Upload], *, also: bool = False
    ) -> Message:
        if not text.strip() and not files and not also:
            raise PersonError("nothing to send")
        content = self._typed(channel, text)
        return Message(self._backend.world.ids.next(), channel.id, user.id, content, files=self._files(channel, files))

    def _typed(self, channel: Channel, text: str) -> str:
        guild = self._backend.world.guild_of(channel)
        content = mentions.typed(self._backend.world, guild, text).strip()
        if len(content) > MAX_CONTENT:
            raise PersonError(f"a message has at most {MAX_CONTENT} characters")
        return content

    def _files(self, channel: Channel, files: Sequence[Upload]) -> list[File]:
        if len(files) > MAX_ATTACHMENTS:
            raise PersonError(f"a message has at most {MAX_ATTACHMENTS} files")
        if any(len(content) > MAX_FILE_BYTES for _, content, _ in files):
            raise PersonError("that file is too large: 10 MiB at most")
        found = [cdn.new_file(self._backend.world, channel.id, n, content, mime) for n, content, mime in files]
        for file, (_, _, mime) in zip(found, files, strict=True):
            file.content_type = "" if mime == UNTYPED else file.content_type
        return found

    def _notify(self, channel: Channel, message: Message, replied: str | None) -> None:
        world = self._backend.world
        may = self._backend.may(message.author_id, channel)
        guild = world.guild_of(channel)
        message.pings = mentions.pings(world, guild, [message.content], mentions.ALL, may, replied=replied)

    def _may_write(self, channel: Channel, user: User) -> None:
        if channel.recipient is not None:
            if user.id != channel.recipient and user is not self._backend.world.bot:
                raise PersonError("not your direct message")
            return
        self._may(
            channel, user, Permission.SEND_MESSAGES if channel.thread is None else Permission.SEND_MESSAGES_IN_THREADS
        )
        if channel.thread is not None and channel.thread.locked:
            self._may(channel, user, Permission.MANAGE_THREADS)

    def _may(self, channel: Channel, user: User, needed: Permission) -> None:
        if not self._backend.may(user.id, channel) & needed:
            raise PersonError(f"{user.display_name} may not do that here")

    @staticmethod
    def _active(channel: Channel) -> None:
        if channel.thread is not None and channel.thread.archived:
            raise PersonError("the thread is archived")

    @staticmethod
    def _message(channel: Channel, message_id: str) -> Message:
        message = channel.messages.get(message_id)
        if message is None or message.ephemeral_for is not None:
            raise PersonError("no such message")
        return message


def _name(name: str) -> str:
    if not 1 <= len(name.strip()) <= MAX_THREAD_NAME:
        raise PersonError(f"a name has 1 to {MAX_THREAD_NAME} characters")
    return name.strip()
