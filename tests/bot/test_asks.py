"""Asks and stop where they meet the clock and Slack's own button; the rest is in every platform's contract."""

import asyncio
from pathlib import Path
from typing import Any

import gateway as cl
from gateway.drivers.slack.reading import buttons, from_bot, said, shown, texts
from gateway.emulators.slack.emulator import SlackEmulator
from tests.support.bot import register, running_bot


def ask_bot(results: list[Any], **options: Any) -> Any:
    """A bot that asks by the word it is given."""

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            if message.content == "text":
                results.append(await cl.AskUserMessage("Your name?", **options).send())
            else:
                results.append(await cl.AskActionMessage("Go?", [cl.Action("yes", label="Yes!")], **options).send())
            await cl.Message(f"done {message.content}").send()

    return register(bot)


async def test_a_click_on_a_closed_question_is_told_so(slack: SlackEmulator, tmp_path: Path) -> None:
    results: list[Any] = []
    async with running_bot(slack, ask_bot(results, timeout=0.2), tmp_path):
        await slack.post("general", "@gateway action")
        question = await slack.wait_for(lambda: next((m for m in from_bot(slack, "general") if buttons(m)), None))
        assert question is not None
        await said(slack, "general", "done action")
        await said(slack, "general", "No answer came in time")
        # A client that was offline still shows the buttons.
        slack.general.messages[question["ts"]].wire["blocks"] = question["blocks"]
        await slack.click("general", question["ts"], label="Yes!")
        told = await slack.wait_for(lambda: [m for m in slack.messages("general") if m.get("ephemeral_for")])
    assert "no longer open" in shown(told[0])
    assert results == [None]


async def test_buttons_work_in_a_channel_that_takes_no_threads(slack: SlackEmulator, tmp_path: Path) -> None:
    results: list[Any] = []

    def bot() -> None:
        @cl.on_message
        async def main() -> None:
            results.append(await cl.AskActionMessage("Go?", [cl.Action("yes", label="Yes!")]).send())
            await cl.Message("Choose", actions=[cl.Action("one", label="One"), cl.Action("two", label="Two")]).send()

        @cl.action_callback("one")
        async def one(action: cl.Action) -> None:
            await action.remove()
            await cl.Message("first").send()

        @cl.action_callback("two")
        async def two(action: cl.Action) -> None:
            await cl.Message("second").send()

    slack.general.threads = False
    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "@gateway action")
        await slack.click("general", (await said(slack, "general", "Go?"))["ts"], label="Yes!")
        choice = await said(slack, "general", "Choose")
        await slack.click("general", choice["ts"], label="One")
        await said(slack, "general", "first")
    async with running_bot(slack, register(bot), tmp_path):
        await slack.click("general", choice["ts"], label="Two")
        await said(slack, "general", "second")
    assert [result["name"] for result in results] == ["yes"]


async def test_an_ask_that_times_out_returns_none_or_raises(slack: SlackEmulator, tmp_path: Path) -> None:
    results: list[Any] = []
    async with running_bot(slack, ask_bot(results, timeout=0.05), tmp_path):
        await slack.post("general", "@gateway text")
        await said(slack, "general", "done text")
    assert results == [None]

    raised = []

    def bot() -> None:
        @cl.on_message
        async def main() -> None:
            try:
                await cl.AskUserMessage("?", timeout=0.05, raise_on_timeout=True).send()
            except TimeoutError as error:
                raised.append(error)
            await cl.Message("over").send()

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "@gateway again")
        await said(slack, "general", "over")
    assert raised


async def test_stop_cancels_the_turn_and_calls_on_stop(slack: SlackEmulator, tmp_path: Path) -> None:
    started = asyncio.Event()
    finished = []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            if message.content != "long":
                await cl.Message("next").send()
                return
            answer = cl.Message()
            await answer.stream_token("Once upon a time")
            started.set()
            await asyncio.sleep(60)
            finished.append(True)

        @cl.on_stop
        async def stop() -> None:
            await cl.Message("Stopped.").send()

    async with running_bot(slack, register(bot), tmp_path):
        root = await slack.post("general", "@gateway long")
        await started.wait()
        await slack.wait_for(lambda: slack.status("general", root)["processing"])
        await slack.stop_session("general", root)
        await said(slack, "general", "Stopped.", thread=root)
        await slack.wait_for(lambda: not slack.status("general", root)["processing"])
        await slack.post("general", "next", thread_ts=root)
        await said(slack, "general", "next", thread=root)
    assert texts(slack, "general", root)[0] == "Once upon a time"
    assert not finished
