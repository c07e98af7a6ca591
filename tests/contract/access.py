"""Who may use the bot: whoever is denied reaches nothing by any way in, and is told so privately."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

import gateway as cl
from gateway.chat.registry import Callbacks
from gateway.ingress.guard import LATER, NOT_ALLOWED
from gateway.model import AccessRequest, QuotaReached
from tests.contract.actions import eventually
from tests.contract.harness import need
from tests.contract.history import kept
from tests.contract.reading import reads, texts
from tests.contract.world import Person, Post, World
from tests.support.bot import RunningBot, register, running_bot


def listening(heard: list[str]) -> Callbacks:
    """Register a bot that notes all it hears, and asks and offers what it is told to."""

    def bot() -> None:
        @cl.on_chat_start
        async def start() -> None:
            heard.append("start")

        @cl.on_message
        async def main(message: cl.Message) -> None:
            heard.append(message.content)
            match message.content:
                case "ask":
                    answer = await cl.AskUserMessage("Your name?", timeout=None).send()
                    heard.append(f"answer {answer and answer['output']}")
                case "fill in":
                    await cl.AskFileMessage("A text, please", ["text/plain"], timeout=None).send()
                case _:
                    await cl.Message(f"echo {message.content}", actions=[cl.Action("go", label="Go")]).send()

        @cl.action_callback("go")
        async def go(action: cl.Action) -> None:
            heard.append("click")

        @cl.on_reaction
        async def reaction(reaction: Any) -> None:
            heard.append("reaction")

        @cl.on_feedback
        async def feedback(feedback: cl.Feedback) -> None:
            heard.append("feedback")

        @cl.on_message_edit
        async def edit(message: cl.Message) -> None:
            heard.append("edit")

        @cl.on_message_delete
        async def delete(message: cl.Message) -> None:
            heard.append("delete")

        @cl.on_stop
        async def stop() -> None:
            heard.append("stop")

    return register(bot)


def denying(world: World, person: Person = "Ada", more: str = "") -> str:
    """Return the ``gateway.toml`` that denies one person."""
    user = world.user(person)
    return f'[access]\ndeny = ["{user.platform}:user:{user.id}"]\n{more}'


async def counts(bot: RunningBot, world: World) -> dict[str, Any]:
    """Return what ``/readyz`` counts on the platform."""
    async with httpx.AsyncClient(base_url=bot.url) as client:
        counted: dict[str, Any] = (await client.get("/readyz")).json()["platforms"][world.name]
    return counted


async def refused(world: World, text: str = NOT_ALLOWED, *, person: Person = "Ada", times: int = 1) -> None:
    """Wait until a person was told so often that they are not let in."""
    try:
        await world.wait_for(lambda: world.private(person).count(text) >= times)
    except TimeoutError:
        raise AssertionError(f"{person} was told {world.private(person)}, not {times} times {text!r}") from None


def need_two(world: World) -> None:
    need(world.facts.other != "Ada", "conversations of several people")


class AccessContract:
    """Checks the access policy at every way in; ``BotContract`` includes it."""

    async def test_whoever_is_denied_reaches_nothing_by_any_way_in(self, world: World, tmp_path: Path) -> None:
        heard: list[str] = []
        facts = world.facts
        async with running_bot(world, listening(heard), tmp_path):
            post = await world.mention("before")
            message = await reads(world, post, "echo before")
            direct = await world.dm("ask")
            await reads(world, direct, "Your name?")
        before = {place: texts(world, place) for place in (post, direct)}
        stored = kept(tmp_path, "SELECT count(*) FROM steps")
        heard.clear()
        async with running_bot(world, listening(heard), tmp_path, tables=denying(world)) as bot:
            await eventually(lambda: "ask" in heard)  # the open question waits again
            heard.clear()
            await world.dm("an answer")
            await refused(world)
            await world.mention("a mention")
            await world.reply(post, "a reply", mention=True)
            await world.reply(post, "a reply without a mention")
            await world.dm("/new")
            await world.click(message, "Go")
            await world.thumbs(message, up=True)
            if facts.edits:
                await world.edit(direct, "edited")
                await world.edit(post, "edited")
            if facts.emoji:
                await world.react(direct)
            if facts.edits and facts.tells_who_deletes:
                await world.delete(direct)
            if facts.slash_commands:
                await world.command(post.place, "stop")
                await world.command(direct.place, "new")
            if facts.opening:
                await world.open_dm()
            await world.settled()
            assert (await counts(bot, world))["denied"] >= 6
            assert heard == []
            assert kept(tmp_path, "SELECT count(*) FROM steps") == stored
            assert kept(tmp_path, "SELECT count(*) FROM deliveries WHERE state = 0") == [1]
            for place, said in before.items():
                assert [text for text in texts(world, place) if text != NOT_ALLOWED] == said

    async def test_a_denied_person_cannot_answer_or_open_the_forms_of_others(
        self, world: World, tmp_path: Path
    ) -> None:
        need_two(world)
        heard: list[str] = []
        async with running_bot(world, listening(heard), tmp_path, tables=denying(world, "Grace")):
            post = await world.mention("fill in")
            message = await reads(world, post, "A text, please")
            if message.buttons:
                await world.click(message, message.buttons[0], user="Grace")
                assert world.form(user="Grace") is None
            await world.reply(post, "let me", user="Grace")
            await world.reply(post, "let me", user="Grace", mention=True)
            await world.settled()
            assert heard == ["start", "fill in"]
            other = await world.mention("mine")
            await reads(world, other, "echo mine")

    async def test_a_refusal_is_private_and_told_once(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, listening([]), tmp_path, tables=denying(world, more='message = "Ask Bob."')):
            post = await world.mention("one")
            direct = await world.dm("two")
            await refused(world, "Ask Bob.", times=2 if world.facts.own_threads or world.name != "chatkit" else 1)
            await world.dm("three")
            await world.reply(post, "four", mention=True)
            await world.settled()
            told = world.private().count("Ask Bob.")
            await world.dm("five")
            await world.settled()
            assert told == world.private().count("Ask Bob.")
            if direct.place != post.place and world.facts.other != "Ada":
                assert texts(world, post) == []
                assert "Ask Bob." not in world.private("Grace")

    async def test_who_is_allowed_is_let_in_and_nobody_else(self, world: World, tmp_path: Path) -> None:
        need_two(world)
        ada, heard = world.user("Ada"), list[str]()
        allow = f'[access]\nallow = ["{ada.platform}:user:{ada.id}"]\n'
        async with running_bot(world, listening(heard), tmp_path, tables=allow):
            mine = await world.mention("mine")
            message = await reads(world, mine, "echo mine")
            await world.mention("hers", user="Grace")
            await refused(world, person="Grace")
            await world.click(message, "Go", user="Grace")
            await world.click(message, "Go")
            await eventually(lambda: "click" in heard)
        assert heard == ["start", "mine", "click"]

    async def test_a_channel_is_denied_with_its_threads_and_direct_messages_are_not(
        self, world: World, tmp_path: Path
    ) -> None:
        need_two(world)
        heard: list[str] = []
        async with running_bot(world, listening(heard), tmp_path):
            post = await world.mention("before")
            await reads(world, post, "echo before")
        deny = f'[access]\ndeny = ["{world.name}:channel:{post.place.channel}"]\n'
        heard.clear()
        async with running_bot(world, listening(heard), tmp_path, tables=deny):
            await world.mention("in the channel", user="Grace")
            await world.reply(post, "in the thread", mention=True)
            await refused(world)
            direct = await world.dm("here")
            await reads(world, direct, "echo here")
        assert heard == ["start", "here"]

    async def test_only_those_of_a_group_are_let_in(self, world: World, tmp_path: Path) -> None:
        need(world.facts.groups, "groups that a bot hears of")
        heard: list[str] = []
        group = world.group_of("Ada")
        allow = f'[access]\nallow = ["{world.name}:group:{group}"]\n'
        async with running_bot(world, listening(heard), tmp_path, tables=allow):
            message = await reads(world, await world.mention("mine"), "echo mine")
            await world.mention("hers", user="Grace")
            await refused(world, person="Grace")
            await world.click(message, "Go", user="Grace")
            await world.click(message, "Go")
            await reads(world, await world.dm("directly"), "echo directly")
            await eventually(lambda: "click" in heard)
        assert sorted(heard) == ["click", "directly", "mine", "start", "start"]

    @pytest.mark.parametrize("kind", ["guests", "external"])
    async def test_guests_and_people_of_other_organisations_are_denied(
        self, world: World, tmp_path: Path, kind: str
    ) -> None:
        need(world.facts.guests if kind == "guests" else world.facts.externals, kind)
        (world.make_guest if kind == "guests" else world.make_external)("Grace")
        heard: list[str] = []
        async with running_bot(world, listening(heard), tmp_path, tables=f'[access]\n{kind} = "deny"\n'):
            message = await reads(world, await world.mention("mine"), "echo mine")
            await world.mention("hers", user="Grace")
            await refused(world, person="Grace")
            await world.click(message, "Go", user="Grace")
            await world.click(message, "Go")
            await eventually(lambda: "click" in heard)
            if world.facts.emoji:
                await world.react(Post(message.id, message.place))
            await world.settled()
        assert heard == ["start", "mine", "click"]

    # The bot's own say

    async def test_the_bots_own_hook_decides_and_says_why(self, world: World, tmp_path: Path) -> None:
        asked: list[tuple[str, AccessRequest]] = []
        heard: list[str] = []
        callbacks = listening(heard)

        async def authorize(user: cl.User, request: AccessRequest) -> bool | str:
            asked.append((user.identifier, request))
            return "Not on Sundays." if "sunday" in request.text else request.kind != "action_invoked"

        callbacks.on_authorize = authorize
        async with running_bot(world, callbacks, tmp_path):
            direct = await world.dm("hello")
            message = await reads(world, direct, "echo hello")
            await world.dm("on sunday")
            await refused(world, "Not on Sundays.")
            await world.click(message, "Go")
            await world.settled()
        assert heard == ["start", "hello"]
        identifier, request = asked[0]
        assert identifier == world.user("Ada").key
        assert (request.kind, request.platform, request.is_direct) == ("message_created", world.name, True)

    @pytest.mark.parametrize("way", ["raises", "hangs", "says nothing"])
    async def test_a_hook_that_fails_lets_nobody_in(
        self, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
    ) -> None:
        monkeypatch.setattr("gateway.ingress.guard.JUDGE_WITHIN", 0.3 if way == "hangs" else 5.0)
        heard: list[str] = []
        callbacks = listening(heard)

        async def authorize(user: cl.User) -> None:
            if way == "raises":
                raise SystemExit("boom")
            if way == "hangs":
                await asyncio.Event().wait()

        callbacks.on_authorize = authorize
        async with running_bot(world, callbacks, tmp_path):
            await world.dm("hello")
            await refused(world, NOT_ALLOWED if way == "says nothing" else LATER)
        assert heard == []

    # Limits

    async def test_over_the_limit_people_are_told_when_to_come_back(self, world: World, tmp_path: Path) -> None:
        heard: list[str] = []
        async with running_bot(
            world, listening(heard), tmp_path, tables="[limits.person]\nmessages_per_hour = 2\n"
        ) as bot:
            for words in ("one", "two"):
                await reads(world, await world.dm(words), f"echo {words}")
            direct = await world.dm("three")
            await world.wait_for(lambda: any("try again in" in text for text in world.private()))
            message = await reads(world, direct, "echo two")
            await world.click(message, "Go")
            await world.settled()
            assert (await counts(bot, world))["quota"] >= 2
            if world.facts.other != "Ada":
                await reads(world, await world.mention("hers", user="Grace"), "echo hers")
        assert [each for each in heard if each != "start"][:2] == ["one", "two"]
        assert "three" not in heard and "click" not in heard

    async def test_the_bot_may_let_a_message_pass_the_limit(self, world: World, tmp_path: Path) -> None:
        reached: list[QuotaReached] = []
        callbacks = listening([])

        async def quota(user: cl.User, quota: QuotaReached) -> bool | str:
            reached.append(quota)
            return "Buy more." if len(reached) == 1 else True

        callbacks.on_quota = quota
        tables = "[limits.workspace]\nmessages_per_minute = 1\n"
        async with running_bot(world, callbacks, tmp_path, tables=tables):
            await reads(world, await world.dm("one"), "echo one")
            await world.dm("two")
            await refused(world, "Buy more.")
            await reads(world, await world.dm("three"), "echo three")
        assert (reached[0].scope, reached[0].limit, reached[0].most) == ("workspace", "messages_per_minute", 1)
        assert 0 < reached[0].retry_after <= 60
