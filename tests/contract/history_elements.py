"""What is kept of elements: a row for each place an element is in, and its content among the blobs."""

import json
import os
from pathlib import Path
from typing import Any

import httpx
import pytest

import gateway as cl
from gateway.chat.registry import Callbacks
from gateway.ingress import housekeeping
from gateway.store.blobs import open_blobs
from gateway.types import ThreadDict
from tests.contract.actions import eventually
from tests.contract.crashes import LivingBot, on_record
from tests.contract.harness import capabilities, need
from tests.contract.history import kept
from tests.contract.reading import reads, shows
from tests.contract.world import File, World
from tests.support.bot import register, running_bot
from tests.support.figures import PNG, Chart, CountedFrame, Figure

ROWS = """SELECT steps.type, elements.type, elements.name, elements."objectKey" FROM elements
    LEFT JOIN steps ON steps.id = elements."forId" ORDER BY elements.rowid"""

ATTACHES = """
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        await cl.Message("first", elements=[cl.File("a.txt", content="mine"), *message.elements]).send()
        await cl.Message("second").send()
"""


async def blobs(folder: Path) -> dict[str, bytes]:
    """Return the contents that are kept in a data folder, by key."""
    store = open_blobs(None, folder=folder / "blobs")
    found: dict[str, bytes] = {}
    async for info in store.list("elements"):
        found[info.key] = b"".join([chunk async for chunk in (await store.read(info.key)).chunks])
    return found


async def elements(folder: Path) -> list[tuple[str | None, str, str, bytes | None]]:
    """Return the elements that are kept in a data folder: what they belong to, their type, name and content."""
    contents = await blobs(folder)
    rows = kept(folder, ROWS)
    return [(of, type, name, None if key is None else contents[key]) for of, type, name, key in rows]


def answers(answer: Any) -> Callbacks:
    """Register a bot that does something for each message and then says that it is done."""

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await answer(message)
            await cl.Message(f"done {message.content}").send()

    return register(bot)


async def hear(world: World, bot: Callbacks, folder: Path, *, files: tuple[File, ...] = (), **settings: Any) -> None:
    """Write to the bot once, and wait until it is done and stopped."""
    async with running_bot(world, bot, folder, **settings):
        post = await world.dm("go", files=files)
        await reads(world, post, "done")


