"""The emulated Teams in the contract's words."""

import base64
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import aiohttp

from adapters.teams.adapter import TeamsAdapter
from adapters.teams.names import CARD, CONSENT, FILE
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
from gateway.emulators.common.faults import When
from gateway.emulators.teams.emulator import InvokeResult, TeamsEmulator, Upload
from gateway.emulators.teams.world import Message
from gateway.model import UserRef
from tests.contract.emulated import EmulatedWorld
from tests.contract.world import Facts, FieldInput, File, Method, Person, Place, Post, Said, ShownForm, Trouble
from tests.support.emulators import settings_of, started
from tests.teams.reading import boxes, inputs, menu_with, menus, plan, players, read, shown_buttons

LINK = re.compile(r"📎 \[(?P<name>[^\]]+)\]\((?P<url>[^)]+)\)")


def settings_for(teams: TeamsEmulator, **changes: Any) -> TeamsSettings:
    """Return settings read the way the operator's are, with these changed."""
    return TeamsSettings(_env_file=None, **{**settings_of(teams), **changes})


def adapter_for(teams: TeamsEmulator, context: AdapterContext | None = None, **changes: Any) -> TeamsAdapter:
    """Return an adapter for the emulator, with these settings changed."""
    return TeamsAdapter(settings_for(teams, **changes), context or AdapterContext(max_body_bytes=100_000))


class TeamsWorld(EmulatedWorld[TeamsEmulator]):
    """The emulated Teams as a ``tests.contract.world.World``."""

    name = "teams"
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

    def __init__(self, teams: TeamsEmulator) -> None:
        super().__init__(teams)
        self.teams = teams
        self._told: list[tuple[Person, str]] = []

    def adapter(self, context: AdapterContext, *, wrong_token: bool = False) -> TeamsAdapter:
        return adapter_for(self.teams, context, **({"app_password": "wrong"} if wrong_token else {}))

    async def connected(self) -> None:
        """Return at once: a webhook needs nothing but the listening server."""

    # -- what people do

    def user(self, person: Person) -> UserRef:
        who = self.teams.world.person(person)
        return UserRef(platform="teams", workspace=self.teams.tenant.id, id=who.aad_object_id, name=person)

    def mention_of(self, person: Person) -> str:
        return f"<@{self.user(person).id}>"

    def mention_reads(self, person: Person) -> str:
        return f"@{self.teams.world.person(person).name}"

    async def mention(self, text: str, *, user: Person = "Ada", files: Sequence[File] = ()) -> Post:
        said = await self.teams.say("General", f"@gateway {text}", user=user, files=_uploads(files))
        return Post(said, Place(self.teams.general.id, said))

    async def dm(self, text: str, *, files: Sequence[File] = ()) -> Post:
        said = await self.teams.say("personal", text, files=_uploads(files))
        return Post(said, Place(self.teams.personal().id))

    async def reply(
        self, to: Post, text: str, *, user: Person = "Ada", mention: bool = False, files: Sequence[File] = ()
    ) -> Post:
        words = f"@gateway {text}" if mention else text
        where = to.place
        said = await self.teams.say(where.channel, words, user=user, thread=where.thread, files=_uploads(files))
        return Post(said, where)

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

    async def edit(self, post: Post, text: str) -> None:
        await self.teams.edit(post.place.channel, post.id, text)

    async def delete(self, post: Post) -> None:
        await self.teams.delete_message(post.place.channel, post.id)

    async def react(self, post: Post, *, added: bool = True) -> None:
        """React as Grace, or as Ada in her own chat. The bot hears only of reactions to its own messages."""
        user = "Grace" if post.place.thread else "Ada"
        await self.teams.react(post.place.channel, post.id, self.facts.emoji, user=user, added=added)

    async def click(self, message: Said, label: str, *, user: Person = "Ada") -> None:
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

    def _message(self, message: Said) -> Message:
        return self.teams.world.place(message.place.channel, self.teams.ada).messages[message.id]

    def _shown(self, message: Said) -> Any:
        return self._message(message).activity.get("attachments", [])

    def _show(self, message: Said, controls: Any) -> None:
        self._message(message).activity["attachments"] = controls

    def form(self, *, user: Person = "Ada") -> ShownForm | None:
        dialogs = self.teams.open_dialogs(user)
        if not dialogs or dialogs[-1].card is None:
            return None
        fields = inputs(dialogs[-1].card)
        return ShownForm(dialogs[-1].title, tuple(fields), tuple(_filled(field) for field in fields.values()))

    async def submit(self, values: Mapping[str, FieldInput], *, user: Person = "Ada") -> None:
        dialog = self.teams.open_dialogs(user)[-1]
        assert dialog.card is not None
        ids = inputs(dialog.card)
        entered = {ids[label]["id"]: value for label, value in values.items()}
        self._note(user, await self.teams.submit_dialog(dialog.id, entered))
        for now in self.teams.open_dialogs(user):
            body = (now.card or {}).get("body", ())
            self._told += [(user, each["text"]) for each in body if each.get("color") == "Attention"]

    async def thumbs(self, message: Said, *, up: bool, comment: str | None = None) -> None:
        where = message.place.channel
        self._note("Ada", await self.teams.feedback(where, message.id, "like" if up else "dislike", comment or ""))

    async def command(self, place: Place, name: str, text: str = "") -> None:
        raise KeyError("Teams has no slash commands")

    async def stop(self, place: Place) -> None:
        await self.teams.wait_for(lambda: any(message.streaming for message in self.said(place)))
        await self.teams.stop_stream(place.channel)

    async def open_dm(self) -> None:
        self.teams.personal().installed = False
        await self.teams.install("personal")

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

    async def settled(self) -> None:
        await self.teams.settled()

    async def redeliver(self, post: Post) -> None:
        await self.teams.redeliver(post.id)

    async def deliver_unknown(self) -> None:
        assert (await self.teams.emit({"type": "brandNew"})).ok

    # -- what people see

    def said(self, place: Place) -> list[Said]:
        return [self._said(place, message) for message in self._messages(place)]

    def told(self, person: Person = "Ada") -> list[str]:
        return [text for whose, text in self._told if whose == person]

    def make_guest(self, person: Person) -> None:
        self.teams.world.person(person).role = "guest"

    def make_external(self, person: Person) -> None:
        self.teams.world.person(person).home_tenant_id = "11111111-2222-3333-4444-555555555555"

    def group_of(self, person: Person) -> str:
        raise NotImplementedError("a bot in Teams does not hear of groups")

    def private(self, person: Person = "Ada") -> list[str]:
        chat = self.teams.world.personal(self.teams.world.person(person).id)
        said = [] if chat is None else [each.text for each in self.said(Place(chat.id))]
        return [*self.told(person), *said]

    async def files(self, place: Place) -> list[File]:
        for message in self._messages(place):
            for number, each in enumerate(message.get("attachments") or ()):
                if each["contentType"] == CONSENT and number not in message["consents"]:
                    self._note("Ada", await self.teams.consent(place.channel, message["id"]))
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

    def reactions(self, post: Post) -> int:
        message = self.teams.message(post.place.channel, post.id) or {}
        return sum(self.teams.world.bot_id in who for who in message.get("reactions", {}).values())

    def title(self, place: Place) -> str | None:
        return None

    def prompts(self, place: Place) -> list[str]:
        suggested = [message.get("suggestedActions") or {} for message in self._messages(place)]
        return [action["title"] for each in suggested[-1:] for action in each.get("actions", ())]

    # -- trouble

    def forget_sent(self) -> None:
        """Do nothing: Teams recognises nothing that is sent twice."""

    # -- inside

    def _calls(self, method: Method) -> When:
        return lambda args: _is(method, args)

    def _note(self, person: Person, result: InvokeResult) -> None:
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


