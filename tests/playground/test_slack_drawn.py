"""What stands below a text in the Slack tab: plans, steps, cards, menus, forms, players and suggested prompts."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from gateway.adapter import SupportsStarters
from gateway.emulators.slack.emulator import SlackEmulator
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
from tests.playground.serving import PATIENCE, collect, showing
from tests.slack.world import SlackWorld

pytestmark = pytest.mark.asyncio(loop_scope="module")

TASKS = (
    TaskUpdate(id="1", title="Read the order", status="complete", details="```json\n{}\n```", output="3 **lines**"),
    TaskUpdate(id="2", title="Check the stock", depth=1),
    TaskUpdate(id="3", title="Call the shop", status="error", seconds=2.4),
    TaskUpdate(id="4", title="Send it", status="pending"),
)


class Stage:
    """The page over an emulated Slack, and an adapter that says what a test wants said."""

    def __init__(self, page: Page, slack: SlackEmulator, harness: AdapterHarness) -> None:
        self.page, self.slack, self.harness = page, slack, harness

    async def says(self, message: Outgoing) -> None:
        """Let Ada write to the bot directly and the bot answer with this, and show the thread of it."""
        _, ref = await self.harness.dm("well?")
        await self.page.get_by_role("navigation").get_by_role("button", name="gateway").click()
        await self.harness.adapter.send(ref, message, key="k")
        await self.page.locator(".thread-link").last.click()


@pytest_asyncio.fixture(loop_scope="module")
async def stage(browser: Browser, tmp_path: Path) -> AsyncIterator[Stage]:
    slack = SlackEmulator(limits="off")
    await slack.start()
    complaints: list[str] = []

    async with serving(SlackWorld(slack), tmp_path, AdapterHarness) as harness, showing(slack) as shown:
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(PATIENCE * 1000)
        collect(page, complaints)
        await page.goto(shown.url)
        await page.get_by_role("combobox", name="Message #general").wait_for()
        yield Stage(page, slack, harness)
        await page.close()
    await slack.stop()
    assert complaints == []


async def test_a_plan_shows_each_task_with_its_state(stage: Stage) -> None:
    await stage.says(Outgoing(text="On it.", plan=Plan(title="Order 7", status="1 of 4", tasks=TASKS)))
    plan = stage.page.locator(".thread-pane .plan")
    await expect(plan.locator(".plan-title")).to_have_text("Order 7 · 1 of 4")
    states = plan.locator(".task-status")
    assert [await each.get_attribute("aria-label") for each in await states.all()] == [
        "done",
        "in progress",
        "failed",
        "to do",
    ]
    await expect(plan.locator(".task-title")).to_have_text(
        ["Read the order", "↳ Check the stock", "Call the shop (2.4 s)", "Send it"]
    )
    await expect(plan.get_by_text("lines")).to_be_hidden()
    await plan.locator("summary").first.click()
    await expect(plan.locator("strong, b").first).to_have_text("lines")


async def test_steps_are_folded_under_what_is_being_done(stage: Stage) -> None:
    await stage.says(Outgoing(plan=Plan(kind="steps", tasks=TASKS)))
    box = stage.page.locator(".thread-pane details.container")
    await expect(box.locator("summary")).to_have_text("Check the stock…")
    await expect(box.get_by_text("Call the shop")).to_be_hidden()
    await box.locator("summary").click()
    await expect(box.get_by_text("❌ Call the shop (2.4 s)")).to_be_visible()


async def test_a_card_is_a_box_with_named_values(stage: Stage) -> None:
    card = Card(title="Order <7>", text="Two **books**", facts=(("State", "paid"), ("Sum", "12 €")))
    await stage.says(Outgoing(text="Here it is.", cards=(card,)))
    box = stage.page.locator(".thread-pane .container")
    await expect(box.locator(".card-title")).to_have_text("Order <7>")
    await expect(box.locator("strong, b").first).to_have_text("books")
    await expect(box.locator(".section-fields > div")).to_have_count(2)


async def test_a_menu_reports_what_is_picked(stage: Stage) -> None:
    options = tuple(MenuOption(token=f"t{n}", label=f"Shop {n}", description=f"Street {n}") for n in range(150))
    await stage.says(Outgoing(text="Which?", menus=(Menu(placeholder="Choose a shop", options=options),)))
    pane = stage.page.locator(".thread-pane")
    await expect(pane.locator("optgroup")).to_have_count(2)
    await pane.get_by_label("Choose a shop").select_option("t120")
    await stage.harness.until(lambda: any(getattr(event, "token", "") == "t120" for event in stage.harness.events))


async def test_a_form_has_radio_buttons_checkboxes_a_day_and_hints(stage: Stage) -> None:
    options = (("f", "Fast"), ("s", "Slow"))
    fields = (
        TextField(id="why", label="Why", hint="In a few words"),
        SelectField(id="how", label="How", options=options, style="buttons", initial=("f",)),
        SelectField(id="which", label="Which", options=options, style="buttons", multiple=True),
        DateField(id="when", label="When", minimum="2026-01-01", initial="2026-11-01"),
    )

    form = Form(token="t", title="Tell us", fields=fields)
    stage.harness.answer = lambda event: OpenForm(form=form) if isinstance(event, ActionInvoked) else None
    await stage.says(Outgoing(text="Please", buttons=(Button(token="b", label="Fill in", opens_form=True),)))
    await stage.page.locator(".thread-pane").get_by_role("button", name="Fill in").click()
    dialog = stage.page.get_by_role("dialog")
    await expect(dialog.locator(".field-hint")).to_have_text(["In a few words", "From 2026-01-01"])
    await dialog.get_by_label("Why").fill("because")
    await dialog.get_by_role("radio", name="Slow").check()
    await dialog.get_by_role("checkbox", name="Fast").check()
    await dialog.locator("input[type=date]").fill("2026-11-28")
    await dialog.locator("button[type=submit]").click()
    event = await stage.harness.heard(FormSubmitted)
    assert event.values == {"why": "because", "how": "s", "which": ("f",), "when": "2026-11-28"}


async def test_sound_and_films_have_players_and_a_pdf_opens(stage: Stage) -> None:
    files = tuple(
        OutgoingFile(name=name, source=FromBytes(data=b"x")) for name in ("voice.mp3", "film.mp4", "paper.pdf")
    )
    await stage.says(Outgoing(text="Listen", files=files))
    shown = stage.page.locator(".thread-pane .files")
    await expect(shown.locator("audio[controls]")).to_have_count(1)
    await expect(shown.locator("video[controls]")).to_have_count(1)
    await expect(shown.get_by_role("link", name="Open paper.pdf")).to_be_visible()


async def test_a_suggested_prompt_is_said(stage: Stage) -> None:
    _, ref = await stage.harness.dm()
    starters = [Starter(label="Joke", message="Tell me a joke"), Starter(label="Weather", message="How is it outside?")]
    adapter = stage.harness.adapter
    assert isinstance(adapter, SupportsStarters)
    await adapter.suggest(ref, starters)
    await stage.page.get_by_role("navigation").get_by_role("button", name="gateway").click()
    await expect(stage.page.locator(".prompts-list button")).to_have_text(["Joke", "Weather"])
    await stage.page.get_by_role("button", name="Joke").click()
    await stage.harness.until(
        lambda: any(getattr(event, "text", "") == "Tell me a joke" for event in stage.harness.events)
    )
