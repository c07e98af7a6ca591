"""The page over the emulated Slack with a real gateway behind it: nothing in between is imitated."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

import gateway as cl
from gateway.emulators.slack.emulator import SlackEmulator
from tests.playground.serving import PATIENCE, collect, showing
from tests.support.bot import register, running_bot

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANSWER = "Here are **two** things:\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n- [x] done & <dusted>"


def bot() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        if message.elements:
            names = ", ".join(f"{element.name} ({element.size} bytes)" for element in message.elements)
            await cl.Message(f"Got {names}").send()
        elif "forever" in message.content:
            answer = cl.Message("")
            while True:
                await answer.stream_token("more ")
                await cl.sleep(0.02)
        elif "ask" in message.content:
            options = [cl.Action(name="go", payload={}, label="Go"), cl.Action(name="no", payload={}, label="No")]
            picked = await cl.AskActionMessage("Shall I?", actions=options).send()
            await cl.Message(f"You chose {picked['label']}" if picked else "Too late").send()
        else:
            answer = cl.Message("")
            for token in ANSWER.split(" "):
                await answer.stream_token(token + " ")
                await cl.sleep(0.02)  # so long that it is streamed, not sent at once
            await answer.send()

    @cl.on_feedback
    async def on_feedback(feedback: cl.Feedback) -> None:
        await cl.Message(f"Noted: {feedback.value} {feedback.comment or ''}").send()

    @cl.on_stop
    async def on_stop() -> None:
        await cl.Message("I stopped.").send()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, tmp_path: Path) -> AsyncIterator[Page]:
    slack = SlackEmulator(limits="off")
    await slack.start()
    async with running_bot(slack, register(bot), tmp_path), showing(slack) as shown:
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(PATIENCE * 1000)
        await page.goto(shown.url)
        await page.get_by_role("combobox", name="Message #general").wait_for()
        yield page
        await page.close()
    await slack.stop()


async def test_a_conversation_in_a_channel(page: Page) -> None:
    await page.keyboard.type("@gat")
    await page.keyboard.press("Tab")
    await page.keyboard.type("tell me & <me>")
    await page.keyboard.press("Enter")
    await expect(page.locator(".message").first).to_contain_text("@gateway tell me & <me>")
    thread = page.get_by_role("region", name="Thread in #general")
    await expect(thread.locator("td")).to_have_text(["1", "2"])
    await expect(thread.locator("strong")).to_have_text("two")
    await expect(thread.locator("li.task")).to_contain_text("done & <dusted>")
    await expect(thread.locator(".caret")).to_have_count(0)

    await thread.get_by_role("combobox", name="Reply…").fill("ask me")
    await page.keyboard.press("Enter")
    await thread.get_by_role("button", name="Go", exact=True).click()
    await expect(thread.get_by_text("You chose Go")).to_be_visible()

    await thread.get_by_role("button", name="Bad answer").first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("textbox").fill("too short")
    await dialog.locator("button[type=submit]").click()
    await expect(dialog).to_have_count(0)
    await expect(thread.get_by_text("Noted: 0 too short")).to_be_visible()

    inspector = page.get_by_role("complementary", name="Inspector")
    await expect(inspector.get_by_text("chat.startStream").first).to_be_visible()
    await expect(inspector.get_by_text("event app_mention").first).to_be_visible()


async def test_files_and_stop_in_a_direct_message(page: Page) -> None:
    await page.get_by_role("navigation").get_by_role("button", name="gateway").click()
    composer = page.get_by_role("combobox", name="Message gateway")
    await page.locator(".composer input[type=file]").first.set_input_files(
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"0123456789"}
    )
    await composer.press("Enter")
    await expect(page.get_by_text("Got notes.txt (10 bytes)").first).to_be_visible()

    await composer.fill("forever")
    await composer.press("Enter")
    await expect(page.get_by_text("more more").first).to_be_visible()
    await page.get_by_role("button", name="Stop").first.click()
    await expect(page.get_by_text("I stopped.").first).to_be_visible()
    await expect(page.locator(".caret")).to_have_count(0)


async def test_the_page_works_below_a_prefix(browser: Browser, tmp_path: Path) -> None:
    slack = SlackEmulator(limits="off")
    await slack.start()
    complaints: list[str] = []
    async with running_bot(slack, register(bot), tmp_path), showing(slack, below="/some/bot") as shown:
        page = await browser.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        collect(page, complaints)
        await page.goto(shown.url)
        await page.get_by_role("combobox", name="Message #general").fill("@gateway hello")
        await page.keyboard.press("Enter")
        await expect(page.locator(".message").filter(has_text="Here are two things").first).to_be_visible()
        await page.close()
    await slack.stop()
    assert complaints == []
