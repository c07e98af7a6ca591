"""Steps through the whole gateway on Slack: where they are shown, and what happens when something goes wrong."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from gateway.chat.step_text import StepText
from gateway.drivers.slack.reading import from_bot, said, shown
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.runtime.step_board import KEPT
from tests.contract.reading import plan_of, plan_words, planned
from tests.contract.steps import answering
from tests.contract.world import Place
from tests.slack.world import SlackWorld
from tests.support.bot import register, running_bot


def cards(slack: SlackEmulator) -> list[dict[str, Any]]:
    """The task cards in the newest message of the bot to Ada."""
    messages = from_bot(slack, slack.dm.id)
    return [block for block in messages[-1]["blocks"] if block["type"] == "task_card"] if messages else []


def written(card: dict[str, Any], name: str) -> str:
    """The text of a card's details or output."""
    return str(card[name]["elements"][0]["elements"][0]["text"]) if name in card else ""


async def test_outside_of_a_conversation_a_step_only_runs() -> None:
    @cl.step(type="tool", once=True)
    async def double(number: int) -> int:
        return number * 2

    @cl.step
    def half(number: int) -> float:
        return number / 2

    assert await double(4) == 8
    assert half(4) == 2.0
    async with cl.Step("free") as step:
        step.output = "ran"
        inside = cl.context.current_step
    assert inside is step
    assert (step.output, step.is_error) == ("ran", False)
    left = cl.context.current_step
    assert left is None
    with pytest.raises(ZeroDivisionError), cl.Step("fails") as step:
        _ = 1 / 0
    assert (step.is_error, step.output) == (True, "division by zero")
    for call in (cl.Step("x").send(), cl.Step("x").update(), cl.Step("x").remove(), cl.Step("x").stream_token("t")):
        with pytest.raises(RuntimeError, match="only inside a handler"):
            await call
    with pytest.raises(RuntimeError, match="only inside a handler"):
        await cl.TaskList().send()


async def test_a_step_has_the_documented_attributes() -> None:
    step = cl.Step("ask", type="llm", tags=["a"], metadata={"b": 1}, language="python", show_input="json")
    assert (step.to_dict()["start"], step.to_dict()["end"]) == (None, None)
    async with step:
        step.input = {"to": b"four", "of": [1]}
        begun = step.to_dict()
    told = step.to_dict()
    assert begun["end"] is None
    assert str(begun["start"]).endswith("+00:00") and str(told["end"]) >= str(told["start"])
    assert (told["name"], told["type"], told["tags"], told["metadata"]) == ("ask", "llm", ["a"], {"b": 1})
    assert (told["showInput"], told["language"], told["isError"], told["output"]) == ("json", "python", False, "")
    assert "<4 bytes>" in told["input"]
    step.output = [1, 2]
    assert step.language == "json"


async def test_the_decorator_keeps_the_function() -> None:
    @cl.step(name="shown as", show_input=True)
    async def search(self: object, query: str, *, limit: int = 3) -> str:
        """Search for it."""
        return query

    assert (search.__name__, search.__doc__) == ("search", "Search for it.")
    assert asyncio.iscoroutinefunction(search)
    assert await search(None, "tea") == "tea"
    with pytest.raises(TypeError):
        await search()  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("value", "text"),
    [("a\r\nb", "a\nb"), (None, ""), (5, "5"), ((1, "ü"), '[\n  1,\n  "ü"\n]'), ({(1, 2): 3}, "(1, 2)")],
)
def test_a_value_is_shown_as_text(value: Any, text: str) -> None:
    assert text in StepText(value).text
    assert text in StepText(value).beginning(1000)


def test_of_a_large_value_only_the_beginning_is_made_text() -> None:
    class Counted:
        made = 0

        def __str__(self) -> str:
            Counted.made += 1
            return "x"

    content = StepText([Counted()] * 100_000)
    beginning = content.beginning(50)
    assert len(beginning) == 50 and beginning.endswith("…")
    assert Counted.made < 50


