"""What was done in the playground, saved as a test, passes as it is."""

import os
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.drivers.slack.reading import buttons
from gateway.emulators.discord.emulator import DiscordEmulator
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.emulators.teams.emulator import TeamsEmulator
from gateway.playground.as_test import file_name, source_of
from gateway.playground.recorder import INLINE, MOST_STEPS, Recorder
from gateway.testing import User, bot

BOT = Path(__file__).parent / "bot.py"
FILE = {"name": "notes.txt", "mime": "text/plain", "data": b64encode(b"'quiet' words").decode()}


class Page:
    """The page of the playground, as far as it sends what a person does."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.emulator = user._driver.emulator
        self.recorder = Recorder(user._driver)

    async def act(self, **action: Any) -> Mapping[str, Any]:
        """Do what a person does, as the server does it, and let the bot come to rest."""
        step = self.recorder.before(action)
        result: Mapping[str, Any] = await self.emulator.act(action)
        self.recorder.after(step, result)
        assert result["ok"], result
        await self.user.settles()
        return result

    def source(self) -> str:
        return source_of(self.recorder, bot="bot.py")


async def on_slack(page: Page, slack: SlackEmulator) -> None:
    dm, general = slack.dm.id, slack.general.id
    first = (await page.act(type="post", channel=dm, text='it\'s "quoted"\nand \\ more'))["ts"]
    await page.act(type="post", channel=dm, text="file", files=[FILE])
    await page.act(type="post", channel=dm, text="buttons")
    [*_, shown] = [each for each in slack.messages(dm) if buttons(each) == ["Tea", "Coffee"]]
    element = next(block for block in shown["blocks"] if block["type"] == "actions")["elements"][1]
    await page.act(type="click", channel=dm, ts=shown["ts"], action_id=element["action_id"])
    await page.act(type="post", channel=dm, text="settings")
    [*_, offer] = [each for each in slack.messages(dm) if "Settings" in buttons(each)]
    element = next(block for block in offer["blocks"] if block["type"] == "actions")["elements"][0]
    await page.act(type="click", channel=dm, ts=offer["ts"], action_id=element["action_id"])
    [view] = slack.open_views()
    fields = [block for block in view["blocks"] if block["type"] == "input"]
    curt = next(each for each in fields[0]["element"]["options"] if each["text"]["text"] == "curt")["value"]
    values = {
        fields[0]["block_id"]: {fields[0]["element"]["action_id"]: curt},
        fields[1]["block_id"]: {fields[1]["element"]["action_id"]: ["on"]},
    }
    await page.act(type="submit", view_id=view["id"], values=values)
    await page.act(type="edit", channel=dm, ts=first, text="something else")
    root = (await page.act(type="post", channel=general, text=f"<@{slack.team.bot.id}> hello"))["ts"]
    await page.act(type="post", channel=general, text="from Grace", thread_ts=root, user=slack.grace.id)
    [*_, answer] = [each for each in slack.messages(general, root) if each.get("bot_id")]
    await page.act(type="react", channel=general, ts=answer["ts"], name="tada", added=True)
    rating = next(block for block in answer["blocks"] if block["type"] == "context_actions")["elements"][0]
    await page.act(type="click", channel=general, ts=answer["ts"], action_id=rating["action_id"], value="negative")


async def on_discord(page: Page, discord: DiscordEmulator) -> None:
    dm, general = discord.dm.id, discord.general.id
    await page.act(type="post", channel=dm, text="file", files=[FILE])
    await page.act(type="post", channel=dm, text="buttons")
    [*_, shown] = [each for each in discord.messages(dm) if each["components"]]
    tea = next(each for row in shown["components"] for each in row["components"] if each.get("label") == "Tea")
    await page.act(type="click", channel=dm, id=shown["id"], custom_id=tea["custom_id"])
    await page.act(type="post", channel=dm, text="settings")
    [*_, offer] = [each for each in discord.messages(dm) if "settings" in each["content"].lower()]
    button = next(each for row in offer["components"] for each in row["components"] if each.get("label") == "Settings")
    await page.act(type="click", channel=dm, id=offer["id"], custom_id=button["custom_id"])
    [modal] = discord.open_modals()
    values = {
        label["component"]["custom_id"]: value
        for label, value in zip(modal["components"], (["curt"], True), strict=True)
    }
    await page.act(type="submit", modal_id=modal["id"], values=values)
    root = (await page.act(type="post", channel=general, text=f"<@{discord.bot.id}> hello"))["id"]
    await page.act(type="post", channel=root, text="in the thread")
    await page.act(type="delete", channel=general, id=root)


async def on_teams(page: Page, teams: TeamsEmulator) -> None:
    chat, general = teams.personal().id, teams.general.id
    said = (await page.act(type="say", conversation=chat, text="hello"))["id"]
    await page.act(type="edit", conversation=chat, message=said, text="good morning")
    await page.act(type="say", conversation=chat, text="buttons")
    [*_, shown] = [each for each in teams.messages(chat) if each.get("attachments")]
    await page.act(type="click", conversation=chat, message=shown["id"], title="Coffee")
    await page.act(type="say", conversation=chat, text="settings")
    [*_, offer] = [each for each in teams.messages(chat) if each.get("attachments")]
    await page.act(type="click", conversation=chat, message=offer["id"], title="Settings")
    [dialog] = teams.open_dialogs()
    assert dialog.card is not None
    tone, loud = [each for each in dialog.card["body"] if each["type"].startswith("Input.")]
    curt = next(each for each in tone["choices"] if each["title"] == "curt")["value"]
    await page.act(type="submit_dialog", dialog=dialog.id, inputs={tone["id"]: curt, loud["id"]: "true"})
    root = (await page.act(type="say", conversation=general, text="@gateway hello"))["id"]
    await page.act(type="say", conversation=general, text="@gateway more", thread=root)
    [*_, answer] = [each for each in teams.messages(general, root) if each["from"]["id"] == teams.world.bot_id]
    await page.act(type="react", conversation=general, message=answer["id"], reaction="like", added=True)
    await page.act(type="feedback", conversation=general, message=answer["id"], reaction="dislike", comment="so so")


DOING: Mapping[str, Callable[[Page, Any], Awaitable[None]]] = {
    "slack": on_slack,
    "discord": on_discord,
    "teams": on_teams,
}


async def test_what_was_done_on_each_platform_passes_as_a_test(tmp_path: Path) -> None:
    shutil.copy(BOT, tmp_path / "bot.py")
    for platform, doing in DOING.items():
        async with bot(BOT, platform=platform) as user:
            page = Page(user)
            await doing(page, page.emulator)
            source = page.source()
        assert 'await user.clicks("' in source and 'await user.submits({"Tone": "curt", "Loud": True})' in source
        assert 'general = user.in_channel("general")' in source and 'await general.says("@gateway hello")' in source
        assert not [line for line in source.splitlines() if line.lstrip().startswith("#")]  # nothing was left out
        (tmp_path / file_name(platform)).write_text(source)
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(tmp_path), "-p", "no:cacheprovider"]
    result = subprocess.run(
        [*command, "-p", "pytest_gateway"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(BOT.parents[2])},
        capture_output=True,
        text=True,
    )
    assert "3 passed" in result.stdout, result.stdout + result.stderr


async def test_a_test_of_a_bot_that_changed_fails(user: User) -> None:
    page = Page(user)
    await page.act(**SAYS[user.platform]("hello"))
    source = page.source()
    assert 'await user.says("hello")\n    await user.sees("Heard 1: hello")\n' in source


SAYS: Mapping[str, Callable[[str], Mapping[str, str]]] = {
    "slack": lambda text: {"type": "post", "channel": "D0ADA", "text": text},
    "discord": lambda text: {"type": "post", "channel": "@ada", "text": text},
    "teams": lambda text: {"type": "say", "conversation": "personal", "text": text},
}


@pytest.mark.gateway(platforms=["slack"])
async def test_the_recording_begins_anew_and_has_an_end(user: User) -> None:
    page = Page(user)
    await page.act(**SAYS["slack"]("before"))
    page.recorder.restart()
    assert "nothing was done yet" in page.source()
    large = {**FILE, "name": "large.bin", "data": b64encode(b"x" * (INLINE + 1)).decode()}
    await page.act(type="post", channel="D0ADA", text="quiet", files=[large])
    source = page.source()
    assert "before" not in source
    assert '# Put "large.bin" beside this test' in source and 'files=[Path(__file__).with_name("large.bin")]' in source
    compile(source, "test.py", "exec")
    page.recorder.entries *= MOST_STEPS
    await page.act(**SAYS["slack"]("after"))
    assert '"after"' not in page.source() and "# What came after this was too much" in page.source()


@pytest.mark.gateway(platforms=["slack"])
async def test_what_a_person_was_refused_and_what_makes_no_sense_is_left_out(user: User) -> None:
    page = Page(user)
    for action in (
        {"type": "post", "channel": "D0ADA", "text": ""},
        {"type": "post", "channel": "nowhere", "text": "lost"},
        {"type": "click", "channel": "D0ADA", "ts": "1.1", "action_id": "gone"},
        {"type": "submit", "view_id": "gone"},
        {"type": "post", "channel": ["D0ADA"], "text": 5},
        {"type": "edit"},
        {"type": "juggle"},
    ):
        step = page.recorder.before(action)
        page.recorder.after(step, await page.emulator.act(action))
    assert "nothing was done yet" in page.source()


@pytest.mark.gateway(platforms=["slack"])
async def test_names_that_a_test_lacks_are_commented(user: User) -> None:
    page = Page(user)
    await user.says("hello")  # not on the page
    await user.settles()
    [message] = user.messages
    page.recorder.restart()
    await page.act(type="react", channel="D0ADA", ts=message.id, name="tada", added=True)
    assert "# Ada tada: a test does that in another way" in page.source()
