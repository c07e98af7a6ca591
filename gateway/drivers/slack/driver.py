"""Turns what a person does into calls of the emulated Slack, and what it shows into words."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any, ClassVar

from gateway.drivers.base import ME, PEOPLE, Driver
from gateway.drivers.slack.acts import step_of
from gateway.drivers.slack.reading import buttons, cards, from_bot, menus, plan, shown
from gateway.drivers.steps import Step
from gateway.drivers.values import FieldInput, File, Place, Post, Said, ShownForm
from gateway.emulators.slack.backend import Activity
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.model import COMMANDS

CODE = re.compile(r"(^ *```.*?^ *```|~~~.*?~~~|`[^`\n]+`|^(?: {4}|\t)[^\n]*)", re.DOTALL | re.MULTILINE)
LIVE = re.compile(
    r"<@(?P<user>[UW]\w+)>|<!(?P<all>channel|here|everyone)\b|(?<![\w<])@(?P<bare>channel|here|everyone)\b"
)
"""What notifies somebody."""


class SlackDriver(Driver[SlackEmulator]):
    """The emulated Slack as a ``Driver``."""

    name = "slack"
    emoji: ClassVar[Mapping[str, str]] = {
        "👍": "thumbsup",
        "👎": "thumbsdown",
        "❤️": "heart",
        "🎉": "tada",
        "😄": "smile",
        "😢": "cry",
        "✅": "white_check_mark",
        "👀": "eyes",
    }

    def __init__(self, slack: SlackEmulator) -> None:
        super().__init__(slack)
        self.slack = slack
        self._field_errors: list[tuple[str, str, str]] = []

    async def connected(self) -> None:
        if self.slack.app_token is not None:  # a webhook needs nothing but the listening server
            async with asyncio.timeout(30):
                await self.slack.sockets.arrived.wait()

    # -- where people are

    def direct(self, user: str = ME) -> Place:
        return Place(self.slack.team.dm(self._id(user)).id)

    def channel(self, name: str) -> Place:
        return Place(self.slack.team.channel(name.lower()).id)

    def channel_name(self, place: Place) -> str:
        return self.slack.team.channel(place.channel).name

    def begun_by(self, message: str, place: Place) -> Place:
        in_thread = place.thread or self.slack.team.channel(place.channel).kind == "im"
        return place if in_thread else Place(place.channel, message)

    # -- what people do

    async def write(self, place: Place, text: str, *, user: str = ME, files: Sequence[File] = ()) -> Post:
        words, person = self._typed(text), self._id(user)
        ts = await self.slack.post(place.channel, words, user=person, thread_ts=place.thread, files=files)
        return Post(ts, self.begun_by(ts, place))

    async def edit(self, post: Post, text: str, *, user: str = ME) -> None:
        await self.slack.edit(post.place.channel, post.id, self._typed(text))

    async def delete(self, post: Post, *, user: str = ME) -> None:
        await self.slack.delete_message(post.place.channel, post.id)

    async def put_reaction(self, post: Post, emoji: str, *, user: str = ME, added: bool = True) -> None:
        await self.slack.react(post.place.channel, post.id, emoji, user=self._id(user), added=added)

    async def click(self, message: Said, label: str, *, user: str = ME) -> None:
        await self.slack.click(message.place.channel, message.id, label=label, user=self._id(user))

    def form(self, *, user: str = ME) -> ShownForm | None:
        views = self.slack.open_views(self._id(user))
        if not views:
            return None
        fields = _inputs(views[-1])
        shown = tuple(_filled(block["element"]) for block in fields.values())
        return ShownForm(views[-1]["title"]["text"], tuple(fields), shown)

    async def submit(self, values: Mapping[str, FieldInput], *, user: str = ME) -> None:
        view = self.slack.open_views(self._id(user))[-1]
        blocks = _inputs(view)
        state: dict[str, dict[str, Any]] = {}
        for label, value in values.items():
            block = blocks[label]
            state[block["block_id"]] = {block["element"]["action_id"]: _entered(block["element"], value)}
        result = await self.slack.submit(view["id"], state)
        now = self.slack.world.clock.ts()
        self._field_errors += [(now, user, str(error)) for error in result.errors.values()]

    async def thumbs(self, message: Said, *, up: bool, comment: str | None = None, user: str = ME) -> None:
        posted = self.slack.message(message.place.channel, message.id)
        assert posted is not None
        (rating,) = (block for block in posted["blocks"] if block["type"] == "context_actions")
        action = rating["elements"][0]["action_id"]
        value = "positive" if up else "negative"
        await self.slack.click(message.place.channel, message.id, action, value=value, user=self._id(user))
        if comment is not None:
            await self.enter_comment(comment, user=user)

    async def command(self, place: Place, name: str, text: str = "", *, user: str = ME) -> None:
        registered = name in {command.name for command in COMMANDS}
        given = (f"/{name}", text) if registered else (f"/{self.slack.team.bot.name}", f"{name} {text}".strip())
        await self.slack.command(*given, channel=place.channel, user=self._id(user))

    async def stop(self, place: Place, *, user: str = ME) -> None:
        await self.slack.wait_for(lambda: self.working(place))
        running = next(activity.thread_ts for activity in self._activities(place) if activity.session == "processing")
        await self.slack.stop_session(place.channel, running, user=self._id(user))

    async def open_dm(self, *, user: str = ME) -> None:
        await self.slack.open_home(self._id(user))

    # -- deliveries

    async def settled(self) -> None:
        await self.slack.settled()

    async def redeliver(self, post: Post) -> None:
        for new_event_id in (True, False):
            for delivery in await self.slack.redeliver(post.id, new_event_id=new_event_id):
                await delivery.done.wait()

    # -- what people see

    def said(self, place: Place) -> list[Said]:
        found = [self._said(place, message) for message in from_bot(self.slack, place.channel, place.thread)]
        # The share of a file that was deleted stays, and nothing is seen in it.
        return [each for each in found if _is_seen(each)]

    def told(self, person: str = ME) -> list[str]:
        errors = [(at, text) for at, whose, text in self._field_errors if whose == person]
        notices = [
            (message["ts"], _read(message))
            for channel in self.slack.team.channels
            for message in self.slack.messages(channel)
            if message.get("ephemeral_for") == self._id(person)
        ]
        return [text for _, text in sorted(errors + notices)]

    async def files(self, place: Place) -> list[File]:
        kept = self.slack.world.files
        return [
            File(file["name"], kept[file["id"]].content or b"", file["mimetype"])
            for message in from_bot(self.slack, place.channel, place.thread)
            for file in message.get("files", ())
        ]

    def working(self, place: Place) -> bool:
        return any(activity.session == "processing" for activity in self._activities(place))

    def title(self, place: Place) -> str | None:
        return next((activity.title for activity in self._activities(place)), None)

    def step_of(self, action: Mapping[str, Any]) -> Step | None:
        return step_of(self.slack, action)

    # -- inside

    def _activities(self, place: Place) -> list[Activity]:
        """Return the agent sessions of a place: of its thread, in a direct message of every thread."""
        known = self.slack.backend.activities.values()
        return [each for each in known if each.channel == place.channel and place.thread in (None, each.thread_ts)]

    def _typed(self, text: str) -> str:
        for person in PEOPLE:
            text = text.replace(f"@{person}", f"<@{self._id(person)}>")
        return text

    def _id(self, person: str) -> str:
        return self.slack.team.user(person).id

    @staticmethod
    def _said(place: Place, message: dict[str, Any]) -> Said:
        # What Slack reads as code notifies nobody.
        live = list(
            LIVE.finditer(f"{''.join(CODE.split(message['text'])[::2])} {''.join(CODE.split(shown(message))[::2])}")
        )
        pings = dict.fromkeys(match["user"] or "everyone" for match in live)
        return Said(
            id=message["ts"],
            place=place,
            text=_read(message),
            author=message.get("username"),
            buttons=tuple(buttons(message)),
            files=tuple(file["name"] for file in message.get("files", ())),
            streaming=bool(message.get("streaming")),
            pings=tuple(pings),
            cards=cards(message),
            menus=menus(message),
            plan=plan(message),
        )


def _is_seen(said: Said) -> bool:
    return bool(said.text or said.buttons or said.files or said.streaming or said.cards or said.menus or said.plan)


def _read(message: dict[str, Any]) -> str:
    """Return the text as a person reads it: without the marks that only keep a mention from being one (in code they
    would be read), and without Slack's own escapes where there are no blocks."""
    parts = CODE.split(shown(message))
    parts[::2] = [part.replace("\u200b", "") for part in parts[::2]]
    text = "".join(parts).strip()
    return text if message.get("blocks") else unescape(text)


def _inputs(view: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the blocks of a form's fields, by label."""
    return {block["label"]["text"]: block for block in view["blocks"] if block["type"] == "input"}


def _filled(element: Mapping[str, Any]) -> str:
    """Return what a field of a form shows when it opens."""
    chosen = [*element.get("initial_options", ()), *filter(None, [element.get("initial_option")])]
    if element["type"] == "checkboxes" and [option["value"] for option in element["options"]] == ["on"]:
        return "on" if chosen else "off"
    if chosen:
        return ", ".join(option["text"]["text"] for option in chosen)
    return str(element.get("initial_value", element.get("initial_date", "")))


def _entered(element: Mapping[str, Any], value: FieldInput) -> Any:
    """Return what a person entered, as the emulator's client takes it."""
    if element["type"] == "checkboxes" and isinstance(value, bool):
        return [option["value"] for option in element["options"]] if value else []
    if isinstance(value, float | int):
        return f"{value:g}"
    return value
