"""The button *Save as test* gives what was done on each platform as a test, which passes beside the same bot."""

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from gateway.loading import load_bot
from tests.discord.world import discord_world
from tests.playground.serving import PATIENCE, collect, showing
from tests.slack.world import slack_world
from tests.support.bot import running_bot
from tests.teams.world import teams_world

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

ROOT = Path(__file__).parents[2]
BOT = ROOT / "tests" / "testing" / "bot.py"
COMPOSERS = {"Slack": "Message gateway", "Discord": "Message @gateway", "Teams": "Type a message"}


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, tmp_path: Path) -> AsyncIterator[Page]:
    complaints: list[str] = []
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(slack_world())
        discord = await stack.enter_async_context(discord_world())
        teams = await stack.enter_async_context(teams_world())
        await stack.enter_async_context(running_bot([slack, discord, teams], load_bot(BOT), tmp_path / "data"))
        shown = await stack.enter_async_context(showing(slack.emulator, discord.emulator, teams.emulator))
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(PATIENCE * 1000)
        collect(page, complaints)
        await page.goto(shown.url)
        yield page
        await page.close()
    assert complaints == []


async def converse(page: Page, platform: str) -> None:
    """Open the direct messages with the bot, and press one of its buttons."""
    await page.get_by_role("tab", name=platform).click()
    if platform == "Slack":
        await page.get_by_role("navigation").get_by_role("button", name="gateway").click()
    elif platform == "Discord":
        await page.get_by_role("button", name="Direct Messages").click()
    composer = page.get_by_role("combobox", name=COMPOSERS[platform])
    await composer.fill("buttons")
    await composer.press("Enter")
    await page.get_by_role("button", name="Coffee", exact=True).click()
    await expect(page.get_by_text("You voted Coffee.").first).to_be_visible()


async def test_what_was_done_is_saved_and_passes(page: Page, tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    saved.mkdir()
    shutil.copy(BOT, saved / "bot.py")
    for platform in COMPOSERS:
        await converse(page, platform)
        dialog = page.get_by_role("dialog", name="Save as test")
        source = dialog.get_by_label("The test")
        for _ in range(50):  # the page may show an answer a moment before it is part of what was done
            await page.get_by_role("button", name="Save as test").click()
            await expect(source).to_contain_text('await user.clicks("Coffee")')
            if 'await user.sees("You voted Coffee.")' in await source.inner_text():
                break
            await dialog.get_by_role("button", name="Close").click()
        await expect(source).to_contain_text('await user.clicks("Coffee")\n    await user.sees("You voted Coffee.")')
        if "SCREENSHOTS" in os.environ:
            await page.screenshot(path=f"{os.environ['SCREENSHOTS']}/saving-{platform}.png")
        async with page.expect_download() as download:
            await dialog.get_by_role("button", name="Download").click()
        file = await download.value
        assert file.suggested_filename == f"test_saved_{platform.lower()}.py"
        await file.save_as(saved / file.suggested_filename)
        await dialog.get_by_role("button", name="Start over").click()
        await expect(source).to_contain_text("nothing was done yet")
        await dialog.get_by_role("button", name="Close").click()
        await expect(dialog).to_have_count(0)
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(saved), "-p", "no:cacheprovider"]
    result = subprocess.run(
        [*command, "-p", "pytest_gateway"],
        cwd=saved,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert "3 passed" in result.stdout, result.stdout + result.stderr
