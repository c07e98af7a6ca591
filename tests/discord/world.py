"""The emulated Discord in the contract's words."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.settings import DiscordSettings
from gateway.adapter import AdapterContext, SupportsCompletion, SupportsStreaming
from gateway.drivers.discord.driver import DiscordDriver
from gateway.drivers.discord.reading import controls
from gateway.emulators.discord import state
from gateway.emulators.discord.emulator import DiscordEmulator
from gateway.emulators.discord.state import User
from gateway.model import UserRef
from tests.contract.emulated import CHANNEL, EmulatedWorld
from tests.contract.world import EXTRAS, Facts, Method, Person, Place, Post, Said, Trouble
from tests.support.emulators import settings_of, started


def adapter_for(discord: DiscordEmulator, context: AdapterContext | None = None, **changes: Any) -> DiscordAdapter:
    """Return an adapter for the emulator, with settings read the way the operator's are and these changed."""
    settings = DiscordSettings(_env_file=None, **{**settings_of(discord), **changes})
    return DiscordAdapter(settings, context or AdapterContext())


class DiscordWorld(DiscordDriver, EmulatedWorld[DiscordEmulator]):
    """The emulated Discord as a ``tests.contract.world.World``."""

    facts = Facts(
        token_setting="DISCORD_BOT_TOKEN",
        permission="View Channel",
        emoji="🎉",
        everyone="@everyone",
        exactly_once_sends=True,
        redelivers=True,
        extras=EXTRAS - {SupportsCompletion, SupportsStreaming},
        slash_commands=True,
        groups=True,
        tells_who_deletes=False,
    )

    methods: ClassVar[Mapping[Method, str]] = {
        "identify": "get_current_user",
        "send": "create_message",
        "edit": "edit_message",
        "delete": "delete_message",
        "upload": "create_message",
        "status": "typing",
        "form": "interaction_callback",
    }
    refusals: ClassVar[Mapping[Trouble, Mapping[str, Any]]] = {"forbidden": {"code": 50013}, "gone": {"code": 10003}}

    def __init__(self, discord: DiscordEmulator) -> None:
        super().__init__(discord)
        self._other_bot: str | None = None

    def adapter(self, context: AdapterContext, *, wrong_token: bool = False) -> DiscordAdapter:
        return adapter_for(self.discord, context, **({"bot_token": "wrong"} if wrong_token else {}))

    # -- what people do

    def user(self, person: Person) -> UserRef:
        return UserRef(platform="discord", workspace="dm", id=self._user(person).id, name=person)

    def make_guest(self, person: Person) -> None:
        raise NotImplementedError("Discord has no guests")

    def make_external(self, person: Person) -> None:
        raise NotImplementedError("Discord has no other organisations")

    def group_of(self, person: Person) -> str:
        return self.discord.add_role("staff", members=[self._user(person).id]).id

    def mention_of(self, person: Person) -> str:
        return f"<@{self._user(person).id}>"

    def mention_reads(self, person: Person) -> str:
        member = self.discord.guild.members[self._user(person).id]
        return f"@{member.nick or self._user(person).display_name}"

    async def refer(self, to: Post, text: str) -> Post:
        return Post(await self.discord.post(self.discord.dm.id, text, reply_to=to.id), to.place)

    async def small_talk(self, text: str) -> Post:
        id = await self.discord.post(CHANNEL, text)
        return Post(id, Place(self.discord.general.id, id))

    async def other_bot(self, text: str) -> Post:
        if self._other_bot is None:
            self._other_bot = self.discord.add_user("Builder", is_bot=True).id
        id = await self.discord.post(CHANNEL, f"@gateway {text}", user=self._other_bot)
        return Post(id, Place(self.discord.general.id, id))

    def _message(self, message: Said) -> state.Message:
        return self.discord.world.channel(message.place.thread or message.place.channel).messages[message.id]

    def _shown(self, message: Said) -> Any:
        return self._message(message).components

    def _show(self, message: Said, controls: Any) -> None:
        self._message(message).components = controls

    # -- deliveries

    async def delivered(self, post: Post) -> None:
        """Return at once: Discord hears no acknowledgement, and what was sent arrives in order."""

    async def taken(self, post: Post) -> bool:
        return True

    async def deliver_unknown(self) -> None:
        self.discord.emit("BRAND_NEW", {"guild_id": self.discord.guild.id})
        await self.settled()

    # -- what people see

    def told(self, person: str = "Ada") -> list[str]:
        user, world = self._id(person), self.discord.world
        private = world.dm(user).id if person != "Ada" else None
        found = self._by_bot(lambda channel, message: channel == private or message.get("ephemeral_for") == user)
        return [message["content"] for message in found]

    def reactions(self, post: Post) -> int:
        message = self.discord.message(self._channel(post), post.id) or {}
        return sum(reaction["me"] for reaction in message.get("reactions", ()))

    def prompts(self, place: Place) -> list[str]:
        return [
            button["label"]
            for message in self._from_bot(place)
            for button in controls(message)
            if button["custom_id"].startswith("gws")
        ]

    def private(self, person: Person = "Ada") -> list[str]:
        direct = self.discord.messages(self.discord.world.dm(self._user(person).id).id)
        written = [each["content"] for each in direct if each["author"]["id"] == self.discord.bot.id]
        return [*(text for text in self.told(person) if text not in written), *written]

    # -- trouble

    def forget_sent(self) -> None:
        self.discord.forget_nonces()

    # -- inside

    def _user(self, person: Person) -> User:
        return {"Ada": self.discord.ada, "Grace": self.discord.grace}[person]

    def place_of(self, id: str, channel: str | None = None) -> Place:
        """Return a message's conversation: in #general the thread it will have, else the channel itself."""
        return Place(self.discord.general.id, id) if channel is None else Place(channel)


@asynccontextmanager
async def discord_world(**emulator: Any) -> AsyncIterator[DiscordWorld]:
    """Start a Discord without rate limits in which the bot may notify everybody; ``emulator`` are further arguments of
    ``DiscordEmulator``."""
    given = {"limits": "off", "bot_permissions": ["MENTION_EVERYONE"], **emulator}
    async with started(DiscordEmulator(**given)) as discord:
        yield DiscordWorld(discord)
