"""Turns what a person does into calls of the emulated Teams, and what it shows into words."""

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import aiohttp

from gateway.drivers.base import ME, Driver
from gateway.drivers.steps import Step
from gateway.drivers.teams.acts import step_of
from gateway.drivers.teams.reading import (
    CARD,
    CONSENT,
    FILE,
    boxes,
    inputs,
    menu_with,
    menus,
    plan,
    players,
    read,
    shown_buttons,
)
from gateway.drivers.values import FieldInput, File, Place, Post, Said, ShownForm
from gateway.emulators.teams.emulator import InvokeResult, TeamsEmulator, Upload

LINK = re.compile(r"📎 \[(?P<name>[^\]]+)\]\((?P<url>[^)]+)\)")
"""A file that is offered as a link in the text."""


class TeamsDriver(Driver[TeamsEmulator]):
    """The emulated Teams as a ``Driver``."""

    name = "teams"
    emoji: ClassVar[Mapping[str, str]] = {
        "👍": "like",
        "❤️": "heart",
        "😄": "laugh",
        "😮": "surprised",
        "😢": "sad",
        "😠": "angry",
    }

    def __init__(self, teams: TeamsEmulator) -> None:
        super().__init__(teams)
        self.teams = teams
        self._told: list[tuple[str, str]] = []

    # -- where people are

    def direct(self, user: str = ME) -> Place:
        return Place(self.teams.personal(user).id)

    def channel(self, name: str) -> Place:
        return Place(self.teams.world.place(name.lower().capitalize(), self.teams.ada).id)

    def channel_name(self, place: Place) -> str:
        return self.teams.world.conversations[place.channel].name.lower()

    def begun_by(self, message: str, place: Place) -> Place:
        begins = self.teams.world.conversations[place.channel].kind == "channel" and place.thread is None
        return Place(place.channel, message) if begins else place

    # -- what people do

    async def write(self, place: Place, text: str, *, user: str = ME, files: Sequence[File] = ()) -> Post:
        uploads = [Upload(file.name, file.data, file.mime) for file in files]
        said = await self.teams.say(place.channel, text, user=user, thread=place.thread, files=uploads)
        return Post(said, self.begun_by(said, place))

    async def edit(self, post: Post, text: str, *, user: str = ME) -> None:
        await self.teams.edit(post.place.channel, post.id, text, user=user)

    async def delete(self, post: Post, *, user: str = ME) -> None:
        await self.teams.delete_message(post.place.channel, post.id, user=user)

    async def put_reaction(self, post: Post, emoji: str, *, user: str = ME, added: bool = True) -> None:
        """Add or remove a reaction. The bot hears only of reactions to its own messages."""
        await self.teams.react(post.place.channel, post.id, emoji, user=user, added=added)

    async def click(self, message: Said, label: str, *, user: str = ME) -> None:
        shown = self.teams.message(message.place.channel, message.id) or {}
        if (found := menu_with(shown, label)) is not None:
            chooser, action = found
            value = next(each["value"] for each in chooser["choices"] if each["title"] == label)
            picked = await self.teams.click(
                message.place.channel, message.id, action=action, inputs={chooser["id"]: value}, user=user
            )
            self._note(user, picked)
            return
        self._note(user, await self.teams.click(message.place.channel, message.id, label, user=user))

    def form(self, *, user: str = ME) -> ShownForm | None:
        dialogs = self.teams.open_dialogs(user)
        if not dialogs or dialogs[-1].card is None:
            return None
        fields = inputs(dialogs[-1].card)
        return ShownForm(dialogs[-1].title, tuple(fields), tuple(_filled(field) for field in fields.values()))

    async def submit(self, values: Mapping[str, FieldInput], *, user: str = ME) -> None:
        dialog = self.teams.open_dialogs(user)[-1]
        assert dialog.card is not None
        ids = inputs(dialog.card)
        entered = {ids[label]["id"]: value for label, value in values.items()}
        self._note(user, await self.teams.submit_dialog(dialog.id, entered))
        for now in self.teams.open_dialogs(user):
            body = (now.card or {}).get("body", ())
            self._told += [(user, each["text"]) for each in body if each.get("color") == "Attention"]

    async def thumbs(self, message: Said, *, up: bool, comment: str | None = None, user: str = ME) -> None:
        where = message.place.channel
        given = self.teams.feedback(where, message.id, "like" if up else "dislike", comment or "", user=user)
        self._note(user, await given)

    async def command(self, place: Place, name: str, text: str = "", *, user: str = ME) -> None:
        raise KeyError("Teams has no slash commands")

    async def stop(self, place: Place, *, user: str = ME) -> None:
        await self.teams.wait_for(lambda: any(message.streaming for message in self.said(place)))
        await self.teams.stop_stream(place.channel, user=user)

    async def open_dm(self, *, user: str = ME) -> None:
        self.teams.personal(user).installed = False
        await self.teams.install("personal", user=user)

    # -- deliveries

    async def settled(self) -> None:
        await self.teams.settled()

    async def redeliver(self, post: Post) -> None:
        await self.teams.redeliver(post.id)

    # -- what people see

    def said(self, place: Place) -> list[Said]:
        return [self._said(place, message) for message in self._messages(place)]

    def told(self, person: str = ME) -> list[str]:
        return [text for whose, text in self._told if whose == person]

    async def files(self, place: Place) -> list[File]:
        for message in self._messages(place):
            for number, each in enumerate(message.get("attachments") or ()):
                if each["contentType"] == CONSENT and number not in message["consents"]:
                    self._note(ME, await self.teams.consent(place.channel, message["id"]))
        found: list[File] = []
        async with aiohttp.ClientSession() as session:
            for message in self._messages(place):
                found += [file for each in message.get("attachments") or () for file in self._attached(each)]
                for link in LINK.finditer(read(message)):
                    async with session.get(link["url"]) as response:
                        found.append(File(link["name"].replace("\\", ""), await response.read()))
        return found

    def working(self, place: Place) -> bool:
        return self.teams.typing(place.channel)

    def title(self, place: Place) -> str | None:
        return None

    def step_of(self, action: Mapping[str, Any]) -> Step | None:
        return step_of(self.teams, action)

    # -- inside

    def _note(self, person: str, result: InvokeResult) -> None:
        if result.message:
            self._told.append((person, result.message))

    def _messages(self, place: Place) -> list[dict[str, Any]]:
        found = self.teams.messages(place.channel, place.thread)
        return [message for message in found if message["from"]["id"] == self.teams.world.bot_id]

    def _said(self, place: Place, message: dict[str, Any]) -> Said:
        attachments = message.get("attachments") or ()
        return Said(
            id=message["id"],
            place=place,
            text=read(message),
            buttons=tuple(shown_buttons(message)),
            files=(
                *(str(each.get("name")) for each in attachments if each["contentType"] != CARD),
                *players(message),
                *(link["name"].replace("\\", "") for link in LINK.finditer(read(message))),
            ),
            streaming=message["streaming"] is not None,
            pings=tuple(dict.fromkeys(message["pings"])),
            cards=boxes(message),
            menus=menus(message),
            plan=plan(message),
        )

    def _attached(self, attachment: Mapping[str, Any]) -> list[File]:
        kind, name = attachment["contentType"], str(attachment.get("name"))
        if kind == FILE:
            file = self.teams.backend.files.find(attachment["content"]["uniqueId"])
            assert file is not None
            return [File(name, file.content or b"", file.mime)]
        if kind.startswith("image/") and str(attachment["contentUrl"]).startswith("data:"):
            return [File(name, base64.b64decode(attachment["contentUrl"].partition(",")[2]), kind)]
        return []


def _filled(element: Mapping[str, Any]) -> str:
    """Return what an input of a dialog shows when it opens."""
    value = str(element.get("value", ""))
    if element["type"] == "Input.Toggle":
        return "on" if value == "true" else "off"
    if element["type"] == "Input.ChoiceSet":
        titles = {choice["value"]: choice["title"] for choice in element["choices"]}
        return ", ".join(titles[each] for each in value.split(",") if each)
    return value
