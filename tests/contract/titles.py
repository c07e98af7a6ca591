"""The title of a conversation: the bot's own, its first message without one; kept, and shown where there are titles."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from gateway.adapter import extras
from gateway.chat import titles
from gateway.chat.registry import Callbacks
from gateway.telemetry.logs import configure_logging
from tests.contract.harness import need
from tests.contract.history import kept
from tests.contract.reading import reads, texts
from tests.contract.world import Post, World
from tests.support.bot import register, running_bot


def titled(title: Callable[..., Any]) -> Callbacks:
    """Register a bot that answers, with what gives its conversations their titles."""

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            if message.content.startswith("call it "):
                await cl.context.set_title(message.content.removeprefix("call it "))
            answer = cl.Message()
            await answer.stream_token(f"noted {message.content}")

        cl.on_thread_title(title)

    return register(bot)


async def said(world: World, post: Post, text: str) -> None:
    """Write into the conversation, and wait for the answer and the end of its turn."""
    await world.reply(post, text)
    await reads(world, post, f"noted {text}")


def names(folder: Path) -> list[str]:
    return kept(folder, "SELECT name FROM threads")


def shown(world: World, post: Post, title: str) -> bool:
    """Return whether the platform shows the title, or has none."""
    return world.title(post.place) == (title if extras.SupportsTitles in world.facts.extras else None)


class TitleContract:
    """Checks the titles of conversations; ``BotContract`` includes it."""

    async def test_a_bot_gives_a_conversation_its_title_once(self, world: World, tmp_path: Path) -> None:
        asked: list[tuple[str, str, int]] = []

        async def title(message: cl.Message) -> str:
            asked.append((message.content, message.type, len(cl.chat_context.get())))
            return f"About {message.content}"

        async with running_bot(world, titled(title), tmp_path):
            post = await world.mention("the weather")
            await reads(world, post, "noted the weather")
            await said(world, post, "and now?")
        async with running_bot(world, titled(title), tmp_path):
            await said(world, post, "still?")
        assert asked == [("the weather", "user_message", 2)]
        assert names(tmp_path) == ["About the weather"]
        assert shown(world, post, "About the weather")

    @pytest.mark.parametrize("result", ["nothing", "another type", "an error", "too late"])
    async def test_a_title_that_does_not_come_costs_nothing(
        self, world: World, tmp_path: Path, result: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
    ) -> None:
        configure_logging(form="console", debug=False)  # to the standard error that ``capsys`` reads
        asked: list[str] = []

        def title(message: cl.Message) -> Any:
            asked.append(message.content)
            if result == "an error":
                raise ValueError("no model")
            return 7 if result == "another type" else None

        async def late(message: cl.Message) -> str:
            asked.append(message.content)
            await asyncio.Event().wait()
            return "never"

        if result == "too late":
            monkeypatch.setattr(titles, "WITHIN", 0.05)
        async with running_bot(world, titled(late if result == "too late" else title), tmp_path):
            post = await world.mention("one")
            await reads(world, post, "noted one")
            await said(world, post, "two")
        assert asked == ["one"]
        assert names(tmp_path) == ["one"]
        assert [text for text in texts(world, post) if text] == ["noted one", "noted two"]
        wanted = {"another type": "thread_title.ignored", "an error": "no model", "too late": "more than 0.05 seconds"}
        errors = capsys.readouterr().err
        assert wanted.get(result, "") in errors and ("thread_title" in errors) == (result in wanted)

    async def test_a_title_that_the_handler_set_is_kept_and_nobody_is_asked(self, world: World, tmp_path: Path) -> None:
        def title(message: cl.Message) -> str:
            return f"About {message.content}"

        async with running_bot(world, titled(title), tmp_path):
            post = await world.mention("call it Weather")
            await reads(world, post, "noted call it Weather")
            await said(world, post, "one")
            assert names(tmp_path) == ["Weather"]
            await said(world, post, "call it Rain")
            await said(world, post, "two")
        assert names(tmp_path) == ["Rain"]
        assert shown(world, post, "Rain")

    async def test_a_title_is_one_line_that_every_store_takes(self, world: World, tmp_path: Path) -> None:
        async def title(message: cl.Message) -> str:
            return "  half \ud83d of\nit \x00 " + "long " * 100

        async with running_bot(world, titled(title), tmp_path):
            post = await world.mention("one")
            await reads(world, post, "noted one")
            await said(world, post, "two")
        [name] = names(tmp_path)
        assert name.startswith("half \ufffd of it \ufffd long") and len(name) == 200
        assert shown(world, post, "") or (world.title(post.place) or "").startswith("half \ufffd of it")

    async def test_no_thread_is_opened_only_for_a_title(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                if message.content != "hush":
                    await cl.Message(f"noted {message.content}").send()

            @cl.on_thread_title
            def title(message: cl.Message) -> str:
                return f"About {message.content}"

        need(not world.facts.own_threads, "threads that the bot opens")
        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("hush")
            await world.delivered(post)
            dm = await world.dm("other")
            await reads(world, dm, "noted other")
        assert sorted(names(tmp_path)) == ["About hush", "About other"]
        assert world.title(post.place) is None

    async def test_titles_are_shown_where_history_is_off(self, world: World, tmp_path: Path) -> None:
        async def title(message: cl.Message) -> str:
            return "Weather"

        async with running_bot(world, titled(title), tmp_path, history="off"):
            post = await world.mention("one")
            await reads(world, post, "noted one")
            await said(world, post, "two")
        assert names(tmp_path) == []
        assert shown(world, post, "Weather")

    async def test_a_title_goes_with_the_message_it_was_taken_from(self, world: World, tmp_path: Path) -> None:
        deleted = asyncio.Event()

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                await cl.Message(f"noted {message.content}").send()

            @cl.on_message_delete
            async def gone(message: cl.Message) -> None:
                deleted.set()

        async with running_bot(world, register(bot), tmp_path):
            dm = await world.dm("my secret")
            await reads(world, dm, "noted my secret")
            await world.edit(dm, "my other secret")
            await world.settled()
            await world.dm("two")
            await reads(world, dm, "noted two")
            assert names(tmp_path) == ["my other secret"]
            await world.delete(dm)
            await deleted.wait()
            await world.dm("three")
            await reads(world, dm, "noted three")
            await world.dm("four")
            await reads(world, dm, "noted four")
            assert names(tmp_path) == ["three"]
            post = await world.mention("begun")
            await reads(world, post, "noted begun")
            await world.delete(post)  # which ends the conversation
            await world.settled()
            await world.dm("five")
            await reads(world, dm, "noted five")
        assert names(tmp_path) == ["three", None]
        assert "begun" not in kept(tmp_path, "SELECT output FROM steps")
