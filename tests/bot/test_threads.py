"""Handlers that are plain functions run in threads: they wait for answers without holding up others, and time out."""

import threading
from pathlib import Path

import gateway as cl
from gateway.drivers.slack.reading import said, texts
from gateway.emulators.slack.emulator import SlackEmulator
from tests.support.bot import register, running_bot


async def test_sync_handlers_that_wait_for_answers_hold_up_nobody(slack: SlackEmulator, tmp_path: Path) -> None:
    def bot() -> None:
        @cl.on_message
        def main(message: cl.Message) -> None:
            if message.content == "ask":
                cl.run_sync(cl.AskUserMessage("Name?", timeout=3).send())
            else:
                cl.run_sync(cl.Message("quick").send())

    async with running_bot(slack, register(bot), tmp_path):
        for _ in range(8):
            await slack.post("general", "@gateway ask")
        await slack.post("general", "@gateway quick")
        await said(slack, "general", "quick", timeout=2)


async def test_what_a_timed_out_thread_says_is_not_said_beside_its_rerun(slack: SlackEmulator, tmp_path: Path) -> None:
    release, runs = threading.Event(), []

    def bot() -> None:
        @cl.on_message
        def main(message: cl.Message) -> None:
            runs.append(1)
            if len(runs) == 1:
                release.wait(5)
            cl.run_sync(cl.Message(f"answer {message.content}").send())
            release.set()

    async with running_bot(slack, register(bot), tmp_path, turn_timeout=0.3):
        await slack.post("general", "@gateway x")
        await said(slack, "general", "answer x")
        await slack.post("general", "@gateway again")  # the left over thread is done when this is
        await said(slack, "general", "answer again")
    assert texts(slack, "general") == ["answer x", "answer again"]
