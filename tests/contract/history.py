"""What is kept of conversations: each message and step once, whatever happens meanwhile."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import gateway as cl
from gateway.chat.registry import Callbacks
from gateway.runtime.context import require_turn
from tests.contract.actions import eventually
from tests.contract.crashes import LivingBot
from tests.contract.reading import reads, texts
from tests.contract.world import World
from tests.support.bot import register, running_bot

SPEAKS = """
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        await cl.Message(f"first {message.content}").send()
        await cl.Message(f"second {message.content}").send()
"""


def kept(folder: Path, query: str) -> list[Any]:
    """Return the rows that a query finds in the gateway's database; of one column its values."""
    with closing(sqlite3.connect(folder / "gateway.db")) as database:
        rows = database.execute(query).fetchall()
    return [row[0] if len(row) == 1 else row for row in rows]


def said(folder: Path) -> list[tuple[str, str]]:
    """Return type and text of everything that is kept, in the order in which it was said."""
    return kept(folder, 'SELECT type, output FROM steps ORDER BY "createdAt", rowid')


def by_people(folder: Path) -> list[str]:
    """Return the text of every message of a person that is kept."""
    return [text for kind, text in said(folder) if kind == "user_message"]


def speaking() -> Callbacks:
    """Register a bot with a step, a question, a stream, a message that is changed and one that is taken back."""

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            async with cl.Step("look", type="tool") as step:
                step.input, step.output = "where", "there"
                step.generation = {"model": "m", "tokenCount": 7}
            name = await cl.AskUserMessage("Your name?").send()
            assert name is not None
            answer = cl.Message()
            for word in ("You ", "are ", name["output"]):
                await answer.stream_token(word)
            await answer.send()
            changed = await cl.Message("draft").send()
            changed.content = "final"
            await changed.update()
            gone = await cl.Message("gone").send()
            await gone.remove()
            await cl.Message("done", metadata={"of": object()}).send()

    return register(bot)


