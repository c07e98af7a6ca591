"""The whole gateway on a platform: questions that wait for their answer, as a person meets them."""

import asyncio
from pathlib import Path
from typing import Any

import gateway as cl
from gateway.chat.registry import Callbacks
from tests.contract.harness import capabilities, need
from tests.contract.reading import hears, reads
from tests.contract.world import File, World
from tests.support.bot import register, running_bot


def ask_bot(results: list[Any], **options: Any) -> Callbacks:
    """Register a bot that asks the kind of question that the message names."""

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


class AskContract:
    """Checks questions that wait for their answer; ``BotContract`` includes it."""

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

    async def test_ask_for_a_file_knows_a_type_by_its_name(self, world: World, tmp_path: Path) -> None:
        """Slack calls nearly every text file ``text/plain``, and a stated type may say nothing at all."""
        results: list[Any] = []

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                results.append(await cl.AskFileMessage("Your notes?", ["text/markdown", ".csv"], max_files=2).send())
                await cl.Message("done").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.dm("go")
            await reads(world, post, "Your notes?")
            await world.dm("", files=[File("notes.txt", b"no", "text/plain")])
            await hears(world, "not accepted", post)
            given = [File("notes.md", b"# x", "text/plain"), File("table.CSV", b"a,b", "application/octet-stream")]
            await world.dm("", files=given)
            await reads(world, post, "done")
        assert [file.name for file in results[0]] == ["notes.md", "table.CSV"]

    async def test_ask_for_a_file_refuses_one_that_is_too_large(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                files = await cl.AskFileMessage("A text, please", ["text/plain"], max_size_mb=0.01).send()
                await cl.Message(f"got {files[0].name}" if files else "got none").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.dm("go")
            await reads(world, post, "A text, please")
            await world.reply(post, "this", files=[File("large.txt", b"x" * 20_000, "text/plain")])
            await hears(world, "large.txt is too large: the limit is 0.01 MB", post)
            await world.reply(post, "that", files=[File("small.txt", b"x", "text/plain")])
            await reads(world, post, "got small.txt")

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