def _is(method: Method, args: Mapping[str, Any]) -> bool:
    """Return whether a call is this one of the three that make a stream; other methods differ by their names."""
    if not method.startswith("stream"):
        return True
    activity = args["activity"]
    info = next(each for each in activity["entities"] if each["type"] == "streaminfo")
    kind = "stop" if activity["type"] == "message" else "append" if "streamId" in info else "start"
    return method == f"stream_{kind}"


def _uploads(files: Sequence[File]) -> list[Upload]:
    return [Upload(file.name, file.data, file.mime) for file in files]


def _filled(element: Mapping[str, Any]) -> str:
    """Return what an input of a dialog shows when it opens."""
    value = str(element.get("value", ""))
    if element["type"] == "Input.Toggle":
        return "on" if value == "true" else "off"
    if element["type"] == "Input.ChoiceSet":
        titles = {choice["value"]: choice["title"] for choice in element["choices"]}
        return ", ".join(titles[each] for each in value.split(",") if each)
    return value


@asynccontextmanager
async def teams_world(**emulator: Any) -> AsyncIterator[TeamsWorld]:
    """Start a Teams without rate limits whose team and group chat consented to the bot hearing all; ``emulator`` are
    further arguments of ``TeamsEmulator``."""
    async with started(TeamsEmulator(**{"limits": "off", "rsc": True, **emulator})) as teams:
        yield TeamsWorld(teams)
