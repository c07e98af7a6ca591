"""The whole gateway on a platform: what people see of elements, and what a handler gets of what they attach."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from tests.contract.harness import capabilities
from tests.contract.reading import reads, shown, texts
from tests.contract.world import File, World
from tests.support.bot import register, running_bot
from tests.support.figures import PNG, Chart, CountedFrame, Figure

PEOPLE = CountedFrame(["Name", "Age", "City"], [["Alice", 25, "New York"], ["Bob", 30, "Los Angeles"]])
LARGE = CountedFrame([f"column {n}" for n in range(10)], [[f"{row}/{n}" for n in range(10)] for row in range(50_000)])
"""A data frame of about 3 MB."""
TICKET = {"title": "Fix the login", "status": "in-progress", "tags": ["security", "backend"], "due": None}


def answering(*elements: Callable[[], cl.Element], text: str = "Here it is.") -> Any:
    """Return the registry of a bot that answers once, with these elements."""

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message(text, elements=[make() for make in elements]).send()
            await cl.Message("That is all.").send()

    return register(bot)


class ElementContract:
    """Checks the elements of messages; ``BotContract`` includes it."""

    async def test_each_kind_of_file_arrives_with_its_bytes_and_an_ending(self, world: World, tmp_path: Path) -> None:
        code = "x = 1\n" * 500
        bot = answering(
            lambda: cl.Audio(name="voice", content=b"\xff\xfbmp3"),
            lambda: cl.Video(name="clip.webm", content=b"webm"),
            lambda: cl.Pdf(name="report", content=b"%PDF-1", page=3),
            lambda: cl.Text(name="program", content=code, language="python"),
        )
        async with running_bot(world, bot, tmp_path):
            post = await world.dm("x")
            await reads(world, post, "That is all.")
            got = {file.name: file.data for file in await world.files(post.place)}
        assert got == {
            "voice.mp3": b"\xff\xfbmp3",
            "clip.webm": b"webm",
            "report.pdf": b"%PDF-1",
            "program.py": code.encode(),
        }
        assert any("report, page 3" in text for text in texts(world, post))

    async def test_short_texts_are_shown_in_the_message(self, world: World, tmp_path: Path) -> None:
        (tmp_path / "notes.md").write_text("Some *notes*.")
        bot = answering(
            lambda: cl.Text(name="query", content="SELECT 1", language="sql"),
            lambda: cl.Text(name="notes", path=tmp_path / "notes.md"),
        )
        async with running_bot(world, bot, tmp_path):
            post = await world.mention("x")
            said = await reads(world, post, "Here it is.")
            assert "SELECT 1" in said.text and "query" in said.text and "notes" in said.text
            await reads(world, post, "That is all.")
            assert not await world.files(post.place)

    async def test_a_small_data_frame_is_a_table(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, answering(lambda: cl.Dataframe(name="people", data=PEOPLE)), tmp_path):
            post = await world.mention("x")
            said = await reads(world, post, "Los Angeles")
            assert all(each in said.text for each in ("people", "Name", "Alice", "30"))
            await reads(world, post, "That is all.")
            assert not await world.files(post.place)

    async def test_a_large_data_frame_is_its_head_and_a_file(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, answering(lambda: cl.Dataframe(name="cells", data=LARGE)), tmp_path):
            post = await world.dm("x")
            await reads(world, post, "That is all.", timeout=30)
            words = "\n".join(texts(world, post))
            [file] = await world.files(post.place)
        assert file.name == "cells.csv" and file.data == LARGE.csv and len(file.data) > 3_000_000
        assert "of 50,000 rows, 8 of 10 columns; all of it is in cells.csv" in words
        assert "column 7" in words and "column 8" not in words

    async def test_charts_are_pictures_and_interactive_ones_files_too(self, world: World, tmp_path: Path) -> None:
        figure = Figure()
        bot = answering(
            lambda: cl.Pyplot(name="plot", figure=figure, size="small"),
            lambda: cl.Plotly(name="chart", figure=Chart()),
        )
        async with running_bot(world, bot, tmp_path):
            post = await world.dm("x")
            await reads(world, post, "That is all.")
            got = {file.name: file.data for file in await world.files(post.place)}
        assert got == {"plot.png": PNG, "chart.png": PNG + b"png x2", "chart.html": b"<html>chart</html>"}
        assert [each["dpi"] for each in figure.drawn] == [100]

    async def test_what_cannot_be_drawn_is_told_and_the_words_arrive(self, world: World, tmp_path: Path) -> None:
        bot = answering(
            lambda: cl.Plotly(name="chart", figure=Chart(kaleido=False)),
            lambda: cl.Plotly(name="broken chart", figure=Chart(html="")),
            lambda: cl.Pyplot(name="plot", figure=Figure(error=ValueError("no data to plot"))),
        )
        async with running_bot(world, bot, tmp_path):
            post = await world.dm("x")
            said = await reads(world, post, "Here it is.")
            await reads(world, post, "That is all.")
            files = [file.name for file in await world.files(post.place)]
        assert files == ["chart.html"]
        assert "kaleido" in said.text and "bot-gateway[charts]" in said.text
        assert "broken chart could not be shown" in said.text and "\N{WARNING SIGN}\ufe0f plot could not" in said.text
        assert "no data to plot" not in said.text

    @pytest.mark.parametrize("display", ["side", "page"])
    async def test_an_attachment_is_named_in_the_text(self, world: World, tmp_path: Path, display: Any) -> None:
        bot = answering(
            lambda: cl.Pdf(name="manual", content=b"%PDF", page=2, display=display),
            lambda: cl.Image(name="cat image", content=PNG, display=display),
            lambda: cl.Text(name="source_0", content="a source", display=display),
            lambda: cl.Text(name="source_1", content="another source", display=display),
            text="Look into the manual and source_0, not the cat images.",
        )
        async with running_bot(world, bot, tmp_path):
            post = await world.dm("x")
            said = await reads(world, post, "Look into the")
            await reads(world, post, "That is all.")
            names = sorted(file.name for file in await world.files(post.place))
        assert names == ["cat image.png", "manual.pdf", "source_0.txt", "source_1.txt"]
        assert said.text.startswith("Look into the manual and source_0, not the cat images.")
        assert "📎 manual, page 2 · cat image · source_1" in said.text

    async def test_several_data_frames_are_several_tables(self, world: World, tmp_path: Path) -> None:
        bot = answering(*(lambda n=n: cl.Dataframe(name=f"frame {n}", data=PEOPLE) for n in range(3)))
        async with running_bot(world, bot, tmp_path):
            post = await world.mention("x")
            await reads(world, post, "That is all.")
            words = "\n".join(texts(world, post))
            assert words.count("Los Angeles") == 3 and all(f"frame {n}" in words for n in range(3))

    async def test_an_element_that_conversations_share_changes_in_the_one_that_asks(
        self, world: World, tmp_path: Path
    ) -> None:
        shared = cl.CustomElement(name="Shared", props={"state": "new"})

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                shared.props["state"] = message.content
                await shared.update()
                await cl.Message("done").send()

        async with running_bot(world, register(bot), tmp_path):
            first = await world.mention("one")
            await reads(world, first, "done")
            second = await world.dm("two")
            await reads(world, second, "done")
            for post, state in ((first, "one"), (second, "two")):
                [card] = [shown(each) for each in world.said(post.place) if "Shared" in shown(each)]
                assert state in card

    async def test_a_custom_element_is_a_card_that_changes(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                element = cl.user_session.get("element")
                if element is None:
                    element = cl.CustomElement(name="Ticket", props=dict(TICKET))
                    cl.user_session.set("element", element)
                    await cl.Message("The ticket:", elements=[element]).send()
                elif message.content == "remove":
                    await element.remove()
                else:
                    element.props["status"] = message.content
                    await element.update()
                await cl.Message(f"done: {message.content}").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.dm("open")
            await reads(world, post, "done: open")
            first = await reads(world, post, "The ticket:")
            for words in ("Fix the login", "in-progress", "security, backend"):
                assert words in shown(first)
            await reads(world, await world.reply(post, "closed"), "done: closed")
            second = await reads(world, post, "The ticket:")
            assert second.id == first.id and "closed" in shown(second) and "in-progress" not in shown(second)
            await reads(world, await world.reply(post, "remove"), "done: remove")
            last = await reads(world, post, "The ticket:")
            assert last.id == first.id and "Fix the login" not in shown(last)

    async def test_an_element_alone_is_sent_by_its_first_update(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                element = cl.CustomElement(name="Foo", props={"foo": "bar"})
                await element.update()
                element.props["foo"] = "baz"
                await element.update()
                other = await cl.File(name="a.txt", content="a").send(for_id=message.id)
                assert other.for_id == message.id and await other.remove() and not await other.remove()
                picture = cl.Image(name="b.png", content=PNG)
                await cl.Message(elements=[picture]).send()
                assert await picture.remove()
                await cl.Message("done").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.dm("x")
            await reads(world, post, "done")
            card, _ = [each for each in world.said(post.place) if shown(each)]
            assert "Foo" in shown(card) and "baz" in shown(card) and "bar" not in shown(card)
            assert not await world.files(post.place)

    async def test_what_people_attach_is_an_element_of_its_kind(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                kinds = [f"{type(each).__name__} {each.name}" for each in message.elements]
                await cl.Message(f"got {kinds}", elements=message.elements).send()

        sent = [
            File("pic.png", PNG, "image/png"),
            File("memo.mp3", b"mp3", "audio/mpeg"),
            File("film.mp4", b"mp4", "video/mp4"),
            File("doc.pdf", b"%PDF", "application/pdf"),
            File("note.txt", b"short", "text/plain"),
            File("data.bin", b"\x00\x01", "application/octet-stream"),
        ]
        kinds = ["Image pic.png", "Audio memo.mp3", "Video film.mp4", "Pdf doc.pdf", "Text note.txt", "File data.bin"]
        async with running_bot(world, register(bot), tmp_path):
            post = await world.dm("x", files=sent)
            await reads(world, post, f"got {kinds}")
            await world.wait_for(lambda: sum(len(said.files) for said in world.said(post.place)) >= len(sent))
            got = {file.name: file.data for file in await world.files(post.place)}
        assert got == {file.name: file.data for file in sent}

    async def test_bad_input_raises_an_error_that_names_the_fix(self, world: World, tmp_path: Path) -> None:
        large = tmp_path / "large.bin"
        with large.open("wb") as file:
            file.truncate(capabilities(world).file_size_limit + 1)
        errors: list[str] = []

        async def tried(make: Callable[[], cl.Element]) -> None:
            try:
                await cl.Message("with it", elements=[make()]).send()
            except (ValueError, FileNotFoundError, cl.TooLarge) as error:
                errors.append(f"{type(error).__name__}: {error}")

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                await tried(lambda: cl.Image(name="nothing"))
                await tried(lambda: cl.Pdf(name="no page", content=b"x", page=0))
                await tried(lambda: cl.Text(name="missing", path="./no-such.txt"))
                await tried(lambda: cl.Video(name="film.mp4", path=large))
                await tried(lambda: cl.Dataframe(name="list", data=[1, 2]))
                await tried(lambda: cl.Plotly(name="none"))
                await tried(lambda: cl.Pyplot(name="other", figure=Chart()))
                await tried(lambda: cl.CustomElement())
                await cl.Message("That is all.").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("x")
            await reads(world, post, "That is all.", timeout=30)
            assert texts(world, post) == ["That is all."]
        nothing, page, missing, too_large, frame, plotly, pyplot, custom = errors
        assert nothing == "ValueError: Image('nothing') needs exactly one of path, url or content"
        assert page == "ValueError: Pdf('no page'): page is 0; the first page is 1"
        assert missing.startswith("FileNotFoundError: Text('missing'): there is no file at /")
        assert too_large.startswith("TooLarge: film.mp4 has")
        assert "needs data=, a data frame" in frame and "a builtins.list" in frame
        assert "needs figure=" in plotly and "this is nothing" in plotly
        assert "needs figure=" in pyplot and "figures.Chart" in pyplot
        assert "needs a name or props" in custom

    async def test_half_characters_in_names_and_values_fail_nothing(self, world: World, tmp_path: Path) -> None:
        half = "half \ud83d"
        frame = CountedFrame([half], [[half]])
        bot = answering(
            lambda: cl.Image(name=half, content=PNG, display="side"),
            lambda: cl.Text(name=half, content=half),
            lambda: cl.Dataframe(name=half, data=frame),
            lambda: cl.Plotly(name=half, figure=Chart(html=half)),
            lambda: cl.CustomElement(name=half, props={half: half, "nested": {half: [half]}, "text": half}),
            text=f"Here it is. {half}",
        )
        async with running_bot(world, bot, tmp_path):
            post = await world.dm("x")
            await reads(world, post, "Here it is.")
            await reads(world, post, "That is all.")
            assert len(await world.files(post.place)) == 3

    async def test_a_run_after_a_failure_has_the_same_ids_and_posts_nothing_twice(
        self, world: World, tmp_path: Path
    ) -> None:
        runs: list[list[str]] = []

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                elements = [cl.CustomElement(name="Foo", props={"run": len(runs)}), cl.Plotly("c", figure=Chart())]
                alone = cl.CustomElement(name="Alone", props={"run": len(runs)})
                runs.append([each.id for each in (*elements, alone)])
                await cl.Message("Here it is.", elements=elements).send()
                await alone.send()
                if len(runs) == 1:
                    raise RuntimeError("the first run fails")
                await cl.Message("That is all.").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.dm("x")
            await reads(world, post, "That is all.", timeout=30)
            cards = [shown(each) for each in world.said(post.place) if "Foo" in shown(each) or "Alone" in shown(each)]
            files = sorted(file.name for file in await world.files(post.place))
        assert runs[0] == runs[1] and len(set(runs[0])) == 3
        assert len(cards) == 2 and all("1" in each and "0" not in each for each in cards)
        assert files == ["c.html", "c.png"]
