"""What a conversation gets back when its session is loaded again: the thread with what was said before."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from gateway.chat.author import BOT
from gateway.chat.registry import Callbacks
from gateway.runtime import threads
from gateway.types import ThreadDict
from tests.contract.crashes import LivingBot
from tests.contract.history import kept
from tests.contract.reading import reads
from tests.contract.world import World
from tests.support.bot import register, running_bot

TELLS = """
    import gateway as cl

    @cl.on_chat_resume
    async def resumed(thread):
        said = [step["output"] for step in thread["steps"]]
        files = [element["name"] for element in thread["elements"]]
        await cl.Message(f"{thread['name']} had {', '.join(said + files)}").send()

    @cl.on_message
    async def main(message: cl.Message):
        await cl.Message(f"first {message.content}", elements=[cl.File(name="a.txt", content=b"a")]).send()
        await cl.Message(f"second {message.content}").send()
"""


def remembering(resumed: list[Any]) -> Callbacks:
    """Register a bot with a step, and what its ``on_chat_resume`` is given."""

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            cl.user_session.set("topic", message.content)
            async with cl.Step("look", type="tool") as step:
                step.input, step.output = "where", "there"
            await cl.Message(f"noted {message.content}", metadata={"n": 1}, tags=["t"]).send()

        @cl.on_chat_resume
        async def resume(thread: ThreadDict) -> None:
            resumed.append(thread)

    return register(bot)


def recalling() -> Callbacks:
    """Register a bot that tells what a model would be given."""

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            said = [f"{each['role']}: {each['content']}" for each in cl.chat_context.to_openai()]
            if message.content == "forget":
                cl.chat_context.clear()
            await cl.Message(" / ".join(said)).send()

    return register(bot)


def lose_what_was_said(folder: Path) -> None:
    """Take ``chat_context`` out of the stored sessions."""
    with closing(sqlite3.connect(folder / "gateway.db")) as database, database:
        for conversation, data in database.execute("SELECT conversation, data FROM sessions").fetchall():
            values = json.loads(data)
            del values["gateway:said"]
            new = json.dumps(values).encode()
            database.execute("UPDATE sessions SET data = ? WHERE conversation = ?", (new, conversation))


class ResumeContract:
    """Checks what is there again after a restart; ``BotContract`` includes it."""

    async def test_a_resumed_thread_has_what_was_said_before(self, world: World, tmp_path: Path) -> None:
        resumed: list[Any] = []
        async with running_bot(world, remembering(resumed), tmp_path):
            post = await world.mention("one")
            await reads(world, post, "noted one")
        async with running_bot(world, remembering(resumed), tmp_path):
            await world.reply(post, "two")
            await reads(world, post, "noted two")
        [thread] = resumed
        said = [(step["type"], step["name"], step["input"], step["output"]) for step in thread["steps"]]
        author = thread["steps"][0]["name"]
        assert said == [
            ("user_message", author, "", "one"),
            ("tool", "look", "where", "there"),
            ("assistant_message", BOT, "", "noted one"),
        ]
        answer = thread["steps"][2]
        assert (answer["metadata"], answer["tags"], answer["parentId"], answer["feedback"]) == (
            {"n": 1},
            ["t"],
            None,
            None,
        )
        assert answer["threadId"] == thread["id"] == kept(tmp_path, "SELECT id FROM threads")[0]
        assert thread["name"] == "one"
        assert thread["userIdentifier"] == world.user("Ada").key
        assert thread["metadata"] == {"client_type": world.name, "topic": "one", **world.facts.session}
        assert thread["elements"] == []
        assert cl.Message.from_dict(answer).content == "noted one"

    async def test_a_bot_that_was_killed_resumes_with_what_was_said_before(self, world: World, tmp_path: Path) -> None:
        async with LivingBot(world, tmp_path, TELLS) as bot:
            post = await world.mention("one")
            await reads(world, post, "second one")
            hold = world.hold("send", text="second two", after_effect=True)
            await world.reply(post, "two")
            await hold.reached()
            await bot.kill()
            hold.release()
            await bot.start()
            await reads(world, post, "one had one, first one, second one, a.txt")
            await reads(world, post, "second two")
            await bot.terminate()

    async def test_what_was_said_comes_back_from_the_history(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, recalling(), tmp_path):
            post = await world.dm("one")
            await reads(world, post, "user: one")
        lose_what_was_said(tmp_path)
        async with running_bot(world, recalling(), tmp_path):
            await world.dm("forget")
            await reads(world, post, "user: one / assistant: user: one / user: forget")
        async with running_bot(world, recalling(), tmp_path):  # what the bot itself forgot does not come back
            await world.dm("two")
            await reads(world, post, "assistant: user: one / assistant: user: one / user: forget / user: two")

    async def test_a_long_thread_is_resumed_with_its_newest_steps(
        self, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(threads, "STEPS", 2)
        resumed: list[Any] = []
        async with running_bot(world, remembering(resumed), tmp_path):
            post = await world.dm("one")
            await reads(world, post, "noted one")
        async with running_bot(world, remembering(resumed), tmp_path):
            await world.dm("two")
            await reads(world, post, "noted two")
        assert [step["output"] for step in resumed[0]["steps"]] == ["there", "noted one"]

    async def test_a_thread_has_no_steps_where_history_is_off(self, world: World, tmp_path: Path) -> None:
        resumed: list[Any] = []
        for text in ("one", "two"):
            async with running_bot(world, remembering(resumed), tmp_path, history="off"):
                post = await world.dm(text)
                await reads(world, post, f"noted {text}")
        [thread] = resumed
        assert (thread["steps"], thread["elements"]) == ([], [])
        assert thread["metadata"] == {"topic": "one", **world.facts.session}
