"""The whole gateway on a platform: what comes back is bound to where it was sent and to what is there now, and what
comes back early waits for its record."""

import asyncio
from pathlib import Path
from typing import Any

import gateway as cl
from gateway.chat.registry import Callbacks
from tests.contract.actions import eventually
from tests.contract.asks import ask_bot
from tests.contract.harness import capabilities, need
from tests.contract.reading import hears, reads, shows, texts
from tests.contract.world import File, Post, Said, World
from tests.support.bot import register, running_bot

TURNED_DOWN = ("This question is no longer open.", "That button does nothing any more.")


def offering(clicked: list[str]) -> Callbacks:
    """Register a bot that offers the buttons "Go" and "Stay"; Go takes itself away."""

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            actions = [cl.Action("go", {"for": message.content}, label="Go"), cl.Action("stay", label="Stay")]
            offer = await cl.Message(f"Choose {message.content}", actions=actions).send()
            if message.content == "without":
                await offer.remove_actions()
                await cl.Message("over").send()

        @cl.action_callback("go")
        async def go(action: cl.Action) -> None:
            clicked.append(action.payload["for"])
            await action.remove()
            await cl.Message(f"went {action.payload['for']}").send()

        @cl.action_callback("stay")
        async def stay(action: cl.Action) -> None:
            clicked.append("stay")
            await cl.Message("stayed").send()

    return register(bot)


async def visible(world: World, post: Post, text: str) -> Said:
    """Wait until a person sees the bot's message, and return it."""
    return await reads(world, post, text)


