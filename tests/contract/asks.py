"""The whole gateway on a platform: questions that wait for their answer, as a person meets them."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from gateway.chat.asks import base
from gateway.chat.registry import Callbacks
from gateway.store.core.alone import Alone
from tests.contract.crashes import LivingBot, on_record
from tests.contract.harness import capabilities, need
from tests.contract.reading import hears, reads, shown, texts
from tests.contract.world import File, Post, Said, ShownForm, World
from tests.support.bot import register, running_bot

WAITS = """
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        match message.content:
            case "text":
                answer = (await cl.AskUserMessage("Your name?", timeout=None).send())["output"]
            case "choice":
                cities = [cl.Action("city", {"n": n}, label=f"City {n}") for n in range(8)]
                answer = (await cl.AskActionMessage("Which city?", cities, timeout=None).send())["label"]
            case "file":
                answer = (await cl.AskFileMessage("A text?", ["text/plain"], timeout=None).send())[0].name
        await cl.Message(f"got {answer}").send()
"""


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


NESTED = """
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        await cl.Message("Meanwhile", actions=[cl.Action("explain", label="Explain")]).send()
        name = await cl.AskUserMessage("Your name?", timeout=None).send()
        await cl.Message(f"got {name['output']}").send()

    @cl.action_callback("explain")
    async def explain(action: cl.Action):
        why = await cl.AskUserMessage("Why?", timeout=None).send()
        await cl.AskActionMessage(f"Sure about {why['output']}?", [cl.Action("yes", label="Yes")], timeout=None).send()
        await cl.Message(f"because {why['output']}").send()
"""

TICKET: dict[str, Any] = {
    "timeout": 20,
    "fields": [
        {"id": "summary", "label": "Summary", "type": "text", "required": True},
        {"id": "description", "label": "Description", "type": "textarea"},
        {"id": "due", "label": "Due Date", "type": "date"},
        {"id": "priority", "label": "Priority", "type": "select", "options": ["Low", "High"], "value": "Low"},
    ],
}

CONFIRMS = """
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        order = cl.CustomElement(name="Order", props={"item": "tea", "count": 2, "gift": False})
        res = await cl.AskElementMessage("Please confirm", order, timeout=None).send()
        await cl.Message(f"got {res['count']} {res['item']} {res['gift']} {res['submitted']}").send()
