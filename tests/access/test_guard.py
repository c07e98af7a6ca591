"""The guard on emulated platforms: what it asks for, what it remembers, and what it does when nobody answers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import gateway as cl
from gateway.app import Gateway
from gateway.chat.registry import Callbacks
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.errors import SettingsError
from gateway.ingress import facts, guard
from gateway.ingress.guard import LATER, NOT_ALLOWED
from tests.contract.actions import eventually
from tests.contract.reading import reads, texts
from tests.discord.world import discord_world
from tests.slack.world import SlackWorld, slack_world
from tests.support.bot import register, running_bot


@pytest.fixture
async def world() -> AsyncIterator[SlackWorld]:
    async with slack_world() as world:
        yield world


def echoing(heard: list[str]) -> Callbacks:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            heard.append(message.content)
            await cl.Message(f"echo {message.content}").send()

        @cl.on_reaction
        async def reaction(reaction: cl.Reaction) -> None:
            heard.append(f"reaction {reaction.added}")

    return register(bot)


def asked(slack: SlackEmulator, method: str) -> int:
    return len(slack.calls_to(method))


async def test_while_the_platform_does_not_answer_nobody_is_let_in(
    world: SlackWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "JUDGE_WITHIN", 0.3)
    monkeypatch.setattr(facts, "KEEP_FAILURE", 0.0)
    heard: list[str] = []
    async with running_bot(world, echoing(heard), tmp_path, tables='[access]\nguests = "deny"\n'):
        held = world.slack.hold("users.info")
        await world.mention("one")
        await world.wait_for(lambda: world.told() == [LATER])
        held.release()
        await reads(world, await world.mention("two"), "echo two")
        await world.settled()
    assert heard == ["two"]


async def test_a_person_is_asked_for_once_and_a_group_once_for_all(world: SlackWorld, tmp_path: Path) -> None:
    group = world.group_of("Ada")
    tables = f'[access]\nallow = ["slack:group:{group}"]\n'
    async with running_bot(world, echoing([]), tmp_path, tables=tables):
        for words in ("one", "two"):
            await reads(world, await world.mention(words), f"echo {words}")
        await world.mention("hers", user="Grace")
        await world.wait_for(lambda: world.told("Grace") == [NOT_ALLOWED])
        users = [call.args["user"] for call in world.slack.calls_to("users.info") if "include_locale" not in call.args]
        assert sorted(users) == sorted([world.user("Ada").id, world.user("Grace").id])
        assert asked(world.slack, "usergroups.users.list") == 1


async def test_a_mention_that_comes_as_two_events_is_judged_and_counted_once(world: SlackWorld, tmp_path: Path) -> None:
    heard: list[str] = []
    asked_for: list[str] = []
    callbacks = echoing(heard)

    async def authorize(user: cl.User, request: cl.AccessRequest) -> bool:
        asked_for.append(request.text)
        return True

    callbacks.on_authorize = authorize
    tables = "[limits.person]\nmessages_per_minute = 2\n"
    async with running_bot(world, callbacks, tmp_path, tables=tables):
        post = await world.mention("one")
        await reads(world, post, "echo one")
        await world.redeliver(post)
        await reads(world, await world.mention("two"), "echo two")
        await world.settled()
        assert world.told() == []
        await world.mention("three")
        await world.wait_for(lambda: len(world.told()) == 1)
    assert (heard, asked_for) == (["one", "two"], ["one", "two", "three"])


async def test_without_rules_and_limits_nobody_is_asked_for(world: SlackWorld, tmp_path: Path) -> None:
    async with running_bot(world, echoing([]), tmp_path):
        await reads(world, await world.mention("one"), "echo one")
        assert all("include_locale" in call.args for call in world.slack.calls_to("users.info"))


async def test_in_discord_a_reaction_taken_off_asks_for_the_member(tmp_path: Path) -> None:
    heard: list[str] = []
    async with discord_world() as world:
        group = world.group_of("Ada")
        world.discord.guild.members[world.user("Grace").id].roles.append(group)
        tables = f'[access]\nallow = ["discord:role:{group}"]\n'
        async with running_bot(world, echoing(heard), tmp_path, tables=tables):
            post = await world.mention("one")
            message = await reads(world, post, "echo one")
            await world.discord.react(message.place.thread or "", message.id, "🎉", user=world.user("Grace").id)
            await eventually(lambda: "reaction True" in heard)
            await world.discord.react(
                message.place.thread or "", message.id, "🎉", user=world.user("Grace").id, added=False
            )
            await eventually(lambda: "reaction False" in heard)


async def test_in_discord_nothing_is_said_aloud_to_whom_takes_no_direct_messages(tmp_path: Path) -> None:
    async with discord_world() as world:
        grace = world.user("Grace").id
        world.discord.world.users[grace].takes_dms = False
        async with running_bot(world, echoing([]), tmp_path, tables=f'[access]\ndeny = ["discord:user:{grace}"]\n'):
            post = await world.mention("hers", user="Grace")
            await world.delivered(post)
            await reads(world, await world.mention("mine"), "echo mine")
            assert world.private("Grace") == []
            assert [text for text in texts(world, post) if NOT_ALLOWED in text] == []


@pytest.mark.parametrize(
    ("text", "line"),
    [('[access]\nalow = ["slack"]\n', "line 2: there is no access.alow; did you mean allow?"),
     ('[access]\ndeny = [\n    "slack:user:ada",\n]\n', "line 3: 'slack:user:ada'"),
     ('[access]\nallow = ["slak"]\n', "line 2: 'slak': there is no platform slak")],
)  # fmt: skip
async def test_a_mistake_in_the_file_keeps_the_gateway_from_starting(
    world: SlackWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, line: str
) -> None:
    (tmp_path / "bot.py").write_text("import gateway as cl\n\n@cl.on_message\nasync def main(m): ...\n")
    (tmp_path / "gateway.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    for name, value in world.environment().items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        Gateway.from_bot("bot.py")
    assert f"gateway.toml, {line}" in str(caught.value)
