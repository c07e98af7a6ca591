"""Turns what a person does into calls of the emulated Discord, and what it shows into words."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiohttp

from gateway.drivers.base import ME, Driver
from gateway.drivers.discord.acts import step_of
from gateway.drivers.discord.reading import Message, card, controls, file_name, is_card, selects, split_plan
from gateway.drivers.steps import Step
from gateway.drivers.values import FieldInput, File, Place, Post, Said, ShownForm
from gateway.emulators.discord.emulator import DiscordEmulator

SPOKEN = (0, 19, 20)
"""Types of the messages that people and the bot write; the others are Discord's own notes."""


class DiscordDriver(Driver[DiscordEmulator]):
    """The emulated Discord as a ``Driver``."""

    name = "discord"

    def __init__(self, discord: DiscordEmulator) -> None:
        super().__init__(discord)
        self.discord = discord

    async def connected(self) -> None:
        await self.discord.connected()

    # -- where people are

    def direct(self, user: str = ME) -> Place:
        return Place(self.discord.world.dm(self._id(user)).id)

    def channel(self, name: str) -> Place:
        return Place(self.discord.world.channel(name.lower()).id)

    def channel_name(self, place: Place) -> str:
        return str(self.discord.world.channel(place.channel).name)

    def begun_by(self, message: str, place: Place) -> Place:
        in_thread = place.thread or self.discord.world.channel(place.channel).recipient is not None
        return place if in_thread else Place(place.channel, message)

    # -- what people do

    async def write(self, place: Place, text: str, *, user: str = ME, files: Sequence[File] = ()) -> Post:
        person, thread = self._id(user), place.thread
        if thread is not None and self.discord.thread(thread) is None:
            await self.discord.create_thread(place.channel, "more", message_id=thread, user=person)
        id = await self.discord.post(thread or place.channel, text, user=person, files=files)
        return Post(id, self.begun_by(id, place))

    async def edit(self, post: Post, text: str, *, user: str = ME) -> None:
        await self.discord.edit(self._channel(post), post.id, text)

    async def delete(self, post: Post, *, user: str = ME) -> None:
        await self.discord.delete_message(self._channel(post), post.id)

    async def put_reaction(self, post: Post, emoji: str, *, user: str = ME, added: bool = True) -> None:
        await self.discord.react(self._channel(post), post.id, emoji, user=self._id(user), added=added)

    async def click(self, message: Said, label: str, *, user: str = ME) -> None:
        where, person = message.place.thread or message.place.channel, self._id(user)
        posted = self.discord.message(where, message.id) or {}
        for menu in selects(posted):
            if label in (option["label"] for option in menu["options"]):
                await self.discord.click(where, message.id, menu["custom_id"], values=[label], user=person)
                return
        await self.discord.click(where, message.id, label=label, user=person)

    def form(self, *, user: str = ME) -> ShownForm | None:
        modals = self.discord.open_modals(self._id(user))
        if not modals:
            return None
        fields = modals[-1]["components"]
        labels = tuple(label["label"] for label in fields)
        return ShownForm(modals[-1]["title"], labels, tuple(_filled(label["component"]) for label in fields))

    async def submit(self, values: Mapping[str, FieldInput], *, user: str = ME) -> None:
        modal = self.discord.open_modals(self._id(user))[-1]
        await self.discord.submit(modal["id"], {label: _entered(value) for label, value in values.items()})

    async def thumbs(self, message: Said, *, up: bool, comment: str | None = None, user: str = ME) -> None:
        where = message.place.thread or message.place.channel
        posted = self.discord.message(where, message.id)
        assert posted is not None
        face = "👍" if up else "👎"
        [thumb] = [each for each in controls(posted) if (each.get("emoji") or {}).get("name") == face]
        await self.discord.click(where, message.id, thumb["custom_id"], user=self._id(user))
        if comment is not None:
            await self.enter_comment(comment, user=user)

    async def command(self, place: Place, name: str, text: str = "", *, user: str = ME) -> None:
        await self.wait_for(lambda: any(command["name"] == name for command in self.discord.commands()))
        options = {"text": text} if text else None
        await self.discord.command(name, place.thread or place.channel, options=options, user=self._id(user))

    async def stop(self, place: Place, *, user: str = ME) -> None:
        raise KeyError("Discord has no stop button")

    async def open_dm(self, *, user: str = ME) -> None:
        raise KeyError("Discord tells no bot that somebody opened its direct messages")

    # -- deliveries

    async def settled(self) -> None:
        """Wait until each client has answered a heartbeat asked for now: it does so once it has read all before."""
        asked = time.monotonic()
        self.discord.gateway.request_heartbeat()
        async with asyncio.timeout(10):
            while any(beat < asked for beat in self._heartbeats()):  # noqa: ASYNC110
                await asyncio.sleep(0.005)  # nothing tells of a heartbeat

    async def redeliver(self, post: Post) -> None:
        self.discord.redeliver(self._channel(post), post.id)
        await self.settled()

    # -- what people see

    def said(self, place: Place) -> list[Said]:
        return [self._said(place, message) for message in self._from_bot(place)]

    def told(self, person: str = ME) -> list[str]:
        user = self._id(person)
        return [message["content"] for message in self._by_bot(lambda _, message: message.get("ephemeral_for") == user)]

    async def files(self, place: Place) -> list[File]:
        found: list[File] = []
        async with aiohttp.ClientSession() as session:
            for message in self._from_bot(place):
                for file in message["attachments"]:
                    async with session.get(file["url"]) as response:
                        found.append(File(file_name(file), await response.read(), file["content_type"]))
        return found

    def working(self, place: Place) -> bool:
        places = [place.channel, *([place.thread] if place.thread and self.discord.thread(place.thread) else [])]
        return any(self.discord.is_typing(each) for each in places)

    def title(self, place: Place) -> str | None:
        thread = self.discord.thread(place.thread) if place.thread else None
        return None if thread is None else str(thread["name"])

    def step_of(self, action: Mapping[str, Any]) -> Step | None:
        return step_of(self.discord, action)

    # -- inside

    def _heartbeats(self) -> list[float]:
        """Return when each connected client was last heard of."""
        return [each.connection.last_heartbeat for each in self.discord.gateway.sessions.values() if each.connection]

    def _by_bot(self, matches: Callable[[str, Message], bool]) -> list[Message]:
        """Return the bot's messages for which ``matches``, given the channel and the message, is true; oldest first."""
        found = [
            message
            for channel in self.discord.world.channels
            for message in self.discord.messages(channel)
            if message["author"]["id"] == self.discord.bot.id and matches(channel, message)
        ]
        return sorted(found, key=lambda each: int(each["id"]))

    def _id(self, person: str) -> str:
        return self.discord.world.user(person).id

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
            files=tuple(file_name(file) for file in message["attachments"]),
            pings=(*pings["users"], *pings["roles"], *(["everyone"] if pings["everyone"] else [])),
        )


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
