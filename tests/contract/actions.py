"""The whole gateway on a platform: buttons, thumbs, stop, and what becomes of messages that were sent."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from tests.contract.house import capabilities, need
from tests.contract.reading import hears, reads, shows, texts
from tests.contract.world import World
from tests.support.bot import register, running_bot


async def eventually(look: Callable[[], bool]) -> None:
    """Until something is true that happens in this process and announces no change."""
    async with asyncio.timeout(10):
        while not look():
            await asyncio.sleep(0.005)


class ActionContract:
    """Part of ``BotContract``."""

    # Buttons

    async def test_an_action_runs_its_callback_and_can_be_removed(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.on_message
            async def main() -> None:
                actions = [cl.Action("go", {"n": 7}, label="Go"), cl.Action("stay", label="Stay")]
                await cl.Message("Choose", actions=actions).send()

            @cl.action_callback("go")
            async def go(action: cl.Action) -> None:
                await action.remove()
                await cl.Message(f"went {action.payload['n']}").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("x")
            message = await shows(world, post, "Go", "Stay")
            await world.click(message, "Go", user="Grace")
            await reads(world, post, "went 7")
            assert (await reads(world, post, "Choose")).buttons == ("Stay",)

    async def test_a_payload_too_large_for_the_button_comes_back_whole(self, world: World, tmp_path: Path) -> None:
        got: list[Any] = []

        def bot() -> None:
            @cl.on_message
            async def main() -> None:
                await cl.Message("Choose", actions=[cl.Action("go", {"text": "é" * 10_000}, label="Go")]).send()

            @cl.action_callback("go")
            async def go(action: cl.Action) -> None:
                got.append(action.payload)
                await cl.Message("ok").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("x")
            await world.click(await reads(world, post, "Choose"), "Go")
            await reads(world, post, "ok")
        assert got == [{"text": "é" * 10_000}]

    async def test_a_button_nobody_answers_to_is_told_so(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.on_message
            async def main() -> None:
                await cl.Message("Choose", actions=[cl.Action("gone", label="Go")]).send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("x")
            await world.click(await reads(world, post, "Choose"), "Go")
            await hears(world, "does nothing", post)

    async def test_a_button_works_after_a_restart(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.on_message
            async def main() -> None:
                await cl.Message("Choose", actions=[cl.Action("go", {"n": "7" * 300}, label="Go")]).send()

            @cl.action_callback("go")
            async def go(action: cl.Action) -> None:
                await action.remove()
                await cl.Message(f"went {len(action.payload['n'])}").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("x")
            message = await reads(world, post, "Choose")
        async with running_bot(world, register(bot), tmp_path):
            await world.click(message, "Go")
            await reads(world, post, "went 300")
            assert (await reads(world, post, "Choose")).buttons == ()

    # Thumbs

    @pytest.mark.parametrize("up", [True, False])
    async def test_feedback_and_its_comment_reach_the_handler(self, world: World, tmp_path: Path, up: bool) -> None:
        need(capabilities(world).feedback, "thumbs")
        given: list[cl.Feedback] = []
        ids: list[str] = []

        def bot() -> None:
            @cl.on_message
            async def main() -> None:
                ids.append((await cl.Message("An answer").send()).id)

            @cl.on_feedback
            async def feedback(feedback: cl.Feedback) -> None:
                given.append(feedback)

        async with running_bot(world, register(bot), tmp_path):
            post = await world.dm("x")
            await world.thumbs(await reads(world, post, "An answer"), up=up, comment="too short")
            await eventually(lambda: any(feedback.comment for feedback in given))
        assert {(feedback.forId, feedback.value) for feedback in given} == {(ids[0], int(up))}
        assert given[-1].comment == "too short"

    # Stop

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

    # Messages

    async def test_a_message_can_be_updated_and_removed(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.on_message
            async def main() -> None:
                message = await cl.Message("first").send()
                passing = await cl.Message("passing").send()
                message.content = "second"
                await message.update()
                await passing.remove()
                await cl.Message("end").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("x")
            await reads(world, post, "end")
            assert texts(world, post) == ["second", "end"]
