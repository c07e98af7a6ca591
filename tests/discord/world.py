"""The emulated Discord in the contract's words."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import aiohttp

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.settings import DiscordSettings
from gateway.adapter import AdapterContext, SupportsCompletion, SupportsStreaming
from gateway.emulators.discord import state
from gateway.emulators.discord.emulator import DiscordEmulator
from gateway.emulators.discord.state import User
from gateway.model import TASK_ICONS, UserRef
from tests.contract.emulated import EmulatedWorld, enter_comment
from tests.contract.reading import ESCAPED
from tests.contract.world import EXTRAS, Facts, FieldInput, File, Method, Person, Place, Post, Said, ShownForm, Trouble
from tests.support.emulators import settings_of, started

Message = dict[str, Any]

CHANNEL = "general"
SPOKEN = (0, 19, 20)
EPHEMERAL = 1 << 6
_SMALL = "-# "


def adapter_for(discord: DiscordEmulator, context: AdapterContext | None = None, **changes: Any) -> DiscordAdapter:
    """Return an adapter for the emulator, with settings read the way the operator's are and these changed."""
    settings = DiscordSettings(_env_file=None, **{**settings_of(discord), **changes})
    return DiscordAdapter(settings, context or AdapterContext())


def controls(message: Message) -> list[Message]:
    """Return the buttons of a message."""
    return [each for row in message.get("components", ()) for each in row["components"] if each["type"] == 2]


def selects(message: Message) -> list[Message]:
    """Return the string selects of a message."""
    return [each for row in message.get("components", ()) for each in row["components"] if each["type"] == 3]


def is_card(embed: Message) -> bool:
    """Return whether an embed is a card: not a plan, and not a file given by its address."""
    return "color" not in embed and "url" not in embed and set(embed) != {"type", "image"} and _SMALL not in _of(embed)


def card(embed: Message) -> str:
    """Return an embed as lines a person reads: title, text, ``name: value``, the picture's address."""
    fields = [f"{field['name']}: {field['value']}" for field in embed.get("fields", ())]
    lines = [embed.get("title", ""), _of(embed), *fields, embed.get("image", {}).get("url", "")]
    return plain("\n".join(line for line in lines if line))


def split_plan(message: Message) -> tuple[str, tuple[str, ...]]:
    """Return what a message says, and the lines of its plan: small print at the end, or an embed."""
    content = message["content"].strip()
    for embed in message["embeds"]:
        if "color" in embed:
            return content, tuple(plain(f"{embed['title']}\n{_of(embed)}").split("\n"))
        if _SMALL in _of(embed):
            return content, tuple(line.removeprefix(_SMALL) for line in plain(_of(embed)).split("\n"))
    lines = content.split("\n")
    start = len(lines)
    while start and lines[start - 1].startswith(_SMALL):
        start -= 1
    small = [line.removeprefix(_SMALL) for line in lines[start:]]
    if not any(icon in line for line in small for icon in TASK_ICONS.values()):
        return content, ()
    return "\n".join(lines[:start]).strip(), tuple(plain(line) for line in small)


def plain(markdown: str) -> str:
    """Return Markdown without the backslashes of what is escaped."""
    return ESCAPED.sub(r"\1", markdown)


def _of(embed: Message) -> str:
    return str(embed.get("description", ""))