"""


def element_bot(props: dict[str, Any], results: list[Any], **options: Any) -> Callbacks:
    """Register a bot that asks to fill in an element with these properties."""

    def bot() -> None:
        @cl.on_message
        async def main() -> None:
            element = cl.CustomElement(name="JiraTicket", props=props)
            results.append(await cl.AskElementMessage("Create a ticket:", element, **options).send())
            await cl.Message("ticket done").send()

    return register(bot)


async def opened(world: World, message: Said, label: str) -> ShownForm:
    """Press the button and wait for the form."""
    await world.click(message, label)
    form = await world.wait_for(world.form)
    assert form is not None
    return form


def choosing(actions: list[cl.Action], picked: list[Any]) -> Callbacks:
    """Register a bot that lets people choose among these actions."""

    def bot() -> None:
        @cl.on_message
        async def main() -> None:
            picked.append(await cl.AskActionMessage("Which one?", actions, timeout=None).send())
            await cl.Message("chosen").send()

    return register(bot)


def choices(message: Said) -> list[str]:
    """The labels of everything that can be picked under a message."""
    return [*message.buttons, *(label for menu in message.menus for label in menu)]


async def offering(world: World, post: Post, beginning: str) -> tuple[Said, str]:
    """Wait until something can be picked whose label begins like this; return the message and the label."""

    def look() -> tuple[Said, str] | None:
        pairs = [(message, label) for message in world.said(post.place) for label in choices(message)]
        return next((pair for pair in pairs if pair[1].startswith(beginning)), None)

    found = await world.wait_for(look)
    assert found is not None
    return found


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

    # Choices

    async def test_more_than_five_choices_are_a_menu_and_the_message_says_who_chose(
        self, world: World, tmp_path: Path
    ) -> None:
        picked: list[Any] = []
        cities = [cl.Action("city", {"n": n}, label=f"City {n}") for n in range(8)]
        async with running_bot(world, choosing(cities, picked), tmp_path):
            post = await world.mention("go")
            await offering(world, post, "City 7")
            question = await reads(world, post, "Which one?")
            if capabilities(world).menus:
                assert (question.menus, question.buttons) == ((tuple(f"City {n}" for n in range(8)),), ())
            await world.click(*(await offering(world, post, "City 6")))
            await reads(world, post, "chosen")
            answered = await reads(world, post, "City 6 (by Ada")
            assert (answered.id, choices(answered), answered.pings) == (question.id, [], ())
        assert [pick["payload"] for pick in picked] == [{"n": 6}]

    async def test_forty_choices_are_all_there(self, world: World, tmp_path: Path) -> None:
        picked: list[Any] = []
        many = [cl.Action(f"a{n}", label=f"Choice number {n}.") for n in range(40)]
        async with running_bot(world, choosing(many, picked), tmp_path):
            post = await world.mention("go")
            await offering(world, post, "Choice number 39.")
            offered = [label for message in world.said(post.place) for label in choices(message)]
            assert offered == [action.label for action in many]
            await world.click(*(await offering(world, post, "Choice number 33.")))
            await reads(world, post, "chosen")
            await reads(world, post, "Choice number 33. (by")
            assert [label for message in world.said(post.place) for label in choices(message)] == []
        assert [pick["name"] for pick in picked] == ["a33"]

    async def test_labels_that_are_empty_long_or_alike(self, world: World, tmp_path: Path) -> None:
        picked: list[Any] = []
        long = "A very long label, of which the platform shows the beginning, " * 5
        actions = [
            cl.Action("same", {"n": 1}, label=f"{long}one"),
            cl.Action("same", {"n": 2}, label=f"{long}two"),
            cl.Action(" ", {"n": 3}, label=" "),
        ]
        async with running_bot(world, choosing(actions, picked), tmp_path):
            post = await world.mention("go")
            question = await reads(world, post, "the beginning, two")
            assert [label[:3] for label in question.buttons] == ["1. ", "2. ", "3. "]
            await world.click(question, question.buttons[1])
            await reads(world, post, "chosen")
            await world.reply(post, "again")
            message, label = await offering(world, post, "3. Choice 3")
            await world.click(message, label)
            await reads(world, post, "Choice 3 (by")
        assert [pick["payload"]["n"] for pick in picked] == [2, 3]

    async def test_a_click_on_an_expired_question_is_told_so(self, world: World, tmp_path: Path) -> None:
        results: list[Any] = []
        async with running_bot(world, ask_bot(results, timeout=0.5), tmp_path):
            async with world.hold("edit") as hold:
                post = await world.mention("action")
                question = await reads(world, post, "Go?")
                stale = world.controls(question)
                hold.release()
            await reads(world, post, "done action")
            await world.press(stale, "Yes!", under=question)
            await hears(world, "no longer open", post)
        assert results == [None]

    # What is no answer

    async def test_too_many_files_are_refused_and_the_ask_goes_on(self, world: World, tmp_path: Path) -> None:
        results: list[Any] = []
        async with running_bot(world, ask_bot(results), tmp_path):
            post = await world.dm("file")
            await reads(world, post, "A text, please")
            two = [File(name, b"x", "text/plain") for name in ("a.txt", "b.txt")]
            await world.dm("", files=two)
            await hears(world, "Please send at most 1 file", post)
            await world.dm("", files=two[:1])
            await reads(world, post, "done file")
            await reads(world, post, "a.txt (from Ada")
        assert [file.name for file in results[0]] == ["a.txt"]

    async def test_a_text_where_a_file_is_asked_for_is_told_to_wait(self, world: World, tmp_path: Path) -> None:
        results: list[Any] = []
        async with running_bot(world, ask_bot(results), tmp_path):
            post = await world.dm("file")
            await reads(world, post, "A text, please")
            await world.dm("which one")
            await hears(world, "Please send a file first", post)
            await world.dm("", files=[File("a.txt", b"x", "text/plain")])
            await reads(world, post, "done file")
            await reads(world, post, "done which one")
        assert len(results) == 1

    async def test_a_text_where_a_choice_is_asked_for_is_told_to_wait(self, world: World, tmp_path: Path) -> None:
        results: list[Any] = []
        async with running_bot(world, ask_bot(results), tmp_path):
            post = await world.dm("action")
            question = await reads(world, post, "Go?")
            await world.dm("hm")
            await hears(world, "Please choose one of the answers", post)
            await world.click(question, "Yes!")
            await reads(world, post, "done action")
            await reads(world, post, "done hm")

    async def test_a_file_alone_is_no_answer_in_words(self, world: World, tmp_path: Path) -> None:
        results: list[Any] = []
        async with running_bot(world, ask_bot(results), tmp_path):
            post = await world.dm("text")
            await reads(world, post, "Your name?")
            await world.dm("", files=[File("a.txt", b"x", "text/plain")])
            await hears(world, "Please answer in words", post)
            await world.dm("Ada", files=[File("a.txt", b"x", "text/plain")])
            await reads(world, post, "done text")
            await hears(world, "the files that came with them were not", post)
        assert [result["output"] for result in results] == ["Ada"]

    # Elements

    async def test_an_element_is_filled_in_checked_and_submitted(self, world: World, tmp_path: Path) -> None:
        results: list[Any] = []
        async with running_bot(world, element_bot(TICKET, results), tmp_path):
            post = await world.mention("go")
            question = await reads(world, post, "Create a ticket:")
            need(capabilities(world).forms, "forms")
            assert question.buttons == ("Fill in", "Cancel")
            await world.click(question, "Fill in", user="Grace")
            await hears(world, "somebody else", post, person="Grace")
            assert world.form(user="Grace") is None
            form = await opened(world, question, "Fill in")
            assert form.labels == ("Summary", "Description", "Due Date", "Priority")
            await world.submit({"Summary": " ", "Priority": "High"})
            await hears(world, "Summary: please fill this in", post)
            if world.form() is None:
                await opened(world, question, "Fill in")
            await world.submit({"Summary": "It breaks", "Priority": "High"})
            await reads(world, post, "ticket done")
            answered = await reads(world, post, "by Ada")
            assert (answered.id, answered.buttons) == (question.id, ())
            assert "Submitted" in answered.text
            assert "It breaks" in shown(answered)
        want = {"summary": "It breaks", "description": "", "due": None, "priority": "High", "submitted": True}
        assert results == [want]

    async def test_an_element_is_submitted_as_it_is_or_cancelled(self, world: World, tmp_path: Path) -> None:
        results: list[Any] = []
        props = {"title": "Order 7", "count": 2, "lines": [{"tea": 1}]}
        async with running_bot(world, element_bot(props, results, timeout=None), tmp_path):
            post = await world.dm("go")
            question = await reads(world, post, "Create a ticket:")
            need(capabilities(world).forms, "forms")
            assert question.buttons == ("Fill in", "Submit", "Cancel")
            assert "Order 7" in shown(question)
            stale = world.controls(question)
            await world.click(question, "Submit")
            await reads(world, post, "ticket done")
            await world.press(stale, "Cancel", under=question)
            await hears(world, "no longer open", post)
            await world.press(stale, "Fill in", under=question)
            await world.dm("again")
            second = await world.wait_for(
                lambda: next((each for each in world.said(post.place) if "Cancel" in each.buttons), None)
            )
            assert second is not None
            await world.click(second, "Cancel")
            await reads(world, post, "Cancelled")
        assert results == [{**props, "submitted": True}, {"submitted": False}]

    async def test_more_fields_than_a_form_holds_are_filled_in_page_by_page(self, world: World, tmp_path: Path) -> None:
        room = capabilities(world).form_fields
        need(room <= 20, "small limit of fields")
        results: list[Any] = []
        props = {f"p{n}": n for n in range(room + 1)}
        async with running_bot(world, element_bot(props, results, timeout=None), tmp_path):
            post = await world.mention("go")
            question = await reads(world, post, "Create a ticket:")
            need(capabilities(world).forms, "forms")
            assert question.buttons == ("Fill in 1/2", "Fill in 2/2", "Submit", "Cancel")
            await opened(world, question, "Fill in 1/2")
            await world.submit({"P0": 70})
            await world.wait_for(lambda: any("70" in shown(each) for each in world.said(post.place)))
            question = await reads(world, post, "Create a ticket:")
            await opened(world, question, "Fill in 2/2")
            await world.submit({f"P{room}": 90})
            await world.wait_for(lambda: any("90" in shown(each) for each in world.said(post.place)))
            await world.click(await reads(world, post, "Create a ticket:"), "Submit")
            await reads(world, post, "ticket done")
        assert results == [{**props, "p0": 70, f"p{room}": 90, "submitted": True}]

    async def test_an_element_ask_outlives_a_kill_before_and_after_its_answer(
        self, world: World, tmp_path: Path
    ) -> None:
        need(capabilities(world).forms, "forms")
        async with LivingBot(world, tmp_path, CONFIRMS) as bot:
            post = await world.dm("go")
            question = await reads(world, post, "Please confirm", timeout=20)
            await on_record(world)
            await bot.restart()
            await opened(world, question, "Fill in")
            hold = world.hold("edit", text="Please confirm")
            await world.submit({"Count": 3, "Gift": True})
            await hold.reached()
            await bot.kill()
            hold.drop()
            await bot.start()
            await reads(world, post, "got 3 tea True True", timeout=20)
            assert (await reads(world, post, "Submitted")).buttons == ()
            assert len([text for text in texts(world, post) if text]) == 2

    # Two at a time

    async def test_questions_asked_at_once_take_words_in_order_and_clicks_as_they_come(
        self, world: World, tmp_path: Path
    ) -> None:
        def bot() -> None:
            @cl.on_message
            async def main() -> None:
                first = cl.AskUserMessage("First name?", timeout=None)
                last = cl.AskUserMessage("Last name?", timeout=None)
                go = cl.AskActionMessage("Go?", [cl.Action("yes", label="Yes!")], timeout=None)
                said = await asyncio.gather(first.send(), last.send(), go.send())
                assert said[0] is not None and said[1] is not None and said[2] is not None
                await cl.Message(f"{said[0]['output']} {said[1]['output']}: {said[2]['name']}").send()

        async with running_bot(world, register(bot), tmp_path):
            post = await world.mention("go")
            await reads(world, post, "First name?")
            await reads(world, post, "Last name?")
            question = await reads(world, post, "Go?")
            await on_record(world)
            await world.click(question, "Yes!")
            await reads(world, post, "Yes! (by")
            await world.delivered(await world.reply(post, "Ada"))
            await world.delivered(await world.reply(post, "Lovelace"))
            await reads(world, post, "Ada Lovelace: yes")

    async def test_a_button_works_while_a_question_waits_and_may_ask_itself(self, world: World, tmp_path: Path) -> None:
        async with LivingBot(world, tmp_path, NESTED) as bot:
            post = await world.dm("go")
            offer = await reads(world, post, "Meanwhile", timeout=20)
            await reads(world, post, "Your name?", timeout=20)
            await world.click(offer, "Explain")
            await reads(world, post, "Why?", timeout=20)
            await on_record(world)
            await world.delivered(await world.dm("for fun"))
            sure = await reads(world, post, "Sure about for fun?", timeout=20)
            await on_record(world)
            await bot.restart()
            await world.click(sure, "Yes")
            await reads(world, post, "because for fun", timeout=20)
            await world.dm("Countess")
            await reads(world, post, "got Countess", timeout=20)
            lines = [text.partition("\n")[0] for text in texts(world, post)]
            words = ["Meanwhile", "Your name?", "Why?", "Sure about for fun?", "because for fun", "got Countess"]
            assert lines == words

    async def test_a_click_before_the_question_does_not_wait_for_its_answer(self, world: World, tmp_path: Path) -> None:
        started: list[str] = []

        def bot() -> None:
            @cl.on_chat_start
            async def start() -> None:
                started.append("start")
                await cl.Message("Meanwhile", actions=[cl.Action("explain", label="Explain")]).send()
                name = await cl.AskUserMessage("Your name?", timeout=None).send()
                await cl.Message(f"got {name and name['output']}").send()

            @cl.on_message
            async def main() -> None:
                await cl.Message("over").send()

            @cl.action_callback("explain")
            async def explain(action: cl.Action) -> None:
                await cl.Message("explained").send()

        async with running_bot(world, register(bot), tmp_path):
            async with world.hold("send", text="Your name?") as hold:
                post = await world.mention("go")
                await world.click(await reads(world, post, "Meanwhile"), "Explain")
                hold.release()
            await reads(world, post, "explained")
            await world.reply(post, "Countess")
            await reads(world, post, "got Countess")
            await reads(world, post, "over")
        assert started == ["start"]

    # Over restarts

    @pytest.mark.parametrize("kind", ["text", "choice", "file"])
    async def test_an_ask_without_an_end_outlives_a_kill_before_and_after_its_answer(
        self, world: World, tmp_path: Path, kind: str
    ) -> None:
        question = {"text": "Your name?", "choice": "Which city?", "file": "A text?"}[kind]
        async with LivingBot(world, tmp_path, WAITS) as bot:
            post = await world.dm(kind)
            await reads(world, post, question, timeout=20)
            await on_record(world)
            await bot.restart()
            hold = world.hold("send", text="got ") if kind == "text" else world.hold("edit", text=question)
            match kind:
                case "text":
                    await world.reply(post, "Countess")
                case "choice":
                    await world.click(*(await offering(world, post, "City 5")))
                case _:
                    await world.reply(post, "", files=[File("notes.txt", b"x", "text/plain")])
            await hold.reached()  # the answer is given, and the handler has not gone on
            await bot.kill()
            hold.drop()
            await bot.start()
            answer = {"text": "Countess", "choice": "City 5", "file": "notes.txt"}[kind]
            await reads(world, post, f"got {answer}", timeout=20)
            if kind != "text":
                await reads(world, post, f"{answer} ({'by' if kind == 'choice' else 'from'} Ada")
            said = [text for text in texts(world, post) if text]
            assert [text.partition("\n")[0] for text in said] == [question, f"got {answer}"]
            assert [label for message in world.said(post.place) for label in choices(message)] == []

    async def test_the_time_of_an_ask_goes_on_while_the_bot_is_away(
        self, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        results: list[Any] = []
        async with running_bot(world, ask_bot(results, timeout=600), tmp_path):
            post = await world.mention("action")
            await reads(world, post, "Go?")
            await on_record(world)
        monkeypatch.setattr(base, "AFTER_RESTART", 0.2)
        monkeypatch.setattr(Alone, "now", lambda _: time.time() + 601)
        async with running_bot(world, ask_bot(results, timeout=600), tmp_path):
            await reads(world, post, "done action")
            assert (await reads(world, post, "No answer came in time")).buttons == ()
        assert results == [None]
