"""What stands below a text in the Discord tab: steps, task lists, cards, menus, forms, players and starters."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from gateway.adapter import SupportsStarters
from gateway.emulators.discord.emulator import DiscordEmulator
from gateway.model import (
    ActionInvoked,
    Button,
    Card,
    DateField,
    Form,
    FormSubmitted,
    FromBytes,
    Menu,
    MenuOption,
    MessageCreated,
    OpenForm,
    Outgoing,
    OutgoingFile,
    Plan,
    SelectField,
    Starter,
    TaskUpdate,
    TextField,
)
from tests.contract.harness import AdapterHarness, serving
from tests.discord.world import DiscordWorld
from tests.playground.serving import PATIENCE, collect, showing

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

TASKS = (
    TaskUpdate(id="1", title="Read the order", status="complete", details="```json\n{}\n```", output="3 **lines**"),
    TaskUpdate(id="2", title="Check the *stock*", depth=1),
    TaskUpdate(id="3", title="Call the shop", status="error", seconds=2.4),
    TaskUpdate(id="4", title="Send it", status="pending"),
)
LINES = [
    "✅ Read the order: {} → 3 lines",
    "↳ ⏳ Check the *stock*",
    "❌ Call the shop (2.4 s)",
    "⚪ Send it",
]


class Stage:
    """The page over an emulated Discord, and an adapter that says what a test wants said."""

    def __init__(self, page: Page, harness: AdapterHarness) -> None:
        self.page, self.harness = page, harness

    async def says(self, message: Outgoing) -> Locator:
        """Let Ada mention the bot and the bot answer with this; return the answer in its thread."""
        _, ref = await self.harness.mention("well?")
        sent = await self.harness.adapter.send(ref, message, key="k")
        await self.page.locator(".thread-open").last.click()
        return self.page.locator(f'.side-pane .message[data-id="{sent.id}"]')


@pytest_asyncio.fixture(loop_scope="module")
async def stage(browser: Browser, tmp_path: Path) -> AsyncIterator[Stage]:
    discord = DiscordEmulator(limits="off")
    await discord.start()
    complaints: list[str] = []
    async with serving(DiscordWorld(discord), tmp_path, AdapterHarness) as harness, showing(discord) as shown:
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(PATIENCE * 1000)
        collect(page, complaints)
        await page.goto(shown.url)
        await page.get_by_role("combobox", name="Message #general").wait_for()
        yield Stage(page, harness)
        await page.close()
    await discord.stop()
    assert complaints == []


async def test_steps_are_small_print(stage: Stage) -> None:
    answer = await stage.says(Outgoing(text="On it.", plan=Plan(kind="steps", tasks=TASKS)))
    await expect(answer.locator(".subtext")).to_have_text(["Check the *stock*…", *LINES])
    await expect(answer.locator(".subtext strong")).to_have_text("lines")
    await expect(answer.locator(".subtext code")).to_have_text("{}")


async def test_a_task_list_is_an_embed_in_the_colour_of_its_state(stage: Stage) -> None:
    answer = await stage.says(Outgoing(plan=Plan(title="Order 7", status="Failed", tasks=TASKS)))
    embed = answer.locator(".embed")
    await expect(embed.locator(".embed-title")).to_have_text("Order 7 · Failed")
    assert (await embed.locator(".embed-text").inner_text()).split("\n") == LINES
    assert await embed.evaluate("node => getComputedStyle(node).borderLeftColor") == "rgb(237, 66, 69)"


async def test_a_card_is_an_embed_with_named_values(stage: Stage) -> None:
    facts = (("State", "paid"), ("Sum", "<12> & more"), ("Note", "it is wrapped, with a ribbon and a card"))
    answer = await stage.says(
        Outgoing(text="Here.", cards=(Card(title="Order <7>", text="Two **books**", facts=facts),))
    )
    embed = answer.locator(".embed")
    await expect(embed.locator(".embed-title")).to_have_text("Order <7>")
    await expect(embed.locator(".embed-text strong")).to_have_text("books")
    await expect(embed.locator(".embed-field-name")).to_have_text(["State", "Sum", "Note"])
    await expect(embed.locator(".embed-field.inline")).to_have_count(2)
    await expect(embed.get_by_text("<12> & more")).to_be_visible()


async def test_a_menu_reports_what_is_picked(stage: Stage) -> None:
    options = tuple(MenuOption(token=f"t{n}", label=f"Shop {n}", description=f"Street {n}") for n in range(25))
    answer = await stage.says(Outgoing(text="Which?", menus=(Menu(placeholder="Choose a shop", options=options),)))
    await answer.get_by_label("Choose a shop").select_option("ct12")  # the place, then the token
    await stage.harness.until(lambda: any(getattr(event, "token", "") == "t12" for event in stage.harness.events))


async def test_a_form_has_radio_buttons_checkboxes_a_day_and_hints(stage: Stage) -> None:
    options = (("f", "Fast"), ("s", "Slow"))
    fruits = tuple((f"f{n}", f"Fruit {n}") for n in range(30))
    fields = (
        SelectField(id="how", label="How", options=options, style="buttons", initial=("f",), hint="As you like"),
        DateField(id="when", label="When", minimum="2026-01-01", initial="2026-11-01"),
        SelectField(id="fruit", label="Fruit", options=fruits),
        TextField(id="why", label="Why", hint="In a few words", required=False),
    )
    form = Form(token="t", title="Tell us", fields=fields)
    stage.harness.answer = lambda event: OpenForm(form=form) if isinstance(event, ActionInvoked) else None
    answer = await stage.says(Outgoing(text="Please", buttons=(Button(token="b", label="Fill in", opens_form=True),)))
    await answer.get_by_role("button", name="Fill in").click()
    dialog = stage.page.get_by_role("dialog")
    hints = ["As you like", "2026-01-01 or more", "Fruit 0 … Fruit 24", "Fruit 25 … Fruit 29", "In a few words"]
    await expect(dialog.locator(".field-hint")).to_have_text(hints)
    await dialog.get_by_role("radio", name="Slow").check()
    await dialog.get_by_role("textbox", name="When").fill("2026-12-24")
    await dialog.get_by_role("combobox", name="Fruit (2/2)").select_option(label="Fruit 28")
    await dialog.get_by_role("button", name="Submit").click()
    submitted = await stage.harness.heard(FormSubmitted)
    assert submitted.values == {"how": "s", "when": "2026-12-24", "fruit": "f28", "why": None}


async def test_sound_and_films_play(stage: Stage) -> None:
    files = (
        OutgoingFile(kind="audio", name="a song.mp3", mime="audio/mpeg", source=FromBytes(data=b"ID3")),
        OutgoingFile(kind="video", name="film.mp4", mime="video/mp4", source=FromBytes(data=b"ftyp")),
        OutgoingFile(kind="pdf", name="größe.pdf", mime="application/pdf", source=FromBytes(data=b"%PDF-1.4")),
    )
    answer = await stage.says(Outgoing(text="Listen", files=files))
    await expect(answer.locator("audio")).to_have_count(1)
    await expect(answer.locator("video")).to_have_count(1)
    await expect(answer.locator(".file-name")).to_have_text(["a song.mp3", "film.mp4", "größe.pdf"])


async def test_starters_are_buttons_that_say_their_words(stage: Stage) -> None:
    adapter = stage.harness.adapter
    assert isinstance(adapter, SupportsStarters)
    _, ref = await stage.harness.mention("hello")
    await adapter.suggest(ref, [Starter(label="A joke", message="Tell me a joke"), Starter(label="News", message="n")])
    await stage.page.locator(".thread-open").last.click()
    await stage.page.locator(".side-pane").get_by_role("button", name="A joke").click()
    event = await stage.harness.heard(MessageCreated)
    assert (event.text, event.ref.key) == ("Tell me a joke", ref.key)