class ElementHistoryContract:
    """Checks what is kept of elements; ``BotContract`` includes it."""

    async def test_what_both_sides_attach_is_kept_with_its_content(self, world: World, tmp_path: Path) -> None:
        async def answer(message: cl.Message) -> None:
            path = tmp_path / "chart.png"
            path.write_bytes(PNG)
            film = tmp_path / "film.mp4"
            film.write_bytes(b"film" * 500_000)
            shown = [cl.Image(path=path, display="side"), cl.Video(path=film), cl.Text("q", content="SELECT 1")]
            await cl.Message("see", elements=shown).send()
            path.unlink()
            film.unlink()
            async with cl.Step("look") as step:
                step.elements = [cl.File("found.csv", content=b"1,2")]
            await cl.File("alone.bin", content=b"\x00").send()
            await cl.Pdf("paper", url="https://example.com/paper.pdf", page=2).send()

        files = (File("ä b.txt", b"one", "text/plain"), File("pic.png", PNG + b"2", "image/png"))
        await hear(world, answers(answer), tmp_path, files=files)
        assert await elements(tmp_path) == [
            ("user_message", "text", "ä b.txt", b"one"),
            ("user_message", "image", "pic.png", PNG + b"2"),
            ("assistant_message", "image", "chart.png", PNG),
            ("assistant_message", "video", "film.mp4", b"film" * 500_000),
            ("assistant_message", "text", "q", b"SELECT 1"),
            ("undefined", "file", "found.csv", b"1,2"),
            (None, "file", "alone.bin", b"\x00"),
            (None, "pdf", "paper", None),
        ]
        query = 'SELECT mime, display, url, page, "userIdentifier" = (SELECT identifier FROM users) FROM elements'
        rows = kept(tmp_path, f"{query} ORDER BY rowid")
        assert rows[2] == ("image/png", "side", None, None, 1)
        assert rows[-1] == ("application/pdf", "inline", "https://example.com/paper.pdf", 2, 1)
        assert kept(tmp_path, 'SELECT DISTINCT "threadId" FROM elements') == kept(tmp_path, "SELECT id FROM threads")
        assert len(await blobs(tmp_path)) == 7

    async def test_what_is_drawn_is_kept_as_what_it_was_drawn_from(self, world: World, tmp_path: Path) -> None:
        async def answer(message: cl.Message) -> None:
            tasks = cl.TaskList([cl.Task("dig", cl.TaskStatus.RUNNING)], status="Running")
            await tasks.send()
            drawn = [
                cl.Dataframe("people", data=CountedFrame(["name", "age"], [["Ada", 36]])),
                cl.Plotly("chart", figure=Chart()),
                cl.Pyplot("plot", figure=Figure()),
                cl.CustomElement("Ticket", props={"title": "Fix it", "count": 3}),
            ]
            await cl.Message("see", elements=drawn).send()
            tasks.tasks[0].status, tasks.status = cl.TaskStatus.DONE, "Done"
            await tasks.update()

        await hear(world, answers(answer), tmp_path)
        [tasks, frame, chart, plot, ticket] = await elements(tmp_path)
        assert tasks[:3] == (None, "tasklist", "tasklist")
        assert json.loads(tasks[3] or b"") == {
            "status": "Done",
            "tasks": [{"title": "dig", "status": "done", "forId": None}],
        }
        assert frame[:3] == ("assistant_message", "dataframe", "people")
        assert json.loads(frame[3] or b"") == {"columns": ["name", "age"], "index": [0], "data": [["Ada", "36"]]}
        assert chart == ("assistant_message", "plotly", "chart", b'{"data": []}')
        assert plot == ("assistant_message", "image", "plot", PNG)
        assert ticket == ("assistant_message", "custom", "Ticket", None)
        mimes = kept(tmp_path, "SELECT mime FROM elements ORDER BY rowid")
        assert mimes == ["application/json", "application/json", "application/json", "image/png", "application/json"]
        [props] = kept(tmp_path, "SELECT props FROM elements WHERE props IS NOT NULL")
        assert json.loads(props) == {"title": "Fix it", "count": 3}

    async def test_changes_change_what_is_kept_also_in_a_later_turn(self, world: World, tmp_path: Path) -> None:
        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                if message.content == "open":
                    changed, dropped = cl.File("a.txt", content="a1"), cl.File("b.txt", content="b1")
                    alone, gone = cl.File("c.txt", content="c1"), cl.CustomElement("Card", props={"state": "new"})
                    cl.user_session.set("all", (changed, dropped, alone, gone))
                    await cl.Message("see", elements=[changed, dropped]).send()
                    await alone.send()
                    await gone.send()
                    removed = await cl.Message("gone", elements=[cl.File("d.txt", content="d1")]).send()
                    await removed.remove()
                else:
                    changed, dropped, alone, gone = cl.user_session["all"]
                    changed.content = "a2"
                    await changed.update()
                    await dropped.remove()
                    alone.content = "c2"
                    await alone.update()
                    await gone.remove()
                await cl.Message(f"done {message.content}").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.dm("open")
            await reads(world, post, "done open")
            await world.reply(post, "change")
            await reads(world, post, "done change")
        assert await elements(tmp_path) == [
            ("assistant_message", "file", "a.txt", b"a2"),
            (None, "file", "c.txt", b"c2"),
        ]

    async def test_an_element_is_taken_off_while_the_turn_that_sent_it_goes_on(
        self, world: World, tmp_path: Path
    ) -> None:
        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                actions = [cl.Action("drop", label="Drop")]
                sent = [cl.File("a.txt", content="a"), cl.Video("b", url="https://example.com/b.mp4")]
                sent[1].player_config = {"controls": True}
                cl.user_session.set("sent", sent)
                await cl.Message("see", elements=sent, actions=actions).send()
                await cl.AskUserMessage("Well?", timeout=None).send()
                await cl.Message("done").send()

            @cl.action_callback("drop")
            async def drop(action: cl.Action) -> None:
                await cl.user_session["sent"][0].remove()
                await cl.Message("dropped").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.dm("go")
            await reads(world, post, "Well?")
            await world.click(await reads(world, post, "see"), "Drop")
            await reads(world, post, "dropped")
            await world.dm("well")
            await reads(world, post, "done")
        assert await elements(tmp_path) == [("assistant_message", "video", "b", None)]
        assert [json.loads(each) for each in kept(tmp_path, 'SELECT "playerConfig" FROM elements')] == [
            {"controls": True}
        ]

    async def test_an_element_of_several_messages_is_kept_with_each(self, world: World, tmp_path: Path) -> None:
        shared = cl.File("logo.txt", content="logo")

        async def answer(message: cl.Message) -> None:
            await cl.Message("one", elements=[shared]).send()
            again = await cl.Message("two", elements=[shared, *message.elements]).send()
            await again.update()

        await hear(world, answers(answer), tmp_path, files=(File("mine.txt", b"mine", "text/plain"),))
        async with running_bot(world, answers(answer), tmp_path):
            await reads(world, await world.mention("go"), "done")
        shared_rows, mine = ("assistant_message", "file", "logo.txt", b"logo"), ("text", "mine.txt", b"mine")
        dm = [("user_message", *mine), shared_rows, shared_rows, ("assistant_message", *mine)]
        assert await elements(tmp_path) == [*dm, shared_rows, shared_rows]
        # The same content is there once for each thread.
        assert sorted((await blobs(tmp_path)).values()) == [b"logo", b"logo", b"mine"]

    async def test_a_turn_that_is_killed_and_runs_again_keeps_each_once(self, world: World, tmp_path: Path) -> None:
        async with LivingBot(world, tmp_path, ATTACHES) as bot:
            hold = world.hold("send", text="second", after_effect=True)
            post = await world.dm("one", files=[File("b.txt", b"yours", "text/plain")])
            await hold.reached()
            await on_record(world)
            await bot.kill()
            hold.release()
            await bot.start()
            await reads(world, post, "second", timeout=20)
            await bot.terminate()
        data = tmp_path / ".gateway"
        assert await elements(data) == [
            ("user_message", "text", "b.txt", b"yours"),
            ("assistant_message", "file", "a.txt", b"mine"),
            ("assistant_message", "text", "b.txt", b"yours"),
        ]
        assert sorted((await blobs(data)).values()) == [b"mine", b"yours"]

    async def test_files_that_answer_a_question_are_kept_with_the_answer(self, world: World, tmp_path: Path) -> None:
        async def answer(message: cl.Message) -> None:
            assert await cl.AskFileMessage("Your notes?", ["text/plain"], max_files=2, timeout=None).send()

        async with running_bot(world, answers(answer), tmp_path):
            post = await world.dm("go")
            await reads(world, post, "Your notes?")
            notes = [File("notes.txt", b"one", "text/plain"), File("more.txt", b"two", "text/plain")]
            await world.dm("", files=notes)
            await reads(world, post, "done")
        assert await elements(tmp_path) == [
            ("user_message", "text", "notes.txt", b"one"),
            ("user_message", "text", "more.txt", b"two"),
        ]
        [answer_text] = kept(tmp_path, 'SELECT output FROM steps, elements WHERE steps.id = "forId" LIMIT 1')
        assert answer_text == "notes.txt, more.txt"

    async def test_a_file_of_a_form_is_kept(self, world: World, tmp_path: Path) -> None:
        need(capabilities(world).form_files, "files in forms")

        async def answer(message: cl.Message) -> None:
            await cl.AskFileMessage("Your notes?", ["text/plain"], timeout=None).send()

        async with running_bot(world, answers(answer), tmp_path):
            post = await world.mention("go")
            question = await reads(world, post, "Your notes?")
            await world.click(question, question.buttons[0])
            form = await world.wait_for(world.form)
            assert form is not None
            await world.submit({form.labels[0]: [File("notes.txt", b"from a form", "text/plain")]})
            await reads(world, post, "done")
        assert await elements(tmp_path) == [("user_message", "text", "notes.txt", b"from a form")]

    async def test_a_card_that_was_filled_in_is_kept_as_it_was_left(self, world: World, tmp_path: Path) -> None:
        async def answer(message: cl.Message) -> None:
            ticket = cl.CustomElement("Ticket", props={"nested": {"a": [1]}})
            await cl.AskElementMessage("Right?", ticket, timeout=None).send()

        async with running_bot(world, answers(answer), tmp_path):
            post = await world.dm("go")
            question = await shows(world, post, "Submit", "Cancel")
            await world.click(question, "Submit")
            await reads(world, post, "done")
        assert await elements(tmp_path) == [("assistant_message", "custom", "Ticket", None)]
        assert [json.loads(props) for props in kept(tmp_path, "SELECT props FROM elements")] == [{"nested": {"a": [1]}}]

    async def test_steps_that_are_not_shown_keep_elements_of_any_kind(self, world: World, tmp_path: Path) -> None:
        async def answer(message: cl.Message) -> None:
            circle: dict[str, Any] = {"of": 1}
            circle["self"] = circle
            async with cl.Step("look") as step:
                step.elements = [
                    cl.File("gone.txt", path=tmp_path / "gone.txt"),
                    cl.File("folder", path=tmp_path),
                    cl.File("empty.txt", content=b""),
                    cl.File("../../etc/pass\x00wd\ud83d.txt", content="path"),
                    cl.File("x" * 3_000 + ".txt", content="long"),
                    cl.File("..", content="dots", id="../../.. \x00 \ud83d"),
                    cl.CustomElement("Circle", props=circle),
                    cl.CustomElement("Object", props={"of": object(), "no": float("nan"), "half": "\ud83d"}),
                ]

        await hear(world, answers(answer), tmp_path, cot="hidden")
        found = await elements(tmp_path)
        assert [content for *_, content in found] == [None, None, b"", b"path", b"long", b"dots", None, None]
        assert {of for of, *_ in found} == {"undefined"}
        assert "\x00" not in found[3][2] and found[3][2].startswith("../../etc/pass")
        props = [json.loads(each) for each in kept(tmp_path, "SELECT props FROM elements WHERE props IS NOT NULL")]
        assert props[0] == {"of": 1, "self": {"of": 1, "self": "…"}}
        assert props[1]["of"].startswith("<object") and props[1]["no"] is None and props[1]["half"] == "\ufffd"
        inside = {path.resolve() for path in (tmp_path / "blobs").rglob("*")}
        assert all(path.is_relative_to((tmp_path / "blobs").resolve()) for path in inside)

    async def test_a_resumed_thread_has_elements_with_addresses_that_work(self, world: World, tmp_path: Path) -> None:
        resumed: list[ThreadDict] = []

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                elements = [cl.File("my café.txt", content="mine"), cl.Image("far", url="https://example.com/far.png")]
                answer = await cl.Message("see", elements=elements).send()
                assert elements[0].to_dict()["objectKey"] and elements[0].for_id == answer.id
                await cl.Message("done").send()

            @cl.on_chat_resume
            async def resume(thread: ThreadDict) -> None:
                resumed.append(thread)

        attached = (File("yours.txt", b"yours", "text/plain"),)
        await hear(world, register(bot), tmp_path, files=attached)
        async with running_bot(world, register(bot), tmp_path), httpx.AsyncClient() as client:
            await world.dm("again")
            await world.wait_for(lambda: bool(resumed))
            elements = {each["name"]: each for each in resumed[0]["elements"] or []}
            contents = [await client.get(elements[name]["url"] or "") for name in ("yours.txt", "my café.txt")]
            forged = await client.get((elements["yours.txt"]["url"] or "").replace("until=1", "until=2"))
        assert [(answer.status_code, answer.content) for answer in contents] == [(200, b"yours"), (200, b"mine")]
        assert forged.status_code == 403
        assert elements["far"]["url"] == "https://example.com/far.png"
        steps = {step["id"]: step["output"] for step in resumed[0]["steps"]}
        assert [steps[elements[name]["forId"] or ""] for name in ("yours.txt", "far")] == ["go", "see"]

    async def test_contents_go_with_their_elements(
        self, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def answer(message: cl.Message) -> None:
            await cl.Message("stays", elements=[cl.File("stays.txt", content="stays")]).send()
            gone = await cl.Message("goes", elements=[cl.File("goes.txt", content="goes")]).send()
            await gone.remove()

        await hear(world, answers(answer), tmp_path)
        assert sorted((await blobs(tmp_path)).values()) == [b"goes", b"stays"]
        paths = list((tmp_path / "blobs" / "elements").rglob("*.txt"))
        for path in paths:
            os.utime(path, (1, 1))
        monkeypatch.setattr(housekeeping, "FIRST_LOOK", 0.0)
        async with running_bot(world, answers(answer), tmp_path):
            await eventually(lambda: not all(path.exists() for path in paths))
        assert sorted((await blobs(tmp_path)).values()) == [b"stays"]

    async def test_nothing_of_elements_is_kept_where_history_is_off(self, world: World, tmp_path: Path) -> None:
        async def answer(message: cl.Message) -> None:
            await cl.TaskList([cl.Task("dig")]).send()
            await cl.Message("see", elements=[cl.File("a.txt", content="a"), *message.elements]).send()

        files = (File("b.txt", b"b", "text/plain"),)
        await hear(world, answers(answer), tmp_path, files=files, history="off")
        assert await blobs(tmp_path) == {}
        assert kept(tmp_path, "SELECT * FROM elements") == []

    async def test_a_content_that_cannot_be_kept_costs_nothing_else(
        self, world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def answer(message: cl.Message) -> None:
            large = cl.File("large.bin", content=b"x" * 20_000)
            await cl.Message("see", elements=[cl.File("a.txt", content="a"), large]).send()

        (tmp_path / "blobs").mkdir()
        (tmp_path / "blobs" / "elements").write_text("in the way")
        await hear(world, answers(answer), tmp_path, history_file_mb=0.01)
        (tmp_path / "blobs" / "elements").unlink()
        async with running_bot(world, answers(answer), tmp_path, history_file_mb=0.01):
            post = await world.dm("again")
            await reads(world, post, "done again")
            assert len(await world.files(post.place)) == 4
        row = ("assistant_message", "file")
        assert await elements(tmp_path) == [
            (*row, "a.txt", None),
            (*row, "large.bin", None),
            (*row, "a.txt", b"a"),
            (*row, "large.bin", None),
        ]
        assert caplog.text.count("element.content_not_kept") == 3
