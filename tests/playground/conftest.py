"""A headless Chromium for the page's tests, shared by a module with its cache; each test gets a page of its own."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.playground import discord_stage, teams_stage
from tests.playground.scripted_emulator import ScriptedEmulator
from tests.playground.serving import PATIENCE, Served, collect, showing

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    if not CHROMIUM.exists():
        missing = (
            f"the page is untested: no Chromium at {CHROMIUM} (`make install` installs it, CHROMIUM names another)"
        )
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    async with async_playwright() as playwright:
        expect.set_options(timeout=PATIENCE * 1000)
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def running() -> AsyncIterator[Served[ScriptedEmulator]]:
    async with showing(ScriptedEmulator()) as started:
        yield started


@pytest.fixture
def served(running: Served[ScriptedEmulator]) -> Served[ScriptedEmulator]:
    running.emulator.reset()
    return running


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    context.set_default_timeout(PATIENCE * 1000)
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def modules(context: BrowserContext, running: Served[ScriptedEmulator]) -> AsyncIterator[Page]:
    """One page for all tests of a module that only call the page's JavaScript modules."""
    page = await context.new_page()
    await page.goto(running.url)
    yield page
    await page.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(context: BrowserContext, served: Served[ScriptedEmulator]) -> AsyncIterator[Page]:
    """The playground, opened and live. Script errors and refused content (CSP) fail the test."""
    page = await context.new_page()
    complaints: list[str] = []
    collect(page, complaints)
    await page.goto(served.url)
    await page.get_by_role("combobox", name="Message #general").wait_for()
    yield page
    await page.evaluate("localStorage.clear()")
    await page.close()
    assert complaints == []


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def discord_staged(context: BrowserContext) -> AsyncIterator[discord_stage.Stage]:
    async with discord_stage.staged(context) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def discord(discord_staged: discord_stage.Stage) -> AsyncIterator[discord_stage.Stage]:
    """An empty channel of an emulated server on its page, which other tests of the module used before."""
    await discord_staged.enter()
    yield discord_staged
    assert discord_staged.complaints == []


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def teams_staged(context: BrowserContext) -> AsyncIterator[teams_stage.Stage]:
    async with teams_stage.staged(context) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def stage(teams_staged: teams_stage.Stage) -> AsyncIterator[teams_stage.Stage]:
    """The personal chat of an emulated Teams on its page, which other tests of the module used before."""
    await teams_staged.reset()
    await teams_staged.go("gateway")
    yield teams_staged
    assert teams_staged.complaints == []
