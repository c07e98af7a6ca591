"""The emulated Teams in the contract's words."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from adapters.teams.adapter import TeamsAdapter
from adapters.teams.settings import TeamsSettings
from gateway.adapter import (
    AdapterContext,
    SupportsAccessFacts,
    SupportsDirectMessages,
    SupportsProfiles,
    SupportsReactions,
    SupportsStarters,
    SupportsStreaming,
)
from gateway.drivers.teams.driver import TeamsDriver
from gateway.emulators.common.faults import When
from gateway.emulators.teams.emulator import TeamsEmulator
from gateway.emulators.teams.world import Message
from gateway.model import UserRef
from tests.contract.emulated import EmulatedWorld
from tests.contract.world import Facts, Method, Person, Place, Post, Said, Trouble
from tests.support.emulators import settings_of, started


def settings_for(teams: TeamsEmulator, **changes: Any) -> TeamsSettings:
    """Return settings read the way the operator's are, with these changed."""
    return TeamsSettings(_env_file=None, **{**settings_of(teams), **changes})


def adapter_for(teams: TeamsEmulator, context: AdapterContext | None = None, **changes: Any) -> TeamsAdapter:
    """Return an adapter for the emulator, with these settings changed."""
    return TeamsAdapter(settings_for(teams, **changes), context or AdapterContext(max_body_bytes=100_000))


class TeamsWorld(TeamsDriver, EmulatedWorld[TeamsEmulator]):
    """The emulated Teams as a ``tests.contract.world.World``."""

    facts = Facts(
        token_setting="TEAMS_APP_PASSWORD",
        permission="lacks a permission",
        emoji="like",
        everyone="<at>General</at>",
        exactly_once_sends=False,
        redelivers=False,
        extras=frozenset(
            {
                SupportsAccessFacts,
                SupportsDirectMessages,
                SupportsProfiles,
                SupportsReactions,
                SupportsStarters,
                SupportsStreaming,
            }
        ),
        pings_everyone=False,
        stop_button=True,
        opening=True,
        guests=True,
        externals=True,
    )

    methods: ClassVar[Mapping[Method, str]] = {
        "identify": "token",
        "send": "send",
        "edit": "update",
        "delete": "delete",
        "upload": "upload",
        "status": "typing",
        "stream_start": "stream",
        "stream_append": "stream",
        "stream_stop": "stream",
    }
    refusals: ClassVar[Mapping[Trouble, Mapping[str, Any]]] = {
        "forbidden": {"status": 403, "error": "NotEnoughPermissions"},
        "gone": {"status": 404},
    }
    repeated = frozenset({"edit", "delete"})

    def adapter(self, context: AdapterContext, *, wrong_token: bool = False) -> TeamsAdapter:
        return adapter_for(self.teams, context, **({"app_password": "wrong"} if wrong_token else {}))

    # -- what people do

    def user(self, person: Person) -> UserRef:
        who = self.teams.world.person(person)
        return UserRef(platform="teams", workspace=self.teams.tenant.id, id=who.aad_object_id, name=person)

    def make_guest(self, person: Person) -> None:
        self.teams.world.person(person).role = "guest"

    def make_external(self, person: Person) -> None:
        self.teams.world.person(person).home_tenant_id = "11111111-2222-3333-4444-555555555555"

    def group_of(self, person: Person) -> str:
        raise NotImplementedError("a bot in Teams does not hear of groups")

    def mention_of(self, person: Person) -> str:
        return f"<@{self.user(person).id}>"

    def mention_reads(self, person: Person) -> str:
        return f"@{self.teams.world.person(person).name}"

    async def refer(self, to: Post, text: str) -> Post:
        return Post(await self.teams.say("personal", text, quote=to.id), to.place)

    async def small_talk(self, text: str) -> Post:
        said = await self.teams.say("General", text.replace("<at>General</at>", "@General"))
        return Post(said, Place(self.teams.general.id, said))

    async def other_bot(self, text: str) -> Post:
        bot = self.teams.world.bot()
        tag = f"<at>{bot['name']}</at>"
        activity = {
            "type": "message",
            "id": self.teams.world.clock.message_id(),
            "from": {"id": "28:another-bot", "name": "Builder"},
            "text": f"{tag} {text}",
            "entities": [{"type": "mention", "text": tag, "mentioned": bot}],
        }
        delivery = await self.teams.emit(activity, place="General")
        return Post(str(delivery.activity["id"]), Place(self.teams.general.id, str(delivery.activity["id"])))

    def _message(self, message: Said) -> Message:
        return self.teams.world.place(message.place.channel, self.teams.ada).messages[message.id]

    def _shown(self, message: Said) -> Any:
        return self._message(message).activity.get("attachments", [])

    def _show(self, message: Said, controls: Any) -> None:
        self._message(message).activity["attachments"] = controls

    # -- deliveries

    async def delivered(self, post: Post) -> None:
        await self.teams.delivered(post.id)

    async def taken(self, post: Post) -> bool | None:
        [*_, delivery] = self.teams.deliveries.of(post.id)
        await delivery.done.wait()
        if delivery.ok:
            return True
        # A proxy's 502 or 504, a broken connection and a server error leave open whether the bot has it; 503 does not.
        return None if delivery.status == 0 or (delivery.status >= 500 and delivery.status != 503) else False

    async def deliver_unknown(self) -> None:
        assert (await self.teams.emit({"type": "brandNew"})).ok

    # -- what people see

    def reactions(self, post: Post) -> int:
        message = self.teams.message(post.place.channel, post.id) or {}
        return sum(self.teams.world.bot_id in who for who in message.get("reactions", {}).values())

    def prompts(self, place: Place) -> list[str]:
        suggested = [message.get("suggestedActions") or {} for message in self._messages(place)]
        return [action["title"] for each in suggested[-1:] for action in each.get("actions", ())]

    def private(self, person: Person = "Ada") -> list[str]:
        chat = self.teams.world.personal(self.teams.world.person(person).id)
        said = [] if chat is None else [each.text for each in self.said(Place(chat.id))]
        return [*self.told(person), *said]

    # -- trouble

    def forget_sent(self) -> None:
        """Do nothing: Teams recognises nothing that is sent twice."""

    # -- inside

    def _calls(self, method: Method) -> When:
        return lambda args: _is(method, args)


def _is(method: Method, args: Mapping[str, Any]) -> bool:
    """Return whether a call is this one of the three that make a stream; other methods differ by their names."""
    if not method.startswith("stream"):
        return True
    activity = args["activity"]
    info = next(each for each in activity["entities"] if each["type"] == "streaminfo")
    kind = "stop" if activity["type"] == "message" else "append" if "streamId" in info else "start"
    return method == f"stream_{kind}"


@asynccontextmanager
async def teams_world(**emulator: Any) -> AsyncIterator[TeamsWorld]:
    """Start a Teams without rate limits whose team and group chat consented to the bot hearing all; ``emulator`` are
    further arguments of ``TeamsEmulator``."""
    async with started(TeamsEmulator(**{"limits": "off", "rsc": True, **emulator})) as teams:
        yield TeamsWorld(teams)
