"""What the bot sees of its servers: channels, open threads and roles by id.

It holds only what a message does not say itself: whether a channel is a thread and of which channel, and the names
behind ``<#…>`` and ``<@&…>``. It is as large as the servers are (Discord allows 500 channels, 250 roles and 1,000 open
threads in each) and does not grow with messages: an archived thread is forgotten, and Discord announces it again when
it is woken. At most ``_THREADS_KEPT`` threads are held; one that was dropped is looked up when something is said in it.
"""

import sys
from collections import OrderedDict
from collections.abc import Collection, Mapping
from typing import NamedTuple

from adapters.discord.fields import number
from adapters.fields import Json, items, obj, text
from gateway.model import COMMANDS

PUBLIC_THREAD = 11
"""Channel type of a public thread (Channel resource, Channel Types)."""
THREADS = frozenset({10, PUBLIC_THREAD, 12})
"""Channel types of threads: in an announcement channel, public, private (Channel resource, Channel Types)."""
DM = 1
"""Channel type of direct messages (Channel resource, Channel Types)."""
HIDDEN = 255
"""The adapter's own channel type for a channel that cannot be looked up."""
_THREADABLE = frozenset({0, 5})
"""Channel types in which a thread can be opened from a message: text and announcement channels."""
_THREADS_KEPT = 5_000


def shard_of(guild: str, shards: int) -> int:
    """Return the number of the shard that hears of a server, of so many (Gateway, "Sharding")."""
    return (int(guild) >> 22) % shards if guild.isdigit() else 0


class Channel(NamedTuple):
    """A channel or a thread."""

    guild: str
    kind: int
    name: str
    parent: str

    @property
    def is_thread(self) -> bool:
        """Whether the channel is a thread."""
        return self.kind in THREADS

    @property
    def takes_threads(self) -> bool:
        """Whether a thread can be opened from a message in the channel."""
        return self.kind in _THREADABLE


class Directory:
    """The channels, threads and roles of the bot's servers, updated by the gateway's dispatches."""

    def __init__(self) -> None:
        self.me = ""
        """The bot's user id."""
        self.app = ""
        """The application's id."""
        self.commands: Mapping[str, str] = {command.name: command.name for command in COMMANDS}
        """The slash commands of the gateway and of the bot: Discord's names, and those that handlers know."""
        self._channels: dict[str, Channel] = {}
        self._threads: OrderedDict[str, Channel] = OrderedDict()
        self._roles: dict[str, dict[str, str]] = {}
        self._own_roles: dict[str, str] = {}
        self._shards: dict[int, int] = {}

    def follow(self, shard: int, shards: int) -> None:
        """Begin to hear of the servers of this shard, one of so many. What was known of them is forgotten: it was not
        kept up to date."""
        self._shards[shard] = shards
        known = {each.guild for each in (*self._channels.values(), *self._threads.values())} | {*self._roles}
        self._forget({guild for guild in known if shard_of(guild, shards) == shard})

    def unfollow(self, shard: int) -> None:
        """Hear no more of the servers of this shard, because another replica does."""
        self._shards.pop(shard, None)

    def follows(self, guild: str) -> bool:
        """Return whether all that happens in a server is heard of: its threads, for example, when they are opened."""
        return guild in self._roles and any(shard_of(guild, each) == number for number, each in self._shards.items())

    def knows(self, guild: str) -> bool:
        """Return whether a server's channels, open threads and roles have been announced."""
        return guild in self._roles

    def get(self, id: str) -> Channel | None:
        """Return the channel or open thread; None for one that was not announced."""
        thread = self._threads.get(id)
        if thread is not None:
            self._threads.move_to_end(id)
            return thread
        return self._channels.get(id)

    def own_role(self, guild: str) -> str:
        """Return the role Discord made for the bot in a server; a mention of that role mentions the bot."""
        return self._own_roles.get(guild, "")

    def role(self, guild: str, id: str) -> str:
        """Return a role's name."""
        return self._roles.get(guild, {}).get(id, "")

    def server_of_role(self, id: str) -> str:
        """Return the server that has a role, which is the server's own id for ``@everyone``; empty where none has."""
        if id in self._roles:
            return id
        return next((guild for guild, roles in self._roles.items() if id in roles), "")

    def children(self, channel: str) -> list[str]:
        """Return the ids of a channel's open threads."""
        return [id for id, each in self._threads.items() if each.parent == channel]

    def ready(self, data: Json) -> None:
        """Forget the servers of a shard that begins a new session: Discord announces them again."""
        self.me = text(obj(data, "user"), "id") or self.me
        self.app = text(obj(data, "application"), "id") or self.app
        self._forget({text(guild, "id") for guild in items(data, "guilds")})

    def guild(self, data: Json) -> None:
        """Take in the dispatch GUILD_CREATE: a server with its channels, threads and roles."""
        guild = text(data, "id")
        if not guild:
            return
        for channel in (*items(data, "channels"), *items(data, "threads")):
            self.channel(channel, guild)
        self._roles[guild] = {}
        for role in items(data, "roles"):
            self._role(guild, role)

    def forget_guild(self, guild: str) -> None:
        """Forget a server that the bot is no longer in."""
        self._forget({guild})

    def _forget(self, guilds: Collection[str]) -> None:
        """Forget servers in one pass over all channels, however many servers these are."""
        for guild in guilds:
            self._roles.pop(guild, None)
            self._own_roles.pop(guild, None)
        for known in (self._channels, self._threads):
            for id in [id for id, channel in known.items() if channel.guild in guilds]:
                del known[id]

    def channel(self, data: Json, guild: str = "") -> None:
        """Take in a channel or thread as it is now; an archived thread is forgotten."""
        id, kind = text(data, "id"), number(data, "type")
        if not id or kind < 0:
            return
        if obj(data, "thread_metadata").get("archived") is True:
            self._threads.pop(id, None)
            return
        # Interned, because the same few ids occur in thousands of threads.
        guild, parent = sys.intern(text(data, "guild_id") or guild), sys.intern(text(data, "parent_id"))
        channel = Channel(guild, kind, text(data, "name"), parent)
        if not channel.is_thread:
            self._channels[id] = channel
            return
        self._threads[id] = channel
        if len(self._threads) > _THREADS_KEPT:
            self._threads.popitem(last=False)

    def threads(self, data: Json) -> None:
        """Take in the dispatch THREAD_LIST_SYNC: the threads of channels the bot can see from now on."""
        for thread in items(data, "threads"):
            self.channel(thread, text(data, "guild_id"))

    def forget_channel(self, id: str) -> None:
        """Forget a deleted channel and its threads."""
        for thread in self.children(id):
            del self._threads[thread]
        self._channels.pop(id, None)
        self._threads.pop(id, None)

    def role_changed(self, data: Json) -> None:
        """Take in the dispatch GUILD_ROLE_CREATE or GUILD_ROLE_UPDATE."""
        if self.knows(guild := text(data, "guild_id")):
            self._role(guild, obj(data, "role"))

    def forget_role(self, data: Json) -> None:
        """Take in the dispatch GUILD_ROLE_DELETE."""
        self._roles.get(text(data, "guild_id"), {}).pop(text(data, "role_id"), None)

    def _role(self, guild: str, role: Json) -> None:
        if id := text(role, "id"):
            self._roles[guild][id] = text(role, "name")
            if self.me and text(obj(role, "tags"), "bot_id") == self.me:
                self._own_roles[guild] = id
