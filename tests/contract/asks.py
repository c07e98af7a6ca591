"""The whole gateway on a platform: asks, actions, thumbs and stop, as a person meets them."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from gateway.runtime.callbacks import Callbacks
from tests.contract.house import capabilities, need
from tests.contract.reading import hears, reads, shows, texts
from tests.contract.world import File, World
from tests.support.bot import register, running_bot


def ask_bot(results: list[Any], **options: Any) -> Callbacks:
    """A bot that asks by the word it is given."""

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            match message.content:
                case "text":
                    results.append(await cl.AskUserMessage("Your name?", **options).send())
                case "action":
                    actions = [cl.Action("yes", {"go": 1}, label="Yes!"), cl.Action("no", {"go": 0}, label="No.")]
                    results.append(await cl.AskActionMessage("Go?", actions, **options).send())
                case "file":
                    results.append(await cl.AskFileMessage("A text, please", ["text/plain"], **options).send())
            await cl.Message(f"done {message.content}").send()

    return register(bot)


async def eventually(look: Callable[[], bool]) -> None:
    """Until something is true that happens in this process and announces no change."""
    async with asyncio.timeout(10):
        while not look():
            await asyncio.sleep(0.005)


class AskContract:
    """Part of ``BotContract``."""

    # Asks

    async def test_ask_for_text_takes_the_next_message_of_the_same_person(self, world: World, tmp_path: Path) -> None:
        results: list[Any] = []
        async with running_bot(world, ask_bot(results), tmp_path):
            post = await world.mention("text")
            await reads(world, post, "Your name?")
            await world.delivered(await world.reply(post, "not me", user="Grace"))
            await world.reply(post, "Ada L.")
            await reads(world, post, "done text")
            await reads(world, post, "done not me")
        assert results[0]["output"] == results[0]["content"] == "Ada L."

    async def test_ask_for_an_action_returns_the_clicked_one(self, world: World, tmp_path: Path) -> None:
        results: list[Any] = []
        async with running_bot(world, ask_bot(results), tmp_path):
            for post in (await world.mention("action"), await world.dm("action")):
                question = await reads(world, post, "Go?")
                assert question.buttons == ("Yes!", "No.")
                await world.click(question, "No.")
                await reads(world, post, "done action")
                answered = await reads(world, post, "Selected:")
                assert (answered.id, answered.buttons) == (question.id, ())
        assert [(result["name"], result["payload"]) for result in results] == [("no", {"go": 0})] * 2

    async def test_only_the_person_asked_may_click(self, world: World, tmp_path: Path) -> None:
        results: list[Any] = []
        async with running_bot(world, ask_bot(results), tmp_path):
            post = await world.mention("action")
            question = await reads(world, post, "Go?")
            await world.click(question, "No.", user="Grace")
            await hears(world, "somebody else", post, person="Grace")
            assert results == []
            await world.click(question, "Yes!")
            await reads(world, post, "done action")
        assert [result["name"] for result in results] == ["yes"]

    async def test_two_quick_clicks_are_one_answer(self, world: World, tmp_path: Path) -> None:
        results: list[Any] = []
        async with running_bot(world, ask_bot(results), tmp_path):
            post = await world.mention("action")
            question = await reads(world, post, "Go?")
            await asyncio.gather(world.click(question, "Yes!"), world.click(question, "No."))
            await reads(world, post, "done action")
            await world.reply(post, "after")
            await reads(world, post, "done after")
        assert len(results) == 1

    async def test_an_ask_ends_with_its_time(self, world: World, tmp_path: Path) -> None:
        results: list[Any] = []
        async with running_bot(world, ask_bot(results, timeout=0.3), tmp_path):
            post = await world.mention("action")
            await reads(world, post, "done action")
            over = await reads(world, post, "No answer came in time")
            assert over.buttons == ()
        assert results == [None]

    async def test_ask_for_a_file_takes_an_attachment_that_fits(self, world: World, tmp_path: Path) -> None:
        results: list[Any] = []
        async with running_bot(world, ask_bot(results), tmp_path):
            post = await world.dm("file")
            await reads(world, post, "A text, please")
            await world.dm("", files=[File("cat.png", b"\x89PNG", "image/png")])
            await hears(world, "not accepted", post)
            await world.dm("", files=[File("notes.txt", b"hello", "text/plain")])
            await reads(world, post, "done file")
            [file] = results[0]
            assert (file.name, Path(file.path).read_bytes()) == ("notes.txt", b"hello")

    async def test_ask_for_a_file_opens_a_form(self, world: World, tmp_path: Path) -> None:
        need(capabilities(world).form_files, "files in forms")
        results: list[Any] = []
        async with running_bot(world, ask_bot(results), tmp_path):
            post = await world.mention("file")
            question = await reads(world, post, "A text, please")
            [upload] = question.buttons
            await world.click(question, upload)
            form = await world.wait_for(world.form)
            assert form is not None
            await world.submit({form.labels[0]: [File("notes.txt", b"from a form", "text/plain")]})
            await reads(world, post, "done file")
            [file] = results[0]
            assert (file.name, Path(file.path).read_bytes()) == ("notes.txt", b"from a form")

    # Actions

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
