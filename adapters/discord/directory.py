"""What the bot sees of its servers: channels, open threads and roles by id.

Only what a message does not say itself: whether a channel is a thread and whose, and the names behind ``<#…>`` and
``<@&…>``. It is as large as the servers are (Discord allows 500 channels, 250 roles and 1,000 open threads in each) and
does not grow with what is said: a thread that is archived is forgotten, and told of again when it is woken. Of threads
no more are kept than some thousands; one that fell out is looked up when something is said in it.
"""

import sys
from collections import OrderedDict
from typing import NamedTuple

from adapters.discord.fields import number
from adapters.fields import Json, items, obj, text

PUBLIC_THREAD = 11
THREADS = frozenset({10, PUBLIC_THREAD, 12})
"""Channel types: thread in an announcement channel, public, private (Channel resource, Channel Types)."""
DM = 1
HIDDEN = 255
"""Our own type for a channel that cannot be looked up."""
_THREADABLE = frozenset({0, 5})
"""Text and announcement channels: a thread can be opened from a message."""
_THREADS_KEPT = 5_000


class Channel(NamedTuple):
    """A channel or a thread."""

    guild: str
    kind: int
    name: str
    parent: str

    @property
    def is_thread(self) -> bool:
        return self.kind in THREADS

    @property
    def takes_threads(self) -> bool:
        return self.kind in _THREADABLE


class Directory:
    """Fed by the gateway's dispatches, each of which it takes as it comes."""

    def __init__(self) -> None:
        self.me = ""
        """The bot's user id."""
        self.app = ""
        """The application's id."""
        self._channels: dict[str, Channel] = {}
        self._threads: OrderedDict[str, Channel] = OrderedDict()
        self._roles: dict[str, dict[str, str]] = {}
        self._own_roles: dict[str, str] = {}

    def knows(self, guild: str) -> bool:
        """Whether its channels, open threads and roles were told."""
        return guild in self._roles

    def get(self, id: str) -> Channel | None:
        """The channel or open thread; None for one not heard of."""
        thread = self._threads.get(id)
        if thread is not None:
            self._threads.move_to_end(id)
            return thread
        return self._channels.get(id)

    def own_role(self, guild: str) -> str:
        """The role Discord made for the bot in a server: a mention of it is one of the bot."""
        return self._own_roles.get(guild, "")

    def role(self, guild: str, id: str) -> str:
        """A role's name."""
        return self._roles.get(guild, {}).get(id, "")

    def children(self, channel: str) -> list[str]:
        """The open threads of a channel."""
        return [id for id, each in self._threads.items() if each.parent == channel]

    def ready(self, data: Json) -> None:
        """A new session of one shard: what was known of its servers comes again."""
        self.me = text(obj(data, "user"), "id") or self.me
        self.app = text(obj(data, "application"), "id") or self.app
        for guild in items(data, "guilds"):
            self.forget_guild(text(guild, "id"))

    def guild(self, data: Json) -> None:
        """GUILD_CREATE."""
        guild = text(data, "id")
        if not guild:
            return
        for channel in (*items(data, "channels"), *items(data, "threads")):
            self.channel(channel, guild)
        self._roles[guild] = {}
        for role in items(data, "roles"):
            self._role(guild, role)

    def forget_guild(self, guild: str) -> None:
        """The bot is no longer in it."""
        self._roles.pop(guild, None)
        self._own_roles.pop(guild, None)
        for known in (self._channels, self._threads):
            for id in [id for id, channel in known.items() if channel.guild == guild]:
                del known[id]

    def channel(self, data: Json, guild: str = "") -> None:
        """A channel or thread as it is now; an archived thread is forgotten."""
        id, kind = text(data, "id"), number(data, "type")
        if not id or kind < 0:
            return
        if obj(data, "thread_metadata").get("archived") is True:
            self._threads.pop(id, None)
            return
        # The same few ids in thousands of threads: kept once.
        guild, parent = sys.intern(text(data, "guild_id") or guild), sys.intern(text(data, "parent_id"))
        channel = Channel(guild, kind, text(data, "name"), parent)
        if not channel.is_thread:
            self._channels[id] = channel
            return
        self._threads[id] = channel
        if len(self._threads) > _THREADS_KEPT:
            self._threads.popitem(last=False)

    def threads(self, data: Json) -> None:
        """THREAD_LIST_SYNC: threads of channels the bot can see from now on."""
        for thread in items(data, "threads"):
            self.channel(thread, text(data, "guild_id"))

    def forget_channel(self, id: str) -> None:
        """It was deleted, and its threads with it."""
        for thread in self.children(id):
            del self._threads[thread]
        self._channels.pop(id, None)
        self._threads.pop(id, None)

    def role_changed(self, data: Json) -> None:
        """GUILD_ROLE_CREATE and GUILD_ROLE_UPDATE."""
        if self.knows(guild := text(data, "guild_id")):
            self._role(guild, obj(data, "role"))

    def forget_role(self, data: Json) -> None:
        """GUILD_ROLE_DELETE."""
        self._roles.get(text(data, "guild_id"), {}).pop(text(data, "role_id"), None)

    def _role(self, guild: str, role: Json) -> None:
        if id := text(role, "id"):
            self._roles[guild][id] = text(role, "name")
            if self.me and text(obj(role, "tags"), "bot_id") == self.me:
                self._own_roles[guild] = id
