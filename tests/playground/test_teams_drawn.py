"""What stands below a text in the Teams tab, as the adapter renders it: cards, plans, steps, menus, players, dates."""

from typing import Any

import pytest
from playwright.async_api import Locator, expect

from adapters.teams import forms, render
from gateway.model import (
    Card,
    DateField,
    Form,
    Menu,
    MenuOption,
    Outgoing,
    Plan,
    SelectField,
    Starter,
    TaskUpdate,
)
from tests.playground.teams_stage import Stage, card, submit

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

TASKS = (
    TaskUpdate(id="1", title="Search", status="complete", seconds=2.4, details="tea", output="two shops"),
    TaskUpdate(id="2", title="Ask them", status="in_progress", depth=1),
    TaskUpdate(id="3", title="Pay", status="error", output="no *money*"),
    TaskUpdate(id="4", title="Drink", status="pending"),
)


async def shown(stage: Stage, message: Outgoing) -> Locator:
    """The bot sends a message; the message on the page."""
    made = render.activity(message, {})
    text = made.pop("text", "")
    return stage.message(await stage.send(text, **made))


async def test_a_task_list_has_a_row_with_an_icon_for_each_task(stage: Stage) -> None:
    plan = Plan(title="Tea", status="Running", tasks=TASKS)
    message = await shown(stage, Outgoing(text="On it", plan=plan))
    rows = message.locator(".ac-columns")
    await expect(rows).to_have_count(4)
    await expect(rows.nth(0)).to_contain_text("✅")
    await expect(rows.nth(0)).to_contain_text("Search (2.4 s)")
    await expect(rows.nth(0).locator(".subtle")).to_have_text("tea → two shops")
    await expect(rows.nth(1)).to_contain_text("⏳")
    await expect(rows.nth(2).locator("em")).to_have_text("money")
    icons = [rows.nth(at).get_by_text(icon) for at, icon in ((0, "✅"), (1, "⏳"), (3, "⚪"))]
    boxes = [await icon.bounding_box() for icon in icons]
    first, inside, last = (box["x"] for box in boxes if box is not None)
    assert inside > first == last


async def test_steps_open_at_a_click_and_by_the_keyboard(stage: Stage) -> None:
    message = await shown(stage, Outgoing(text="Done", plan=Plan(kind="steps", tasks=TASKS)))
    line = message.get_by_role("button", name="Show or hide the steps")
    await expect(line).to_contain_text("▸")
    await expect(line).to_contain_text("Ask them…")
    step = message.get_by_text("✅ Search (2.4 s): tea → two shops")
    await expect(step).to_be_hidden()
    await line.click()
    await expect(step).to_be_visible()
    await expect(line).to_contain_text("▾")
    await line.focus()
    await stage.page.keyboard.press("Enter")
    await expect(step).to_be_hidden()


async def test_a_card_is_a_box_with_its_facts(stage: Stage) -> None:
    facts = (("State", "paid *now*"), ("Sum", "12"))
    message = await shown(
        stage, Outgoing(text="See", cards=(Card(title="Order 7", text="Two **books**", facts=facts),))
    )
    box = message.locator(".style-emphasis")
    await expect(box.locator(".bolder")).to_have_text("Order 7")
    await expect(box.locator("strong")).to_have_text("books")
    await expect(box.locator("dd")).to_have_text(["paid *now*", "12"])


async def test_a_menu_sends_what_is_picked(stage: Stage) -> None:
    options = (MenuOption(token="r", label="Red", description="a rose"), MenuOption(token="b", label="Blue"))
    message = await shown(stage, Outgoing(text="Pick", menus=(Menu(placeholder="Colour", options=options),)))
    await expect(message.get_by_role("option")).to_have_text(["Colour", "Red - a rose", "Blue"])
    await message.get_by_role("combobox", name="Colour").select_option("Blue")
    kind = "application/vnd.microsoft.activity.message"
    stage.answer = lambda _: {"statusCode": 200, "type": kind, "value": "Blue it is."}
    await message.get_by_role("button", name="Select").click()
    data = (await stage.heard("adaptiveCard/action"))["value"]["action"]["data"]
    assert data[data["gw_menu"]] == "b"
    await expect(message.get_by_role("status")).to_have_text("Blue it is.")


async def test_sound_and_video_have_a_player(stage: Stage) -> None:
    def player(kind: str, name: str) -> dict[str, Any]:
        source = {"mimeType": f"{kind}/mp4", "url": f"https://youtu.be/{name}"}
        return {"type": "Media", "sources": [source], "altText": name}

    made = card(player("video", "clip"), player("audio", "song"))
    message = stage.message(await stage.send("", attachments=[made]))
    clip = message.get_by_role("link", name="Play clip")
    await expect(clip).to_have_attribute("href", "https://youtu.be/clip")
    await expect(message.get_by_role("link", name="Play song").locator(".sound")).to_be_visible()


async def test_a_dialog_has_a_date_a_hint_and_radio_buttons(stage: Stage) -> None:
    options = (("a", "Anna"), ("b", "Ben"))
    fields = (
        DateField(id="day", label="Day", hint="The day it begins", initial="2026-11-28"),
        SelectField(id="who", label="Who", options=options, style="buttons", initial=("a",)),
    )
    fetch = submit("Fill in", data={"msteams": {"type": "task/fetch"}})
    asking = stage.message(await stage.send("", attachments=[card(actions=(fetch,))]))
    stage.answer = lambda _: forms.dialog(Form(token="t", title="When", fields=fields))
    await asking.get_by_role("button", name="Fill in").click()
    window = stage.page.get_by_role("dialog", name="When")
    day = window.get_by_label("Day")
    await expect(day).to_have_value("2026-11-28")
    await expect(window.get_by_text("The day it begins")).to_be_visible()
    await day.fill("2026-12-24")
    await window.get_by_role("radio", name="Ben").check()
    stage.answer = lambda _: None
    await window.get_by_role("button", name="Submit").click()
    data = (await stage.heard("task/submit"))["value"]["data"]
    assert (data["gw:day"], data["gw:who"]) == ("2026-12-24", "b")
    await expect(window).to_have_count(0)


async def test_starters_stand_above_the_compose_box(stage: Stage) -> None:
    starters = [Starter(label=f"Idea {n}", message=f"Tell me of {n}") for n in range(5)]
    made = render.starters(starters, "")
    await stage.send(made.pop("text"), **made)
    chips = stage.page.get_by_role("group", name="Suggested actions").get_by_role("button")
    await expect(chips).to_have_text(["Idea 0", "Idea 1", "Idea 2"])
    await chips.nth(1).click()
    assert (await stage.heard("message"))["text"] == "Tell me of 1"
