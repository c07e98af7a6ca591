"""The emulated Slack in the contract's words."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from html import unescape
from typing import Any, ClassVar

from adapters.slack.adapter import SlackAdapter
from adapters.slack.settings import SlackSettings
from gateway.adapter import AdapterContext, SupportsHandover
from gateway.emulators.slack.backend import Activity
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.emulators.slack.state import Message
from gateway.model import COMMANDS, UserRef
from tests.contract.emulated import EmulatedWorld, enter_comment
from tests.contract.world import EXTRAS, Facts, FieldInput, File, Method, Person, Place, Post, Said, ShownForm, Trouble
from tests.slack.reading import buttons, cards, from_bot, menus, plan, shown
from tests.support.emulators import settings_of, started

CHANNEL = "general"
CODE = re.compile(r"(^ *```.*?^ *```|~~~.*?~~~|`[^`\n]+`|^(?: {4}|\t)[^\n]*)", re.DOTALL | re.MULTILINE)
LIVE = re.compile(
    r"<@(?P<user>[UW]\w+)>|<!(?P<all>channel|here|everyone)\b|(?<![\w<])@(?P<bare>channel|here|everyone)\b"
)
"""What notifies somebody."""


def settings_for(slack: SlackEmulator, **changes: Any) -> SlackSettings:
    """Return settings read the way the operator's are."""
    return SlackSettings(_env_file=None, **{**settings_of(slack), **changes})


def adapter_for(slack: SlackEmulator, context: AdapterContext | None = None, **changes: Any) -> SlackAdapter:
    """Return an adapter for the emulator, with these settings changed."""
    return SlackAdapter(settings_for(slack, **changes), context or AdapterContext(max_body_bytes=100_000))