async def test_steps_are_cards_in_the_stream_that_is_open(slack: SlackEmulator, tmp_path: Path) -> None:
    go_on = asyncio.Event()

    async def main(message: cl.Message) -> None:
        answer = cl.Message()
        await answer.stream_token("Let me ")
        await answer.stream_token("see. ")
        await asyncio.wait_for(streaming.wait(), 20)
        async with cl.Step("search", type="tool", show_input=True) as step:
            step.input = "tea"
            await go_on.wait()
            step.output = "3 hits"
        await answer.stream_token("Three.")
        await answer.send()

    streaming = asyncio.Event()
    async with running_bot(slack, answering(main), tmp_path):
        await slack.post(slack.dm.id, "go")
        await slack.wait_for(lambda: slack.calls_to("chat.appendStream"), 20)  # the bot knows that it streams
        streaming.set()
        await slack.wait_for(lambda: [card["status"] for card in cards(slack)] == ["in_progress"], 20)
        go_on.set()
        await said(slack, slack.dm.id, "Three.", timeout=20)
    [card] = cards(slack)
    assert card["title"].startswith("search")
    assert (card["status"], written(card, "output")) == ("complete", "3 hits")
    assert len(from_bot(slack, slack.dm.id)) == 1


async def test_many_steps_in_a_stream_are_bounded(slack: SlackEmulator, tmp_path: Path) -> None:
    streaming = asyncio.Event()

    async def main(message: cl.Message) -> None:
        answer = cl.Message()
        await answer.stream_token("Let me ")
        await answer.stream_token("see. ")
        await asyncio.wait_for(streaming.wait(), 20)
        for number in range(300):
            async with cl.Step(f"step {number}") as step:
                step.output = "x" * 1000
        await answer.stream_token("Three.")
        await answer.send()

    async with running_bot(slack, answering(main), tmp_path):
        await slack.post(slack.dm.id, "go")
        await slack.wait_for(lambda: slack.calls_to("chat.appendStream"), 20)  # the bot knows that it streams
        streaming.set()
        await said(slack, slack.dm.id, "Three.", timeout=20)
    shown_cards = cards(slack)
    assert 10 < len(shown_cards) <= KEPT + 1
    assert shown_cards[-1]["title"] == f"{301 - len(shown_cards)} more steps"
    assert len(slack.calls_to("chat.appendStream")) < 10


async def test_steps_of_a_stream_that_goes_on_by_edits_move_to_a_list(slack: SlackEmulator, tmp_path: Path) -> None:
    streaming = asyncio.Event()

    async def main(message: cl.Message) -> None:
        answer = cl.Message()
        await answer.stream_token("Let me ")
        await answer.stream_token("see. ")
        await asyncio.wait_for(streaming.wait(), 20)
        async with cl.Step("search") as step:
            step.output = "3 hits"
        await answer.stream_token("Quite other words.", is_sequence=True)
        await answer.send()

    async with running_bot(slack, answering(main), tmp_path):
        await slack.post(slack.dm.id, "go")
        await slack.wait_for(lambda: slack.calls_to("chat.appendStream"), 20)  # the bot knows that it streams
        streaming.set()
        await said(slack, slack.dm.id, "Quite other words.", timeout=20)
        await planned(SlackWorld(slack), Place(slack.dm.id), "✅ search: 3 hits")


async def test_the_status_line_names_the_running_step(slack: SlackEmulator, tmp_path: Path) -> None:
    go_on = asyncio.Event()

    async def main(message: cl.Message) -> None:
        async with cl.Step("Searching"):
            await go_on.wait()
        await cl.Message("done").send()

    def lines() -> list[str]:
        return [str(call.args.get("status")) for call in slack.calls_to("assistant.threads.setStatus")]

    async with running_bot(slack, answering(main), tmp_path):
        await slack.post(slack.dm.id, "go")
        await slack.wait_for(lambda: "Searching…" in lines(), 20)
        go_on.set()
        await said(slack, slack.dm.id, "done")