class BindingContract:
    """Checks that a click counts only where its button was sent and is still shown; ``BotContract`` includes it."""

    # Early

    async def test_an_answer_given_before_the_question_is_on_record_counts(self, world: World, tmp_path: Path) -> None:
        results: list[Any] = []
        async with running_bot(world, ask_bot(results), tmp_path):
            async with world.hold("send", after_effect=True, text="Go?") as hold:
                post = await world.mention("action")
                await world.click(await visible(world, post, "Go?"), "Yes!")
                hold.release()
            await reads(world, post, "done action")
            assert world.told() == []
        assert [result["name"] for result in results] == ["yes"]

    async def test_an_early_answer_of_somebody_else_is_still_not_theirs(self, world: World, tmp_path: Path) -> None:
        results: list[Any] = []
        async with running_bot(world, ask_bot(results), tmp_path):
            async with world.hold("send", after_effect=True, text="Go?") as hold:
                post = await world.mention("action")
                question = await visible(world, post, "Go?")
                await world.click(question, "No.", user="Grace")
                hold.release()
            await hears(world, "somebody else", post, person="Grace")
            await world.click(question, "Yes!")
            await reads(world, post, "done action")
        assert [result["name"] for result in results] == ["yes"]

    async def test_an_upload_before_the_question_is_on_record_counts(self, world: World, tmp_path: Path) -> None:
        need(capabilities(world).form_files, "files in forms")
        results: list[Any] = []
        async with running_bot(world, ask_bot(results), tmp_path):
            async with world.hold("send", after_effect=True, text="A text, please") as hold:
                post = await world.mention("file")
                question = await visible(world, post, "A text, please")
                await world.click(question, question.buttons[0])
                form = await world.wait_for(world.form)
                assert form is not None
                await world.submit({form.labels[0]: [File("notes.txt", b"early", "text/plain")]})
                hold.release()
            await reads(world, post, "done file")
            assert world.told() == []
        assert [Path(file.path).read_bytes() for [file] in results] == [b"early"]

    async def test_a_button_pressed_before_it_is_on_record_does_its_work(self, world: World, tmp_path: Path) -> None:
        clicked: list[str] = []
        async with running_bot(world, offering(clicked), tmp_path):
            async with world.hold("send", after_effect=True, text="Choose x") as hold:
                post = await world.mention("x")
                await world.click(await visible(world, post, "Choose x"), "Go")
                hold.release()
            await reads(world, post, "went x")
        assert clicked == ["x"]

    async def test_thumbs_given_before_the_answer_is_on_record_name_it(self, world: World, tmp_path: Path) -> None:
        need(capabilities(world).feedback, "thumbs")
        given: list[str] = []
        ids: list[str] = []

        def bot() -> None:
            @cl.on_message
            async def main() -> None:
                answer = cl.Message("An answer")
                ids.append(answer.id)
                await answer.send()

            @cl.on_feedback
            async def feedback(feedback: cl.Feedback) -> None:
                given.append(feedback.forId)

        async with running_bot(world, register(bot), tmp_path):
            async with world.hold("send", after_effect=True, text="An answer") as hold:
                post = await world.dm("x")
                await world.thumbs(await visible(world, post, "An answer"), up=True)
                hold.release()
            await eventually(lambda: bool(given))
        assert given == ids

    # What was taken away

    async def test_a_button_that_was_removed_does_nothing_and_says_so(self, world: World, tmp_path: Path) -> None:
        clicked: list[str] = []
        async with running_bot(world, offering(clicked), tmp_path):
            post = await world.mention("x")
            offer = await shows(world, post, "Go", "Stay")
            stale = world.controls(offer)
            await world.click(offer, "Go")
            await reads(world, post, "went x")
            await world.press(stale, "Go", under=offer, user="Grace")
            await hears(world, "does nothing any more", post, person="Grace")
            await world.press(stale, "Stay", under=offer)
            await reads(world, post, "stayed")
        assert clicked == ["x", "stay"]

    async def test_buttons_that_were_all_removed_do_nothing(self, world: World, tmp_path: Path) -> None:
        clicked: list[str] = []
        async with running_bot(world, offering(clicked), tmp_path):
            async with world.hold("edit") as hold:
                post = await world.mention("without")
                offer = await reads(world, post, "Choose without")
                stale = world.controls(offer)
                hold.release()
            await reads(world, post, "over")
            await world.press(stale, "Stay", under=offer)
            await hears(world, "does nothing any more", post)
        async with running_bot(world, offering(clicked), tmp_path):
            await world.press(stale, "Go", under=offer, user="Grace")
            await hears(world, "does nothing any more", post, person="Grace")
        assert clicked == []

    async def test_an_answered_question_takes_no_other_answer(self, world: World, tmp_path: Path) -> None:
        results: list[Any] = []
        async with running_bot(world, ask_bot(results), tmp_path):
            post = await world.mention("action")
            question = await reads(world, post, "Go?")
            stale = world.controls(question)
            await world.click(question, "No.")
            await reads(world, post, "done action")
            await world.press(stale, "Yes!", under=question)
            await hears(world, "no longer open", post)
        assert [result["name"] for result in results] == ["no"]

    # Other places

    async def test_a_button_works_in_its_own_conversation_alone(self, world: World, tmp_path: Path) -> None:
        clicked: list[str] = []
        async with running_bot(world, offering(clicked), tmp_path):
            post, other = await world.mention("here"), await world.dm("there")
            here, there = await reads(world, post, "Choose here"), await reads(world, other, "Choose there")
            await world.press(world.controls(here), "Go", under=there)
            await hears(world, "does nothing any more", other)
            assert clicked == []
            await world.click(there, "Go")
            await reads(world, other, "went there")
        assert clicked == ["there"]

    async def test_a_button_works_under_its_own_message_alone(self, world: World, tmp_path: Path) -> None:
        clicked: list[str] = []
        async with running_bot(world, offering(clicked), tmp_path):
            first = await reads(world, await world.dm("first"), "Choose first")
            second = await reads(world, post := await world.dm("second"), "Choose second")
            await world.press(world.controls(first), "Go", under=second)
            await hears(world, "does nothing any more", post)
        assert clicked == []

    async def test_a_question_is_answered_in_its_own_conversation_alone(self, world: World, tmp_path: Path) -> None:
        results: list[Any] = []
        async with running_bot(world, ask_bot(results), tmp_path):
            post = await world.mention("action")
            other = await world.dm("action")
            here, there = await reads(world, post, "Go?"), await reads(world, other, "Go?")
            await world.press(world.controls(here), "Yes!", under=there)
            # One or the other, by whether the button itself says what it is.
            await world.wait_for(lambda: set(TURNED_DOWN) & {*world.told(), *texts(world, other)})
            assert results == []
            await asyncio.gather(world.click(here, "No."), world.click(there, "No."))
            await reads(world, post, "done action")
            await reads(world, other, "done action")
        assert [result["name"] for result in results] == ["no", "no"]

    async def test_the_form_of_a_file_ask_opens_for_whom_it_is(self, world: World, tmp_path: Path) -> None:
        need(capabilities(world).form_files, "files in forms")
        results: list[Any] = []
        async with running_bot(world, ask_bot(results, timeout=5.0), tmp_path):
            post = await world.mention("file")
            question = await reads(world, post, "A text, please")
            await world.click(question, question.buttons[0], user="Grace")
            await hears(world, "somebody else", post, person="Grace")
            assert world.form(user="Grace") is None
            stale = world.controls(question)
            await world.click(question, question.buttons[0])
            form = await world.wait_for(world.form)
            assert form is not None
            await world.submit({form.labels[0]: [File("notes.txt", b"mine", "text/plain")]})
            await reads(world, post, "done file")
            await world.press(stale, question.buttons[0], under=question)
            await hears(world, "no longer open", post)
            assert world.form() is None
        assert len(results) == 1
        assert "done file" in texts(world, post)
