"""The whole gateway on a platform: buttons, thumbs, and what becomes of messages that were sent."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from tests.contract.harness import capabilities, need
from tests.contract.reading import hears, reads, shows, texts
from tests.contract.world import World
from tests.support.bot import register, running_bot


async def eventually(look: Callable[[], bool]) -> None:
    """Wait until something is true that happens in this process and announces no change."""
    async with asyncio.timeout(10):
        while not look():
            await asyncio.sleep(0.005)


class ActionContract:
    """Checks buttons and thumbs, and what becomes of messages that were sent; ``BotContract`` includes it."""

    # Files

    @pytest.mark.parametrize("element", [cl.File, cl.Image])
    async def test_files_are_known_by_what_is_in_them(
        self, world: World, tmp_path: Path, element: type[cl.File] | type[cl.Image]
    ) -> None:
        def bot() -> None:
            @cl.on_message
            async def main() -> None:
                one, two, three = (element(name="chart.png", content=data) for data in (b"one", b"two", b"three"))
                answer = cl.Message("v1", elements=[one])
                await answer.send()
                answer.content, answer.elements = "v2", [two]
                await answer.update()
                answer.content, answer.elements = "v3", [two, three]
                await answer.update()
                two.content = b"four"
                answer.content = "v4"
                await answer.update()
                await cl.Message("done").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.dm("x")
            await reads(world, post, "done")
            got = [(file.name, file.data) for file in await world.files(post.place)]
        assert sorted(got) == [("chart.png", b"four"), ("chart.png", b"three")]

    async def test_files_without_words_arrive_where_answers_are_rated(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.on_feedback
            async def rated(feedback: cl.Feedback) -> None:
                pass

            @cl.on_message
            async def main(message: cl.Message) -> None:
                kinds: dict[str, list[cl.Element]] = {
                    "file": [cl.File(name="a.txt", content=b"x")],
                    "picture": [cl.Image(name="chart.png", content=b"\x89PNG")],
                    "six": [cl.File(name=f"{n}.txt", content=b"x") for n in range(6)],
                    "both": [cl.File(name="b.txt", content=b"x"), cl.Image(name="b.png", content=b"\x89PNG")],
                }
                await cl.Message(elements=kinds[message.content]).send()
                await cl.Message(f"sent {message.content}").send()

        async with running_bot(world, register(bot), tmp_path):
            for say in (world.dm, world.mention):
                names: list[str] = []
                for what, given in (("file", 1), ("picture", 1), ("six", 6), ("both", 2)):
                    post = await say(what)
                    await reads(world, post, f"sent {what}")
                    assert not any("Sorry" in text for text in texts(world, post))
                    got = len(await world.files(post.place)) - (len(names) if say == world.dm else 0)
                    assert got == given
                    names += [""] * given

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
            await world.click(message, "Go", user=world.facts.other)
            await reads(world, post, "went 7")
            assert (await reads(world, post, "Choose")).buttons == ("Stay",)

    async def test_taking_a_button_off_leaves_the_files_of_its_message(self, world: World, tmp_path: Path) -> None:
        names = [f"{n:02}.txt" for n in range(capabilities(world).files_per_message + 1)]

        def bot() -> None:
            @cl.on_message
            async def main() -> None:
                files = [cl.File(name=name, content=name) for name in names]
                await cl.Message("Choose", actions=[cl.Action("go", label="Go")], elements=files).send()

            @cl.action_callback("go")
            async def go(action: cl.Action) -> None:
                await action.remove()
                await cl.Message("gone").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.dm("x")
            await world.click(await shows(world, post, "Go"), "Go")
            await reads(world, post, "gone")
            assert (await reads(world, post, "Choose")).buttons == ()
            assert sorted(file.name for file in await world.files(post.place)) == names

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

    async def test_a_slow_feedback_handler_holds_up_no_message(self, world: World, tmp_path: Path) -> None:
        need(capabilities(world).feedback, "thumbs")
        rated, go = asyncio.Event(), asyncio.Event()

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                await cl.Message(f"re {message.content}").send()

            @cl.on_feedback
            async def feedback(feedback: cl.Feedback) -> None:
                rated.set()
                await go.wait()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("a")
            await world.thumbs(await reads(world, post, "re a"), up=False)
            async with asyncio.timeout(10):
                await rated.wait()
            await world.reply(post, "b")
            try:
                await reads(world, post, "re b")
            finally:
                go.set()

    async def test_a_question_asked_by_the_feedback_handler_is_answered(self, world: World, tmp_path: Path) -> None:
        need(capabilities(world).feedback, "thumbs")
        picked: list[Any] = []

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                await cl.Message(f"re {message.content}").send()

            @cl.on_feedback
            async def feedback(feedback: cl.Feedback) -> None:
                reasons = [cl.Action("slow", label="Slow"), cl.Action("wrong", label="Wrong")]
                picked.append(await cl.AskActionMessage("Why?", reasons, timeout=10).send())
                picked.append(await cl.AskUserMessage("What else?", timeout=10).send())
                await cl.Message("Thanks").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("a")
            await world.thumbs(await reads(world, post, "re a"), up=False)
            await world.click(await shows(world, post, "Slow", "Wrong"), "Wrong")
            await reads(world, post, "What else?")
            await world.reply(post, "nothing")
            await reads(world, post, "Thanks")
        assert [picked[0]["name"], picked[1]["output"]] == ["wrong", "nothing"]

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