class SlackWorld(EmulatedWorld[SlackEmulator]):
    """The emulated Slack as a ``tests.contract.world.World``."""

    name = "slack"
    facts = Facts(
        token_setting="SLACK_BOT_TOKEN",
        permission="/invite",
        emoji="tada",
        everyone="<!channel>",
        exactly_once_sends=True,
        redelivers=True,
        extras=EXTRAS - {SupportsHandover},
        stop_button=True,
        slash_commands=True,
        opening=True,
        guests=True,
        externals=True,
        groups=True,
    )

    methods: ClassVar[Mapping[Method, str]] = {
        "identify": "auth.test",
        "send": "chat.postMessage",
        "edit": "chat.update",
        "delete": "chat.delete",
        "upload": "files.completeUploadExternal",
        "status": "agents.sessions.setStatus",
        "form": "views.open",
        "stream_start": "chat.startStream",
        "stream_append": "chat.appendStream",
        "stream_stop": "chat.stopStream",
    }
    refusals: ClassVar[Mapping[Trouble, Mapping[str, Any]]] = {
        "forbidden": {"error": "not_in_channel"},
        "gone": {"error": "channel_not_found"},
    }

    def __init__(self, slack: SlackEmulator) -> None:
        super().__init__(slack)
        self.slack = slack
        self._other_bot: str | None = None
        self._field_errors: list[tuple[str, Person, str]] = []

    def adapter(self, context: AdapterContext, *, wrong_token: bool = False) -> SlackAdapter:
        return adapter_for(self.slack, context, **({"bot_token": "xoxb-wrong"} if wrong_token else {}))

    async def connected(self) -> None:
        if self.slack.app_token is not None:  # a webhook needs nothing but the listening server
            async with asyncio.timeout(30):
                await self.slack.sockets.arrived.wait()

    # -- what people do

    def user(self, person: Person) -> UserRef:
        return UserRef(platform="slack", workspace=self.slack.team.id, id=self._id(person), name=person)

    def mention_of(self, person: Person) -> str:
        return f"<@{self._id(person)}>"

    def mention_reads(self, person: Person) -> str:
        return f"@{self._id(person)}"  # Slack sends no name beside a mention

    async def mention(self, text: str, *, user: Person = "Ada", files: Sequence[File] = ()) -> Post:
        words = f"@gateway {self._typed(text)}"
        ts = await self.slack.post(CHANNEL, words, user=self._id(user), files=files)
        return Post(ts, Place(self.slack.general.id, ts))

    async def dm(self, text: str, *, files: Sequence[File] = ()) -> Post:
        return Post(await self.slack.post(self.slack.dm.id, text, files=files), Place(self.slack.dm.id))

    async def reply(
        self, to: Post, text: str, *, user: Person = "Ada", mention: bool = False, files: Sequence[File] = ()
    ) -> Post:
        words = f"@gateway {self._typed(text)}" if mention else self._typed(text)
        where = to.place
        ts = await self.slack.post(where.channel, words, user=self._id(user), thread_ts=where.thread, files=files)
        return Post(ts, where)

    async def refer(self, to: Post, text: str) -> Post:
        message = self.slack.dm.messages[to.id].wire
        share = {
            "ts": to.id,
            "author_id": self.slack.ada.id,
            "author_name": self.slack.ada.name,
            "channel_id": self.slack.dm.id,
            "is_msg_unfurl": True,
            "is_share": True,
            "text": message["text"],
            "fallback": f"[{self.slack.ada.name}] {message['text']}",
            "files": message.get("files", []),
        }
        return Post(await self.slack.post(self.slack.dm.id, text, attachments=[share]), to.place)

    async def small_talk(self, text: str) -> Post:
        ts = await self.slack.post(CHANNEL, text.replace("<!channel>", "@channel"))  # as a person types it
        return Post(ts, Place(self.slack.general.id, ts))

    async def other_bot(self, text: str) -> Post:
        if self._other_bot is None:
            self._other_bot = self.slack.add_user("Builder", is_bot=True).id
            self.slack.general.members.add(self._other_bot)
        ts = await self.slack.post(CHANNEL, f"@gateway {text}", user=self._other_bot)
        return Post(ts, Place(self.slack.general.id, ts))

    async def edit(self, post: Post, text: str) -> None:
        await self.slack.edit(post.place.channel, post.id, text)

    async def delete(self, post: Post) -> None:
        await self.slack.delete_message(post.place.channel, post.id)

    async def react(self, post: Post, *, added: bool = True) -> None:
        user = self._id("Grace" if post.place.thread else "Ada")
        await self.slack.react(post.place.channel, post.id, self.facts.emoji, user=user, added=added)

    async def click(self, message: Said, label: str, *, user: Person = "Ada") -> None:
        await self.slack.click(message.place.channel, message.id, label=label, user=self._id(user))

    def _message(self, message: Said) -> Message:
        return self.slack.team.channel(message.place.channel).messages[message.id]

    def _shown(self, message: Said) -> Any:
        return self._message(message).wire.get("blocks", [])

    def _show(self, message: Said, controls: Any) -> None:
        self._message(message).wire["blocks"] = controls

    def form(self, *, user: Person = "Ada") -> ShownForm | None:
        views = self.slack.open_views(self._id(user))
        if not views:
            return None
        fields = _inputs(views[-1])
        shown = tuple(_filled(block["element"]) for block in fields.values())
        return ShownForm(views[-1]["title"]["text"], tuple(fields), shown)

    async def submit(self, values: Mapping[str, FieldInput], *, user: Person = "Ada") -> None:
        view = self.slack.open_views(self._id(user))[-1]
        blocks = _inputs(view)
        state: dict[str, dict[str, Any]] = {}
        for label, value in values.items():
            block = blocks[label]
            state[block["block_id"]] = {block["element"]["action_id"]: _entered(block["element"], value)}
        result = await self.slack.submit(view["id"], state)
        now = self.slack.world.clock.ts()
        self._field_errors += [(now, user, str(error)) for error in result.errors.values()]

    async def thumbs(self, message: Said, *, up: bool, comment: str | None = None) -> None:
        posted = self.slack.message(message.place.channel, message.id)
        assert posted is not None
        (rating,) = (block for block in posted["blocks"] if block["type"] == "context_actions")
        action = rating["elements"][0]["action_id"]
        value = "positive" if up else "negative"
        await self.slack.click(message.place.channel, message.id, action, value=value)
        if comment is not None:
            await enter_comment(self, comment)

    async def command(self, place: Place, name: str, text: str = "") -> None:
        registered = name in {command.name for command in COMMANDS}
        given = (f"/{name}", text) if registered else (f"/{self.slack.team.bot.name}", f"{name} {text}")
        await self.slack.command(*given, channel=place.channel)

    async def stop(self, place: Place) -> None:
        await self.slack.wait_for(lambda: self.working(place))
        running = next(activity.thread_ts for activity in self._activities(place) if activity.session == "processing")
        await self.slack.stop_session(place.channel, running)

    async def open_dm(self) -> None:
        await self.slack.open_home()

    # -- deliveries

    async def delivered(self, post: Post) -> None:
        await self.slack.delivered(post.id)

    async def taken(self, post: Post) -> bool:
        await self.slack.delivered(post.id, timeout=60)
        return True

    async def settled(self) -> None:
        await self.slack.settled()

    async def redeliver(self, post: Post) -> None:
        for new_event_id in (True, False):
            for delivery in await self.slack.redeliver(post.id, new_event_id=new_event_id):
                await delivery.done.wait()

    async def deliver_unknown(self) -> None:
        await (await self.slack.emit({"type": "brand_new"})).done.wait()

    # -- what people see

    def said(self, place: Place) -> list[Said]:
        found = [self._said(place, message) for message in from_bot(self.slack, place.channel, place.thread)]
        # The share of a file that was deleted stays, and nothing is seen in it.
        return [each for each in found if _is_seen(each)]

    def told(self, person: Person = "Ada") -> list[str]:
        errors = [(at, text) for at, whose, text in self._field_errors if whose == person]
        notices = [
            (message["ts"], _read(message))
            for channel in self.slack.team.channels
            for message in self.slack.messages(channel)
            if message.get("ephemeral_for") == self._id(person)
        ]
        return [text for _, text in sorted(errors + notices)]

    def make_guest(self, person: Person) -> None:
        self.slack.team.users[self._id(person)].guest = "multi"

    def make_external(self, person: Person) -> None:
        self.slack.team.users[self._id(person)].team_id = "T0PARTNER"

    def group_of(self, person: Person) -> str:
        return self.slack.add_group([self._id(person)])

    def private(self, person: Person = "Ada") -> list[str]:
        channel = self.slack.team.dm(self._id(person)).id
        return [*self.told(person), *(_read(message) for message in from_bot(self.slack, channel, None))]

    async def files(self, place: Place) -> list[File]:
        kept = self.slack.world.files
        return [
            File(file["name"], kept[file["id"]].content or b"", file["mimetype"])
            for message in from_bot(self.slack, place.channel, place.thread)
            for file in message.get("files", ())
        ]

    def working(self, place: Place) -> bool:
        return any(activity.session == "processing" for activity in self._activities(place))

    def reactions(self, post: Post) -> int:
        message = self.slack.message(post.place.channel, post.id) or {}
        return sum(self.slack.team.bot.id in reaction["users"] for reaction in message.get("reactions", ()))

    def title(self, place: Place) -> str | None:
        return next((activity.title for activity in self._activities(place)), None)

    def prompts(self, place: Place) -> list[str]:
        return [prompt["title"] for prompt in self.slack.prompts(place.channel)]

    # -- trouble

    def forget_sent(self) -> None:
        """Slack recognises nothing that is sent twice: the gateway looks it up."""

    # -- inside

    def _activities(self, place: Place) -> list[Activity]:
        """Return the agent sessions of a place: of its thread, in a direct message of every thread."""
        known = self.slack.backend.activities.values()
        return [each for each in known if each.channel == place.channel and place.thread in (None, each.thread_ts)]

    def _typed(self, text: str) -> str:
        return text.replace("@Ada", self.mention_of("Ada")).replace("@Grace", self.mention_of("Grace"))

    def _id(self, person: Person) -> str:
        return {"Ada": self.slack.ada.id, "Grace": self.slack.grace.id}[person]

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


@asynccontextmanager
async def slack_world(**emulator: Any) -> AsyncIterator[SlackWorld]:
    """Start a Slack without rate limits that retries quickly; ``emulator`` are arguments of ``SlackEmulator``."""
    async with started(SlackEmulator(**{"limits": "off", "retry_delays": (0.05, 0.1, 0.2), **emulator})) as slack:
        yield SlackWorld(slack)
