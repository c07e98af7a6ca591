"""A test that fails says what the person saw, what the bot raised, and what came nearest."""

import asyncio
from pathlib import Path

import pytest

from gateway.errors import SettingsError
from gateway.testing import User, bot

BOT = Path(__file__).parent / "bot.py"
pytestmark = pytest.mark.gateway(platforms=["slack"])


async def test_what_was_seen_is_printed_with_the_nearest(user: User) -> None:
    await user.says("hello there")
    await user.sees("Heard 1")
    with pytest.raises(AssertionError) as failed:
        await user.sees("Heard 1: helo there", timeout=0.05)
    assert str(failed.value) == (
        "Ada did not see 'Heard 1: helo there' within 0.05 s on slack\n\n"
        "What happened:\n"
        "  Ada says 'hello there'\n"
        "  bot: Heard 1: hello there (seen before)   <-- the nearest"
    )
    with pytest.raises(AssertionError, match="found nothing to click that says 'Go'"):
        await user.clicks("Go", timeout=0.05)
    with pytest.raises(AssertionError, match="saw no form 'Settings'"):
        await user.sees_form("Settings", timeout=0.05)
    with pytest.raises(AssertionError, match=r"found no file 'a\.txt'"):
        await user.downloads("a.txt", timeout=0.05)
    with pytest.raises(AssertionError, match="did not see a message for which fits returns true"):

        def fits(_: object) -> bool:
            return False

        await user.sees(fits, timeout=0.05)


async def test_what_a_handler_raised_fails_the_test_at_once(user: User) -> None:
    await user.says("boom")
    with pytest.raises(AssertionError) as failed:
        await user.sees("Heard", timeout=600)  # longer than a test may run
    text = str(failed.value)
    assert "the bot failed on slack" in text
    assert 'raise ValueError("no boom today")' in text and "ValueError: no boom today" in text
    frames = [line for line in text.splitlines() if line.lstrip().startswith("File ")]
    assert len(frames) == 1 and str(BOT) in frames[0]  # none of the gateway's own
    await user.says("hi")  # an error that came before is no reason to fail now
    await user.sees("Heard 1: hi")


async def test_an_error_that_is_expected_fails_nothing(user: User) -> None:
    await user.says("boom")
    await user.sees("something went wrong")
    assert [entry.event for entry in user.log.entries if entry.error] == ["turn.failed"]


@pytest.mark.gateway(platforms=["slack"], settings={"GATEWAY_TURN_RETRIES": 1})
async def test_a_turn_that_is_run_again_has_not_failed_yet(user: User) -> None:
    await user.says("boom")
    await user.sees("something went wrong")
    assert [entry.fields["again"] for entry in user.log.entries if entry.error] == [True, False]


async def test_a_bot_that_does_not_rest_is_named(user: User) -> None:
    await user.says("slow")
    await user.sees("One moment")
    with pytest.raises(AssertionError, match=r"the bot was not at rest within 0\.05 s"):
        await user.settles(timeout=0.05)


async def test_a_bot_that_does_not_import_shows_where(tmp_path: Path) -> None:
    path = tmp_path / "broken_bot.py"
    path.write_text("import gateway as cl\n\nnothing = 1 / 0\n")
    with pytest.raises(SettingsError) as failed:
        async with bot(path):
            raise AssertionError("it started")
    assert "line 3" in str(failed.value) and "nothing = 1 / 0" in str(failed.value)
    with pytest.raises(SettingsError, match="no bot file at"):
        async with bot(tmp_path / "nowhere.py"):
            raise AssertionError("it started")


async def test_settings_and_platforms_that_there_are_not_are_named() -> None:
    with pytest.raises(SettingsError, match="did you mean GATEWAY_TURN_RETRIES"):
        async with bot(BOT, settings={"GATEWAY_TURN_RETRY": 1}):
            raise AssertionError("it started")
    with pytest.raises(SettingsError, match="no emulated platform 'irc'; there are: slack, discord, teams"):
        async with bot(BOT, platform="irc"):
            raise AssertionError("it started")
    with pytest.raises(SettingsError, match="leave DATABASE_URL out"):
        async with bot(BOT, settings={"DATABASE_URL": "postgresql://localhost/bots"}):
            raise AssertionError("it started")


async def test_a_test_on_another_event_loop_is_told(user: User) -> None:
    failure = await asyncio.to_thread(_on_another_loop, user)
    assert "on another event loop" in str(failure)


def _on_another_loop(user: User) -> BaseException:
    try:
        asyncio.run(user.says("hi"))
    except RuntimeError as error:
        return error
    raise AssertionError("it was not noticed")
