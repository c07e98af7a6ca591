"""How a handler can end otherwise than by returning or by an error. Whatever it raises is a failed turn: run again,
told with a reference, kept; only what the gateway itself cancelled is none."""

import asyncio
import sys
from pathlib import Path

import gateway as cl
from tests.contract.reading import reads, texts
from tests.contract.world import World
from tests.support.bot import register, running_bot


async def _cancelled_tool() -> None:
    tool = asyncio.create_task(asyncio.sleep(60))
    tool.cancel()
    await tool


async def _cancels_itself() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(60)


async def _group() -> None:
    raise BaseExceptionGroup("several", [SystemExit(3), ValueError("boom")])


async def _exits() -> None:
    sys.exit(3)


async def _interrupts() -> None:
    raise KeyboardInterrupt


async def _generator_exit() -> None:
    raise GeneratorExit


async def _generator_exit_of_a_task() -> None:
    await asyncio.create_task(_generator_exit())


async def _exits_in_a_thread() -> None:
    await cl.make_async(sys.exit)(3)


ENDINGS = {
    "sys.exit": _exits,
    "an interrupt": _interrupts,
    "a generator's end": _generator_exit,
    "a generator's end in a task": _generator_exit_of_a_task,
    "a library's cancellation": _cancelled_tool,
    "a cancellation of its own task": _cancels_itself,
    "a group": _group,
    "sys.exit in a thread": _exits_in_a_thread,
}


class EndingContract:
    """Checks how a turn ends, whatever its handler raises; ``BotContract`` includes it."""

    async def test_whatever_a_handler_raises_is_a_failed_turn(self, world: World, tmp_path: Path) -> None:
        runs: list[str] = []

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                runs.append(message.content)
                if message.content in ENDINGS:
                    await ENDINGS[message.content]()
                await cl.Message(f"re {message.content}").send()

        async with running_bot(world, register(bot), tmp_path, turn_retries=1) as running:
            posts = {ending: await world.mention(ending) for ending in ENDINGS}
            for ending, post in posts.items():
                await reads(world, post, "Reference", timeout=30)
                assert runs.count(ending) == 2, ending
                await world.reply(post, "and now")
                await reads(world, post, "re and now", timeout=30)
            letters = await running.gateway.store.dead_letters()
        assert len(letters) == len(ENDINGS)

    async def test_whatever_a_sync_handler_raises_is_a_failed_turn(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.on_message
            def main(message: cl.Message) -> None:
                match message.content:
                    case "exit":
                        sys.exit(3)
                    case "interrupt":
                        raise KeyboardInterrupt
                    case "generator":
                        raise GeneratorExit
                    case "cancelled":
                        cl.run_sync(_cancelled_tool())
                cl.run_sync(cl.Message(f"re {message.content}").send())

        async with running_bot(world, register(bot), tmp_path, turn_retries=0) as running:
            for ending in ("exit", "interrupt", "generator", "cancelled"):
                post = await world.mention(ending)
                await reads(world, post, "Reference", timeout=30)
                await world.reply(post, "and now")
                await reads(world, post, "re and now", timeout=30)
            letters = await running.gateway.store.dead_letters()
        assert len(letters) == 4

    async def test_whatever_a_hook_raises_the_conversation_goes_on(self, world: World, tmp_path: Path) -> None:
        starts: list[int] = []

        def bot() -> None:
            @cl.on_chat_start
            async def start() -> None:
                starts.append(1)
                if len(starts) == 1:
                    await _cancelled_tool()

            @cl.on_chat_end
            async def end() -> None:
                sys.exit(3)

            @cl.on_message
            async def main(message: cl.Message) -> None:
                actions = [cl.Action("go", {}, label="Go")]
                await cl.Message(f"re {message.content}", actions=actions).send()

            @cl.action_callback("go")
            def go() -> None:
                sys.exit(3)

        async with running_bot(world, register(bot), tmp_path, turn_retries=1):
            post = await world.mention("hello")
            await world.click(await reads(world, post, "re hello", timeout=20), "Go")
            await reads(world, post, "Reference", timeout=20)
            await world.reply(post, "/new", mention=True)
            await reads(world, post, "new conversation", timeout=20)
            await world.reply(post, "again", mention=True)
            await reads(world, post, "re again", timeout=20)
        assert len(starts) == 3

    async def test_a_turn_that_is_cut_off_by_the_end_did_not_fail(self, world: World, tmp_path: Path) -> None:
        begun = asyncio.Event()
        runs: list[int] = []

        def bot() -> None:
            @cl.on_message
            async def main() -> None:
                runs.append(1)
                if len(runs) == 1:
                    begun.set()
                    try:
                        await asyncio.sleep(60)
                    except asyncio.CancelledError:
                        raise RuntimeError("as a client that was cut off does") from None
                await cl.Message("answer").send()

        async with running_bot(world, register(bot), tmp_path, drain_timeout=0):
            post = await world.mention("x")
            async with asyncio.timeout(20):
                await begun.wait()
        async with running_bot(world, register(bot), tmp_path, turn_retries=0) as running:
            await reads(world, post, "answer", timeout=20)
            assert texts(world, post) == ["answer"]
            assert not await running.gateway.store.dead_letters()
