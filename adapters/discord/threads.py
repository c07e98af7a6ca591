"""Decides where a conversation's messages go: into its thread, opened with the first answer, or into the channel as
replies."""

import time
from collections import OrderedDict
from dataclasses import replace
from typing import Any, NamedTuple

import structlog

from adapters.discord.api import Api
from adapters.discord.conversations import FLAT, PARENT, TITLE
from adapters.discord.directory import PUBLIC_THREAD, Directory
from adapters.discord.errors import NO_ACCESS, code_of
from adapters.discord.fields import as_object
from adapters.discord.limits import THREAD_MINUTES, THREAD_NAME
from gateway.errors import Forbidden, GatewayError, Gone, Rejected
from gateway.model import ConversationRef

_NO_THREADS_FOR = 300.0
"""Seconds that a channel in which no thread could be opened is not tried again."""
_UNTRIED = 1_000
_EXISTS = 160004
_NAMELESS = "Conversation"
_OF_THE_NAME = frozenset({50035, 200001})
"""Discord's error codes for an invalid form and for a title blocked by automatic moderation (Opcodes and Status Codes,
JSON)."""

log = structlog.get_logger(__name__)


class PostTarget(NamedTuple):
    """Where to post: a channel, and in a channel that is not the conversation's own the message to reply to."""

    channel: str
    reply_to: str = ""

    @property
    def reference(self) -> dict[str, Any]:
        """The part of a message's body that makes it a reply; empty where it is none."""
        if not self.reply_to:
            return {}
        return {"message_reference": {"message_id": self.reply_to, "fail_if_not_exists": False}}


class Threads:
    """Opens conversations' threads and remembers where that is not possible."""

    def __init__(self, api: Api, directory: Directory) -> None:
        self._api = api
        self._directory = directory
        self._refused: dict[str, float] = {}
        self._mute: set[str] = set()
        """Channels in whose threads the bot is known to lack the permission to write."""
        self._untried: OrderedDict[str, None] = OrderedDict()
        """The last threads that were opened and not written in yet."""
        self._absent: OrderedDict[str, None] = OrderedDict()
        """The last threads that Discord said are not there."""

    async def current_target(self, to: ConversationRef, *, anew: bool = False) -> PostTarget:
        """Return where the conversation's messages go now, without opening a thread. Discord is asked where this
        process does not hear of the threads that are opened, because another replica has the server's shard: with
        ``anew`` also if Discord lately said that there is no thread."""
        target = self.known_target(to)
        if not target.reply_to or FLAT in to.route or self._directory.follows(to.workspace):
            return target
        if anew or to.channel not in self._absent:
            await self._look_up(to)
        return self.known_target(to)

    async def _look_up(self, to: ConversationRef) -> None:
        """Ask Discord whether the conversation's thread is open. That there is none is remembered, so that a sign of
        typing costs no further call; a thread that somebody opens later is found when it is to be opened."""
        try:
            found = as_object(await self._api.call("GET", "/channels/{channel_id}", {"channel_id": to.channel}))
        except (Forbidden, Gone, Rejected):
            self._absent[to.channel] = None
            if len(self._absent) > _UNTRIED:
                self._absent.popitem(last=False)
        except GatewayError as error:
            self._api.note("thread", error=str(error))
        else:
            self._directory.channel({**found, "id": to.channel}, to.workspace)

    def known_target(self, to: ConversationRef) -> PostTarget:
        """Return where the conversation's messages go as far as is known, without opening a thread."""
        parent = to.route.get(PARENT, "")
        if not parent or self._is_open(to):
            return PostTarget(to.channel)
        return PostTarget(parent, reply_to=to.channel)

    async def target(self, to: ConversationRef) -> PostTarget:
        """Return where to post, opening the thread if it is still to be opened."""
        target = self.known_target(to)
        if not target.reply_to or FLAT in to.route or self._refused.get(target.channel, 0.0) > time.monotonic():
            return target
        try:
            await self._api.call(
                "POST",
                "/channels/{channel_id}/messages/{message_id}/threads",
                {"channel_id": target.channel, "message_id": to.channel},
                json={
                    "name": to.route.get(TITLE, "")[:THREAD_NAME] or _NAMELESS,
                    "auto_archive_duration": THREAD_MINUTES,
                },
            )
        except Gone:
            # The message was deleted. Its thread may still exist; if it does not, posting in it fails with ``Gone``.
            return PostTarget(to.channel)
        except (Forbidden, Rejected) as error:
            if code_of(error) in _OF_THE_NAME and to.route.get(TITLE) != _NAMELESS:
                return await self.target(replace(to, route={**to.route, TITLE: _NAMELESS}))
            if code_of(error) != _EXISTS:
                self._refuse(target.channel, error)
                return target
        # Discord's dispatch about the new thread may come after this answer.
        self._directory.channel(
            {"id": to.channel, "type": PUBLIC_THREAD, "guild_id": to.workspace, "parent_id": target.channel}
        )
        self._untried[to.channel] = None
        if len(self._untried) > _UNTRIED:
            self._untried.popitem(last=False)
        return PostTarget(to.channel)

    def wrote(self, target: PostTarget) -> None:
        """Remember that the bot may write in the target."""
        self._untried.pop(target.channel, None)

    def beside(self, to: ConversationRef, target: PostTarget, error: Forbidden) -> PostTarget | None:
        """Return where to answer when the bot may open a thread but not write in it: beside the mention it was opened
        from. None where that is no help."""
        parent = to.route.get(PARENT, "")
        expected = to.channel in self._untried or FLAT in to.route or parent in self._mute
        if not (expected and _from_channel(to)) or target.channel != to.channel or code_of(error) not in NO_ACCESS:
            return None
        self._mute.add(parent)
        self._refuse(parent, error)
        return PostTarget(parent, reply_to=to.channel)

    def _is_open(self, to: ConversationRef) -> bool:
        return not _from_channel(to) or self._directory.get(to.channel) is not None

    def _refuse(self, channel: str, error: GatewayError) -> None:
        """Answer in the channel for a while; what is missing is logged once for the operator."""
        self._refused[channel] = time.monotonic() + _NO_THREADS_FOR
        self._api.note(f"thread:{channel}", channel=channel, fix=str(error), instead="answering in the channel")

    async def wake(self, channel: str) -> bool:
        """Take a thread out of the archive, where nothing can be edited. False where the bot may not."""
        try:
            await self._api.call("PATCH", "/channels/{channel_id}", {"channel_id": channel}, json={"archived": False})
        except (Forbidden, Gone, Rejected):
            return False
        return True


def _from_channel(to: ConversationRef) -> bool:
    """Return whether the message was written in the channel; otherwise it was written in a thread, and there is none to
    open."""
    return TITLE in to.route or FLAT in to.route