async def test_a_stopped_turn_shows_its_step_as_stopped(slack: SlackEmulator, tmp_path: Path) -> None:
    async def main(message: cl.Message) -> None:
        async with cl.Step("long"):
            await asyncio.Event().wait()

    async with running_bot(slack, answering(main), tmp_path):
        await slack.post(slack.dm.id, "go")
        await planned(SlackWorld(slack), Place(slack.dm.id), "⏳ long")
        await slack.post(slack.dm.id, "/stop")
        await planned(SlackWorld(slack), Place(slack.dm.id), "❌ long: stopped")


async def test_the_answer_comes_though_the_list_of_steps_cannot_be_shown(slack: SlackEmulator, tmp_path: Path) -> None:
    async def main(message: cl.Message) -> None:
        async with cl.Step("search"):
            pass
        await cl.Message("done").send()

    slack.fail_next("chat.postMessage", error="invalid_arguments")
    async with running_bot(slack, answering(main), tmp_path):
        await slack.post(slack.dm.id, "go")
        await said(slack, slack.dm.id, "done")


async def test_a_task_list_that_is_not_taken_fails_the_next_change(slack: SlackEmulator, tmp_path: Path) -> None:
    async def main(message: cl.Message) -> None:
        tasks = cl.TaskList([cl.Task("one")])
        await tasks.send()
        slack.fail_next("chat.update", error="edit_window_closed", times=1)
        tasks.status = "two"
        await tasks.update()
        await slack.wait_for(lambda: slack.calls_to("chat.update"), 20)
        await asyncio.sleep(0)
        try:
            while True:
                await tasks.update()
                await asyncio.sleep(0.01)
        except cl.PlatformError as error:
            await cl.Message(f"failed: {type(error).__name__}").send()

    async with running_bot(slack, answering(main), tmp_path):
        await slack.post(slack.dm.id, "go")
        await said(slack, slack.dm.id, "failed: ", timeout=20)
        await slack.wait_for(lambda: "two" in plan_words(SlackWorld(slack).said(Place(slack.dm.id))[0]), 20)


async def test_steps_of_the_start_have_a_list_of_their_own(slack: SlackEmulator, tmp_path: Path) -> None:
    def bot() -> None:
        @cl.on_chat_start
        async def start() -> None:
            async with cl.Step("prepare"):
                run = cl.context.current_run
            assert run is not None and run.name == "on_chat_start"
            await cl.Message("ready").send()

        @cl.on_message
        async def main(message: cl.Message) -> None:
            async with cl.Step("work"):
                pass
            await cl.Message("done").send()

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post(slack.dm.id, "go")
        await said(slack, slack.dm.id, "done")
        await planned(SlackWorld(slack), Place(slack.dm.id), "✅ work")
    messages = SlackWorld(slack).said(Place(slack.dm.id))
    assert [plan_of(message)[0].partition(" (")[0] if plan_of(message) else message.text for message in messages] == [
        "✅ prepare", "ready", "✅ work", "done",
    ]  # fmt: skip


async def test_elements_of_a_hidden_step_are_not_shown_either(slack: SlackEmulator, tmp_path: Path) -> None:
    async def main(message: cl.Message) -> None:
        async with cl.Step("draw", type="llm") as step:
            step.elements = [cl.File("secret.csv", content=b"a,b")]
        await cl.Message("done").send()

    async with running_bot(slack, answering(main), tmp_path, cot="tool_call"):
        await slack.post(slack.dm.id, "go")
        await said(slack, slack.dm.id, "done")
    assert [shown(message) for message in from_bot(slack, slack.dm.id)] == ["done"]
    assert not any(message.get("files") for message in from_bot(slack, slack.dm.id))
