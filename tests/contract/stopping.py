"""The whole gateway on a platform: a turn that is stopped ends, and the conversation goes on behind it."""

import asyncio
import contextlib
from pathlib import Path

import gateway as cl
from tests.contract.harness import need
from tests.contract.reading import reads, texts
from tests.contract.world import World
from tests.support.bot import register, running_bot


class StopContract:
    """Checks what stopping a turn does; ``BotContract`` includes it."""

    async def stopped(self, world: World, tmp_path: Path, *, by_button: bool) -> None:
        started, finished = asyncio.Event(), []

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                if message.content != "long":
                    await cl.Message(f"re {message.content}").send()
                    return
                answer = cl.Message()
                for n in range(600):
                    await answer.stream_token(f"word{n} ")
                    started.set()
                    await asyncio.sleep(0.1)
                finished.append(True)

            @cl.on_stop
            async def stop() -> None:
                await cl.Message("Stopped.").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.dm("long")
            await started.wait()
            await world.wait_for(lambda: world.said(post.place))
            if by_button:
                await world.stop(post.place)
            else:
                await world.dm("/stop")
            await reads(world, post, "Stopped.")
            await reads(world, await world.dm("next"), "re next")
            assert texts(world, post)[0].startswith("word0")
        assert not finished

    async def test_stop_written_as_a_message(self, world: World, tmp_path: Path) -> None:
        await self.stopped(world, tmp_path, by_button=False)

    async def test_stop_by_the_platforms_own_button(self, world: World, tmp_path: Path) -> None:
        need(world.facts.stop_button, "stop button")
        await self.stopped(world, tmp_path, by_button=True)

    async def test_a_stopped_handler_that_updates_a_message_while_it_ends_is_not_run_again(
        self, world: World, tmp_path: Path
    ) -> None:
        started, runs = asyncio.Event(), []

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                runs.append(message.content)
                if len(runs) > 1:
                    await cl.Message(message.content).send()
                    return
                answer = await cl.Message("working").send()
                started.set()
                try:
                    await asyncio.sleep(60)
                finally:
                    answer.content = "ended"
                    await answer.update()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("long")
            await started.wait()
            await world.reply(post, "/stop")
            await world.reply(post, "next")
            await reads(world, post, "next")
        assert runs == ["long", "next"]

    async def test_a_failing_on_stop_does_not_run_the_stopped_turn_again(self, world: World, tmp_path: Path) -> None:
        started, runs = asyncio.Event(), []

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                runs.append(message.content)
                if runs == ["long"]:
                    started.set()
                    await asyncio.sleep(60)
                await cl.Message(message.content).send()

            @cl.on_stop
            def stop() -> None:
                raise ValueError("boom")

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("long")
            await started.wait()
            await world.reply(post, "/stop")
            await world.reply(post, "next")
            await reads(world, post, "next")
        assert runs == ["long", "next"]

    async def test_a_handler_that_swallows_the_stop_is_stopped_all_the_same(self, world: World, tmp_path: Path) -> None:
        started, stopped = asyncio.Event(), asyncio.Event()

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                started.set()
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.sleep(60)

            @cl.on_stop
            def stop() -> None:
                stopped.set()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("long")
            await started.wait()
            await world.reply(post, "/stop")
            async with asyncio.timeout(5):
                await stopped.wait()

    async def test_a_message_of_a_stopped_turn_can_be_updated_in_a_later_one(
        self, world: World, tmp_path: Path
    ) -> None:
        started = asyncio.Event()

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                if message.content == "long":
                    cl.user_session.set("status", await cl.Message("working").send())
                    started.set()
                    await asyncio.sleep(60)
                status = cl.user_session.get("status")
                status.content = "updated later"
                await status.update()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("long")
            await started.wait()
            await world.reply(post, "/stop")
            await world.reply(post, "next")
            await reads(world, post, "updated later")
        assert texts(world, post) == ["updated later"]

    async def test_stop_and_new_while_a_question_waits(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                if message.content == "ask":
                    await cl.AskUserMessage("Name?", timeout=60).send()
                await cl.Message(f"re {message.content}").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("ask")
            await reads(world, post, "Name?")
            await world.reply(post, "/stop")
            await world.reply(post, "a")
            await reads(world, post, "re a")
            await world.reply(post, "ask")
            await world.wait_for(lambda: texts(world, post).count("Name?") == 2)
            await world.reply(post, "/new")
            await reads(world, post, "new conversation")