class DiscordWorld(EmulatedWorld[DiscordEmulator]):
    """The emulated Discord as a ``tests.contract.world.World``."""

    name = "discord"
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
        self.discord = discord
        self._other_bot: str | None = None

    def adapter(self, context: AdapterContext, *, wrong_token: bool = False) -> DiscordAdapter:
        return adapter_for(self.discord, context, **({"bot_token": "wrong"} if wrong_token else {}))

    async def connected(self) -> None:
        await self.discord.connected()

    # -- what people do

    def user(self, person: Person) -> UserRef:
        return UserRef(platform="discord", workspace="dm", id=self._user(person).id, name=person)

    def mention_of(self, person: Person) -> str:
        return f"<@{self._user(person).id}>"

    def mention_reads(self, person: Person) -> str:
        member = self.discord.guild.members[self._user(person).id]
        return f"@{member.nick or self._user(person).display_name}"

    async def mention(self, text: str, *, user: Person = "Ada", files: Sequence[File] = ()) -> Post:
        id = await self.discord.post(CHANNEL, f"@gateway {text}", user=self._user(user).id, files=files)
        return Post(id, Place(self.discord.general.id, id))

    async def dm(self, text: str, *, files: Sequence[File] = ()) -> Post:
        return Post(await self.discord.post(self.discord.dm.id, text, files=files), Place(self.discord.dm.id))

    async def reply(
        self, to: Post, text: str, *, user: Person = "Ada", mention: bool = False, files: Sequence[File] = ()
    ) -> Post:
        words, person = f"@gateway {text}" if mention else text, self._user(user).id
        thread = to.place.thread
        if thread is not None and self.discord.thread(thread) is None:
            await self.discord.create_thread(to.place.channel, "more", message_id=thread, user=person)
        where = thread or to.place.channel
        return Post(await self.discord.post(where, words, user=person, files=files), to.place)

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

    async def edit(self, post: Post, text: str) -> None:
        await self.discord.edit(self._channel(post), post.id, text)

    async def delete(self, post: Post) -> None:
        await self.discord.delete_message(self._channel(post), post.id)

    async def react(self, post: Post, *, added: bool = True) -> None:
        person = self.discord.grace if post.place.thread else self.discord.ada
        await self.discord.react(self._channel(post), post.id, self.facts.emoji, user=person.id, added=added)

    async def click(self, message: Said, label: str, *, user: Person = "Ada") -> None:
        where = message.place.thread or message.place.channel
        posted = self.discord.message(where, message.id) or {}
        for menu in selects(posted):
            if label in (option["label"] for option in menu["options"]):
                person = self._user(user).id
                await self.discord.click(where, message.id, menu["custom_id"], values=[label], user=person)
                return
        await self.discord.click(where, message.id, label=label, user=self._user(user).id)

    def _message(self, message: Said) -> state.Message:
        return self.discord.world.channel(message.place.thread or message.place.channel).messages[message.id]

    def _shown(self, message: Said) -> Any:
        return self._message(message).components

    def _show(self, message: Said, controls: Any) -> None:
        self._message(message).components = controls

    def form(self, *, user: Person = "Ada") -> ShownForm | None:
        modals = self.discord.open_modals(self._user(user).id)
        if not modals:
            return None
        labels = tuple(label["label"] for label in modals[-1]["components"])
        return ShownForm(
            modals[-1]["title"], labels, tuple(_filled(label["component"]) for label in modals[-1]["components"])
        )

    async def submit(self, values: Mapping[str, FieldInput], *, user: Person = "Ada") -> None:
        modal = self.discord.open_modals(self._user(user).id)[-1]
        await self.discord.submit(modal["id"], {label: _entered(value) for label, value in values.items()})

    async def thumbs(self, message: Said, *, up: bool, comment: str | None = None) -> None:
        where = message.place.thread or message.place.channel
        posted = self.discord.message(where, message.id)
        assert posted is not None
        face = "👍" if up else "👎"
        [thumb] = [each for each in controls(posted) if (each.get("emoji") or {}).get("name") == face]
        await self.discord.click(where, message.id, thumb["custom_id"])
        if comment is not None:
            await enter_comment(self, comment)

    async def command(self, place: Place, name: str, text: str = "") -> None:
        await self.wait_for(lambda: any(command["name"] == name for command in self.discord.commands()))
        options = {"text": text} if text else None
        await self.discord.command(name, place.thread or place.channel, options=options)

    async def stop(self, place: Place) -> None:
        raise AssertionError("Discord has no stop button")

    async def open_dm(self) -> None:
        raise AssertionError("Discord tells nobody")

    # -- deliveries

    async def delivered(self, post: Post) -> None:
        """Return at once: Discord hears no acknowledgement, and what was sent arrives in order."""

    async def taken(self, post: Post) -> bool:
        return True

    async def settled(self) -> None:
        """Wait until each client has answered a heartbeat asked for now: it does so once it has read all before."""
        asked = time.monotonic()
        self.discord.gateway.request_heartbeat()
        async with asyncio.timeout(10):
            while any(beat < asked for beat in self._heartbeats()):
                await asyncio.sleep(0.005)  # nothing tells of a heartbeat

    async def redeliver(self, post: Post) -> None:
        self.discord.redeliver(self._channel(post), post.id)
        await self.settled()

    async def deliver_unknown(self) -> None:
        self.discord.emit("BRAND_NEW", {"guild_id": self.discord.guild.id})
        await self.settled()

    # -- what people see

    def said(self, place: Place) -> list[Said]:
        return [self._said(place, message) for message in self._from_bot(place)]

    def told(self, person: Person = "Ada") -> list[str]:
        user = self._user(person)
        world = self.discord.world
        private = [world.dm(user.id).id] if person != "Ada" else []
        found = [
            message
            for channel in world.channels
            for message in self.discord.messages(channel)
            if message["author"]["id"] == self.discord.bot.id
            and (message.get("ephemeral_for") == user.id or channel in private)
        ]
        return [message["content"] for message in sorted(found, key=lambda each: int(each["id"]))]

    def make_guest(self, person: Person) -> None:
        raise NotImplementedError("Discord has no guests")

    def make_external(self, person: Person) -> None:
        raise NotImplementedError("Discord has no other organisations")

    def group_of(self, person: Person) -> str:
        return self.discord.add_role("staff", members=[self._user(person).id]).id

    def private(self, person: Person = "Ada") -> list[str]:
        direct = self.discord.messages(self.discord.world.dm(self._user(person).id).id)
        written = [each["content"] for each in direct if each["author"]["id"] == self.discord.bot.id]
        return [*(text for text in self.told(person) if text not in written), *written]

    async def files(self, place: Place) -> list[File]:
        found: list[File] = []
        async with aiohttp.ClientSession() as session:
            for message in self._from_bot(place):
                for file in message["attachments"]:
                    async with session.get(file["url"]) as response:
                        found.append(File(_name(file), await response.read(), file["content_type"]))
        return found

    def working(self, place: Place) -> bool:
        places = [place.channel, *([place.thread] if place.thread and self.discord.thread(place.thread) else [])]
        return any(self.discord.is_typing(each) for each in places)

    def reactions(self, post: Post) -> int:
        message = self.discord.message(self._channel(post), post.id) or {}
        return sum(reaction["me"] for reaction in message.get("reactions", ()))

    def title(self, place: Place) -> str | None:
        thread = self.discord.thread(place.thread) if place.thread else None
        return None if thread is None else str(thread["name"])

    def prompts(self, place: Place) -> list[str]:
        return [
            button["label"]
            for message in self._from_bot(place)
            for button in controls(message)
            if button["custom_id"].startswith("gws")
        ]

    # -- trouble

    def forget_sent(self) -> None:
        self.discord.forget_nonces()

    # -- inside

    def _heartbeats(self) -> list[float]:
        """Return when each connected client was last heard of."""
        return [each.connection.last_heartbeat for each in self.discord.gateway.sessions.values() if each.connection]

    def _user(self, person: Person) -> User:
        return {"Ada": self.discord.ada, "Grace": self.discord.grace}[person]

    def place_of(self, id: str, channel: str | None = None) -> Place:
        """Return a message's conversation: in #general the thread it will have, else the channel itself."""
        return Place(self.discord.general.id, id) if channel is None else Place(channel)

    def _channel(self, post: Post) -> str:
        """Return the channel of a post: its thread, unless that was opened from it."""
        thread = post.place.thread
        return post.place.channel if thread in (None, post.id) else thread

    def _from_bot(self, place: Place) -> list[Message]:
        where = place.thread or place.channel
        if where not in self.discord.world.channels:
            return []
        return [
            message
            for message in self.discord.messages(where)
            if message["author"]["id"] == self.discord.bot.id
            and message["type"] in SPOKEN
            and not message.get("ephemeral_for")
        ]

    @staticmethod
    def _said(place: Place, message: Message) -> Said:
        pings = message["pings"]
        text, plan = split_plan(message)
        return Said(
            id=message["id"],
            place=place,
            text=text,
            cards=tuple(card(each) for each in message["embeds"] if is_card(each)),
            plan=plan,
            menus=tuple(tuple(option["label"] for option in menu["options"]) for menu in selects(message)),
            buttons=tuple(each["label"] for each in controls(message) if each["custom_id"].startswith("gwa")),
            files=tuple(_name(file) for file in message["attachments"]),
            pings=(*pings["users"], *pings["roles"], *(["everyone"] if pings["everyone"] else [])),
        )


def _name(file: Message) -> str:
    """Return the name that a person reads: the title with the file's ending, where there is one."""
    title = file.get("title")
    return f"{title}.{file['filename'].rpartition('.')[2]}" if title else str(file["filename"])


def _filled(component: Mapping[str, Any]) -> str:
    """Return what an input of a modal shows when it opens."""
    if isinstance(component.get("default"), bool):
        return "on" if component["default"] else "off"
    if "options" in component:
        return ", ".join(option["label"] for option in component["options"] if option.get("default"))
    return str(component.get("value", ""))


def _entered(value: FieldInput) -> Any:
    """Return what a person entered, as the emulator's client takes it."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        return f"{value:g}"
    return value


@asynccontextmanager
async def discord_world(**emulator: Any) -> AsyncIterator[DiscordWorld]:
    """Start a Discord without rate limits in which the bot may notify everybody; ``emulator`` are further arguments of
    ``DiscordEmulator``."""
    given = {"limits": "off", "bot_permissions": ["MENTION_EVERYONE"], **emulator}
    async with started(DiscordEmulator(**given)) as discord:
        yield DiscordWorld(discord)
