"""The emulated Slack in the contract's words."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from adapters.slack.adapter import SlackAdapter
from adapters.slack.settings import SlackSettings
from gateway.adapter import AdapterContext, SupportsHandover
from gateway.drivers.slack.driver import SlackDriver
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.emulators.slack.state import Message
from gateway.model import UserRef
from tests.contract.emulated import CHANNEL, EmulatedWorld
from tests.contract.world import EXTRAS, Facts, Method, Person, Place, Post, Said, Trouble
from tests.support.emulators import settings_of, started


def settings_for(slack: SlackEmulator, **changes: Any) -> SlackSettings:
    """Return settings read the way the operator's are."""
    return SlackSettings(_env_file=None, **{**settings_of(slack), **changes})


def adapter_for(slack: SlackEmulator, context: AdapterContext | None = None, **changes: Any) -> SlackAdapter:
    """Return an adapter for the emulator, with these settings changed."""
    return SlackAdapter(settings_for(slack, **changes), context or AdapterContext(max_body_bytes=100_000))


class SlackWorld(SlackDriver, EmulatedWorld[SlackEmulator]):
    """The emulated Slack as a ``tests.contract.world.World``."""

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
        self._other_bot: str | None = None

    def adapter(self, context: AdapterContext, *, wrong_token: bool = False) -> SlackAdapter:
        return adapter_for(self.slack, context, **({"bot_token": "xoxb-wrong"} if wrong_token else {}))

    # -- what people do

    def user(self, person: Person) -> UserRef:
        return UserRef(platform="slack", workspace=self.slack.team.id, id=self._id(person), name=person)

    def make_guest(self, person: Person) -> None:
        self.slack.team.users[self._id(person)].guest = "multi"

    def make_external(self, person: Person) -> None:
        self.slack.team.users[self._id(person)].team_id = "T0PARTNER"

    def group_of(self, person: Person) -> str:
        return self.slack.add_group([self._id(person)])

    def mention_of(self, person: Person) -> str:
        return f"<@{self._id(person)}>"

    def mention_reads(self, person: Person) -> str:
        return f"@{self._id(person)}"  # Slack sends no name beside a mention

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

    def _message(self, message: Said) -> Message:
        return self.slack.team.channel(message.place.channel).messages[message.id]

    def _shown(self, message: Said) -> Any:
        return self._message(message).wire.get("blocks", [])

    def _show(self, message: Said, controls: Any) -> None:
        self._message(message).wire["blocks"] = controls

    # -- deliveries

    async def delivered(self, post: Post) -> None:
        await self.slack.delivered(post.id)

    async def taken(self, post: Post) -> bool:
        await self.slack.delivered(post.id, timeout=60)
        return True

    async def deliver_unknown(self) -> None:
        await (await self.slack.emit({"type": "brand_new"})).done.wait()

    # -- what people see

    def reactions(self, post: Post) -> int:
        message = self.slack.message(post.place.channel, post.id) or {}
        return sum(self.slack.team.bot.id in reaction["users"] for reaction in message.get("reactions", ()))

    def prompts(self, place: Place) -> list[str]:
        return [prompt["title"] for prompt in self.slack.prompts(place.channel)]

    def private(self, person: Person = "Ada") -> list[str]:
        return [*self.told(person), *(said.text for said in self.said(self.direct(person)))]

    # -- trouble

    def forget_sent(self) -> None:
        """Slack recognises nothing that is sent twice: the gateway looks it up."""


@asynccontextmanager
async def slack_world(**emulator: Any) -> AsyncIterator[SlackWorld]:
    """Start a Slack without rate limits that retries quickly; ``emulator`` are arguments of ``SlackEmulator``."""
    async with started(SlackEmulator(**{"limits": "off", "retry_delays": (0.05, 0.1, 0.2), **emulator})) as slack:
        yield SlackWorld(slack)