class HistoryContract:
    """Checks what is kept of conversations; ``BotContract`` includes it."""

    async def test_what_both_sides_say_is_kept_with_the_turn(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, speaking(), tmp_path):
            post = await world.dm("hello \x00 there")
            await reads(world, post, "Your name?")
            await world.dm("Ada")
            await reads(world, post, "done")
        hello = next(text for kind, text in said(tmp_path) if kind == "user_message")
        assert hello.startswith("hello") and hello.endswith("there") and "\x00" not in hello
        assert said(tmp_path) == [
            ("user_message", hello),
            ("tool", "there"),
            ("assistant_message", "Your name?"),
            ("user_message", "Ada"),
            ("assistant_message", "You are Ada"),
            ("assistant_message", "final"),
            ("assistant_message", "done"),
        ]
        ada = world.user("Ada").key
        assert kept(tmp_path, "SELECT identifier FROM users") == [ada]
        thread = kept(tmp_path, 'SELECT id, name, "userIdentifier", platform FROM threads')
        assert [each[2:] for each in thread] == [(ada, world.name)]
        assert thread[0][1].startswith("hello")
        assert kept(tmp_path, 'SELECT DISTINCT "threadId", "userIdentifier" FROM steps') == [(thread[0][0], ada)]
        generations = kept(tmp_path, "SELECT generation FROM steps WHERE generation IS NOT NULL")
        assert generations == ['{"model":"m","tokenCount":7}']
        user_ids = kept(tmp_path, 'SELECT DISTINCT threads."userId" = users.id FROM threads, users')
        assert user_ids == [1]

    async def test_a_turn_that_is_killed_and_runs_again_is_kept_once(self, world: World, tmp_path: Path) -> None:
        async with LivingBot(world, tmp_path, SPEAKS) as bot:
            hold = world.hold("send", text="second", after_effect=True)
            post = await world.dm("one")
            await hold.reached()
            await bot.kill()
            hold.release()
            await bot.start()
            await reads(world, post, "second one")
            await bot.terminate()
        data = tmp_path / ".gateway"
        assert [text for _, text in said(data)] == ["one", "first one", "second one"]
        assert len(kept(data, "SELECT id FROM threads")) == 1

    async def test_what_was_said_before_a_question_is_kept_while_it_waits(self, world: World, tmp_path: Path) -> None:
        asking = """
            import gateway as cl

            @cl.on_message
            async def main(message: cl.Message):
                name = await cl.AskUserMessage("Your name?", timeout=None).send()
                await cl.Message(f"You are {name['output']}").send()
        """
        async with LivingBot(world, tmp_path, asking) as bot:
            post = await world.dm("hello")
            await reads(world, post, "Your name?")
            data = tmp_path / ".gateway"
            await eventually(lambda: [text for _, text in said(data)] == ["hello", "Your name?"])
            await bot.kill()
            await bot.start()
            await world.dm("Ada")
            await reads(world, post, "You are Ada")
            await bot.terminate()
        assert [text for _, text in said(data)] == ["hello", "Your name?", "Ada", "You are Ada"]
        assert len(kept(data, "SELECT id FROM threads")) == 1

    async def test_whatever_a_handler_puts_into_a_message_is_kept(self, world: World, tmp_path: Path) -> None:
        odd = "'); DROP TABLE steps; -- \x00 \ud800 %_"

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                answer = cl.Message("odd", author=odd, tags=[odd, 7], metadata={odd: odd, "n": 1 << 80, 3: {1}})  # type: ignore[list-item, dict-item]
                answer.language = 5  # type: ignore[assignment]
                answer.keep(require_turn())
                async with cl.Step(odd, type=odd, metadata={"set": {1}}) as step:  # type: ignore[arg-type]
                    step.output = "x" * 10_000_000
                await cl.Message("done").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.dm("hello")
            await reads(world, post, "done")
        clean = "'); DROP TABLE steps; -- \ufffd \ufffd %_"
        rows = kept(
            tmp_path, "SELECT name, tags, metadata, language, length(output) FROM steps WHERE name LIKE '%DROP%'"
        )
        name, tags, metadata, language, _ = rows[0]
        assert (name, json.loads(tags), language) == (clean, [clean, "7"], "5")
        assert json.loads(metadata)["n"] == 1 << 80
        assert rows[1][4] == 10_000_000

    async def test_edits_and_deletions_change_what_is_kept(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                await cl.Message("noted").send()

        async with running_bot(world, register(bot), tmp_path):
            first = await world.mention("first")
            await reads(world, first, "noted")
            second = await world.reply(first, "second")
            await world.wait_for(lambda: texts(world, first).count("noted") == 2)
            await world.edit(second, "other")
            await eventually(lambda: by_people(tmp_path) == ["first", "other"])
        async with running_bot(world, register(bot), tmp_path):
            await world.delete(second)
            await eventually(lambda: by_people(tmp_path) == ["first"])

    async def test_an_edit_while_the_turn_of_its_message_waits_is_kept(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, speaking(), tmp_path):
            post = await world.dm("hello")
            await reads(world, post, "Your name?")
            await world.edit(post, "goodbye")
            await eventually(lambda: by_people(tmp_path) == ["goodbye"])
            await world.dm("Ada")
            await reads(world, post, "done")
        assert by_people(tmp_path) == ["goodbye", "Ada"]

    async def test_a_new_conversation_is_a_new_thread_once_something_is_said(
        self, world: World, tmp_path: Path
    ) -> None:
        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                await cl.Message(f"in {cl.context.session.thread_id}").send()

            @cl.on_chat_end
            async def end() -> None:
                await cl.Message("bye").send()

        threads = "SELECT id FROM threads ORDER BY rowid"
        async with running_bot(world, register(bot), tmp_path):
            post = await world.dm("one")
            await reads(world, post, "in ")
            await world.dm("/new")
            await reads(world, post, "Started a new conversation")
        [first] = kept(tmp_path, threads)
        assert [text for _, text in said(tmp_path)] == ["one", f"in {first}", "bye"]
        async with running_bot(world, register(bot), tmp_path):
            await world.dm("two")
            await world.wait_for(lambda: sum("in " in text for text in texts(world, post)) == 2)
        one, two = kept(tmp_path, threads)
        assert (one, kept(tmp_path, "SELECT name FROM threads ORDER BY rowid")) == (first, ["one", "two"])
        assert [f"in {one}", f"in {two}"] == [text for text in texts(world, post) if "in " in text]

    async def test_nothing_is_kept_where_history_is_off(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, speaking(), tmp_path, history="off"):
            post = await world.dm("hello")
            await reads(world, post, "Your name?")
            await world.dm("Ada")
            await reads(world, post, "done")
        for table in ("users", "threads", "steps", "elements", "feedbacks"):
            assert kept(tmp_path, f"SELECT * FROM {table}") == []

    async def test_a_turn_that_failed_for_good_leaves_what_was_said(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                await cl.Message("begun").send()
                raise ValueError("no luck")

        async with running_bot(world, register(bot), tmp_path, turn_retries=1):
            post = await world.dm("hello")
            await reads(world, post, "something went wrong")
        assert said(tmp_path) == [("user_message", "hello"), ("assistant_message", "begun")]
