"""What is deleted while the bot works on it: the message, or what the conversation began with. Nobody is left to
answer, so the handler is neither left running nor run again, and nothing is said into the void."""

import asyncio
import sqlite3
from pathlib import Path

import gateway as cl
from tests.contract.harness import need
from tests.contract.reading import reads, texts
from tests.contract.world import World
from tests.support.bot import register, running_bot


class _Slow:
    """A bot that takes its time over a message that begins with ``slow``."""

    def __init__(self) -> None:
        self.runs: list[str] = []
        self.ends: list[str] = []
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()
        self.over = asyncio.Event()
        """The conversation's end was told."""

    def __call__(self) -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            self.runs.append(message.content)
            if message.content.startswith("slow"):
                self.begun.set()
                try:
                    await asyncio.sleep(60)
                finally:
                    self.ends.append(message.content)
                    self.ended.set()
            await cl.Message(f"re {message.content}").send()

        @cl.on_chat_end
        def end() -> None:
            self.over.set()


async def happens(event: asyncio.Event) -> None:
    async with asyncio.timeout(10):
        await event.wait()


class DeletionContract:
    """Checks what a turn does whose message is deleted; ``BotContract`` includes it."""

    async def test_a_conversation_that_is_gone_costs_one_run_and_is_told_nothing(
        self, world: World, tmp_path: Path
    ) -> None:
        runs: list[str] = []

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                runs.append(message.content)
                await cl.Message(f"re {message.content}").send()

        async with running_bot(world, register(bot), tmp_path) as running:
            world.fail_next("send", "gone", times=5)
            await world.dm("hello")
            async with asyncio.timeout(10):
                while not (letters := await running.gateway.store.dead_letters()):
                    await asyncio.sleep(0.01)  # the store tells nobody
            assert world.calls("send") == 1
        assert runs == ["hello"]
        assert "Gone" in letters[0].error

    async def test_a_message_deleted_while_it_is_answered_is_answered_no_further(
        self, world: World, tmp_path: Path
    ) -> None:
        need(world.facts.edits, "deletions by people")
        slow = _Slow()
        async with running_bot(world, register(slow), tmp_path) as running:
            post = await world.dm("slow")
            await happens(slow.begun)
            await world.delete(post)
            await happens(slow.ended)
            await world.dm("next")
            await reads(world, post, "re next")
            assert texts(world, post) == ["re next"]
            assert not await running.gateway.store.dead_letters()
        assert slow.runs == ["slow", "next"]
        assert not slow.over.is_set()

    async def test_a_message_deleted_while_it_waits_for_its_turn_is_not_answered(
        self, world: World, tmp_path: Path
    ) -> None:
        need(world.facts.edits, "deletions by people")
        slow = _Slow()
        async with running_bot(world, register(slow), tmp_path):
            post = await world.dm("slow")
            await happens(slow.begun)
            waiting = await world.dm("waiting")
            await world.delivered(waiting)
            await world.delivered(await world.dm("last"))
            await world.delete(waiting)
            await world.settled()
            await world.delete(post)
            await reads(world, post, "re last")
        assert slow.runs == ["slow", "last"]

    async def test_a_conversation_ends_with_the_message_it_began_with(self, world: World, tmp_path: Path) -> None:
        need(world.facts.edits, "deletions by people")
        slow = _Slow()
        async with running_bot(world, register(slow), tmp_path) as running:
            post = await world.mention("slow")
            await happens(slow.begun)
            await world.delete(post)
            await happens(slow.ended)
            await happens(slow.over)
            other = await world.mention("other")
            await reads(world, other, "re other")
            assert texts(world, post) == []
            assert not await running.gateway.store.dead_letters()
        assert slow.runs == ["slow", "other"]

    async def test_what_others_delete_is_not_even_stored(self, world: World, tmp_path: Path) -> None:
        need(world.facts.edits, "deletions by people")
        slow = _Slow()
        async with running_bot(world, register(slow), tmp_path):
            talk = await world.small_talk("hello everybody")
            await world.delete(talk)
            post = await world.mention("hi")
            await reads(world, post, "re hi")
        assert not slow.over.is_set()
        with sqlite3.connect(tmp_path / "gateway.db") as database:
            assert database.execute("SELECT count(*) FROM deliveries").fetchone() == (1,)
