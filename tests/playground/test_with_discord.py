"""The page over the emulated Discord with a real gateway behind it: nothing in between is imitated."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

import gateway as cl
from gateway.emulators.discord.emulator import DiscordEmulator
from gateway.emulators.slack.emulator import SlackEmulator
from tests.discord.world import DiscordWorld
from tests.playground.serving import PATIENCE, showing
from tests.support.bot import register, running_bot

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def order() -> None:
    """Show a step, a task list and a card."""
    async with cl.Step(name="search", type="tool") as step:
        step.output = "3 *hits*"
    tasks = cl.TaskList()
    tasks.status = "Packing…"
    await tasks.add_task(cl.Task(title="Find a <box>", status=cl.TaskStatus.DONE))
    await tasks.add_task(cl.Task(title="Pack it", status=cl.TaskStatus.RUNNING))
    await tasks.send()
    card = cl.CustomElement(name="Order", props={"state": "paid", "sum": "12 €"})
    await cl.Message("Here it is.", elements=[card]).send()


def bot() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        if message.elements:
            await cl.Message("Got " + ", ".join(f"{e.name} ({e.size} bytes)" for e in message.elements)).send()
            return
        if message.content == "order":
            await order()
            return
        options = [cl.Action(name="go", payload={}, label="Go"), cl.Action(name="no", payload={}, label="No")]
        picked = await cl.AskActionMessage("Shall **I**?", actions=options).send()
        answer = cl.Message("")
        for token in ("You ", "chose ", picked["label"] if picked else "nothing", " <b>"):
            await answer.stream_token(token)
        await answer.send()

    @cl.on_feedback
    async def on_feedback(feedback: cl.Feedback) -> None:
        await cl.Message(f"Noted: {feedback.value} {feedback.comment or ''}").send()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, tmp_path: Path) -> AsyncIterator[Page]:
    slack, discord = SlackEmulator(limits="off"), DiscordEmulator(limits="off")
    await slack.start()
    await discord.start()
    async with running_bot(DiscordWorld(discord), register(bot), tmp_path), showing(slack, discord) as shown:
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(PATIENCE * 1000)
        await page.goto(shown.url)
        await page.get_by_role("tab", name="Discord").click()
        await page.get_by_role("combobox", name="Message #general").wait_for()
        yield page
        await page.close()
    await discord.stop()
    await slack.stop()


async def test_a_conversation(page: Page) -> None:
    await page.keyboard.type("@gat")
    await page.keyboard.press("Tab")
    await page.keyboard.type("deploy it")
    await page.keyboard.press("Enter")
    thread = page.locator(".side-pane")
    await expect(thread.locator("strong", has_text="I").last).to_be_visible()
    await thread.get_by_role("button", name="Go", exact=True).click()
    answer = thread.locator(".message", has_text="You chose Go <b>")
    await expect(answer).to_be_visible()
    await answer.get_by_role("button", name="👎").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("textbox").fill("too short")
    await dialog.get_by_role("button", name="Submit").click()
    await expect(thread.get_by_text("Noted: 0 too short")).to_be_visible()
    await thread.locator(".composer input[type=file]").first.set_input_files(
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"0123456789"}
    )
    await thread.get_by_role("combobox").press("Enter")
    await expect(thread.get_by_text("Got notes.txt (10 bytes)")).to_be_visible()


async def test_steps_tasks_and_cards(page: Page) -> None:
    await page.keyboard.type("@gat")
    await page.keyboard.press("Tab")
    await page.keyboard.type("order")
    await page.keyboard.press("Enter")
    thread = page.locator(".side-pane")
    await expect(thread.locator(".subtext", has_text="search")).to_contain_text("✅ search")
    await expect(thread.locator(".subtext em")).to_have_text("hits")
    tasks = thread.locator(".embed", has_text="Packing…")
    await expect(tasks.locator(".embed-text")).to_have_text("✅ Find a <box>⏳ Pack it")
    card = thread.locator(".message", has_text="Here it is.").locator(".embed")
    await expect(card.locator(".embed-field")).to_have_count(2)
    await expect(card).to_contain_text("paid")


async def test_each_platform_wears_its_own_looks(page: Page) -> None:
    async def font() -> str:
        return str(await page.evaluate("getComputedStyle(document.body).fontFamily"))

    assert "gg sans" in await font()
    await page.get_by_role("tab", name="Slack").click()
    await expect(page.get_by_role("heading", name="Welcome to #general", exact=True)).to_be_visible()
    assert "gg sans" not in await font()
    await page.get_by_role("tab", name="Discord").click()
    await expect(page.get_by_role("navigation", name="Servers")).to_be_visible()
    assert "gg sans" in await font()
