"""``@on_app_startup`` and ``@on_app_shutdown``: before the first message and after the last."""

import time
from pathlib import Path

import pytest

import gateway as cl
from gateway.drivers.slack.reading import said
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.errors import SettingsError
from gateway.telemetry.logs import configure_logging
from tests.support.bot import register, running_bot


async def test_startup_runs_before_the_first_message_and_shutdown_after_the_last(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    calls: list[str] = []

    def bot() -> None:
        @cl.on_app_startup
        async def up() -> None:
            calls.append("up")

        @cl.on_app_shutdown
        def down() -> None:
            calls.append("down")

        @cl.on_message
        async def main(message: cl.Message) -> None:
            calls.append("message")
            await cl.Message("answer").send()

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "@gateway x")
        await said(slack, "general", "answer")
        assert calls == ["up", "message"]
    assert calls == ["up", "message", "down"]


@pytest.mark.parametrize("failure", [ValueError("no model\nhere"), SystemExit("no model here")])
async def test_a_startup_that_fails_keeps_the_gateway_from_starting_and_names_the_line(
    slack: SlackEmulator, tmp_path: Path, failure: BaseException
) -> None:
    ended: list[bool] = []

    def bot() -> None:
        @cl.on_app_startup
        def up() -> None:
            raise failure

        @cl.on_app_shutdown
        def down() -> None:
            ended.append(True)

    with pytest.raises(SettingsError, match=r"@on_app_startup failed: \w+: no model here .*test_app_hooks\.py, line"):
        async with running_bot(slack, register(bot), tmp_path):
            pytest.fail("it started")
    assert ended == []


async def test_a_message_sent_at_startup_says_that_there_is_no_conversation(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    def bot() -> None:
        @cl.on_app_startup
        async def up() -> None:
            await cl.Message("hello?").send()

    with pytest.raises(SettingsError, match="there is no conversation here"):
        async with running_bot(slack, register(bot), tmp_path):
            pytest.fail("it started")


async def test_a_shutdown_that_fails_or_hangs_is_logged_and_the_gateway_ends(
    slack: SlackEmulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(form="console", debug=False)  # to the standard error that ``capsys`` reads

    def failing() -> None:
        @cl.on_app_shutdown
        async def down() -> None:
            raise ValueError("cannot close")

    def hanging() -> None:
        @cl.on_app_shutdown
        def down() -> None:
            time.sleep(5)

    for bot in (failing, hanging):
        async with running_bot(slack, register(bot), tmp_path, drain_timeout=0.1):
            pass
    errors = capsys.readouterr().err
    assert errors.count("bot.shutdown_failed") == 2
    assert "cannot close" in errors
    assert "TimeoutError" in errors
