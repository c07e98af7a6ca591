"""The Discord tab in a real browser: components, forms and slash commands."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from tests.playground.discord_stage import EPHEMERAL, PNG, Stage, button, display, labelled, options, row
from tests.playground.serving import PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


# -- in messages


async def test_buttons_and_menus(discord: Stage) -> None:
    asked = await discord.say(
        "?",
        components=[
            row(
                button("yes", "Yes", 3, emoji={"name": "✅"}),
                button("no", "No", 4, disabled=True),
                {"type": 2, "style": 5, "label": "Docs", "url": "https://docs.example/"},
            ),
            row({"type": 3, "custom_id": "one", "placeholder": "Pick one", "options": options("Small", "Large")}),
            row({"type": 3, "custom_id": "some", "max_values": 2, "options": options("Tea", "Cake", "Rest")}),
            row({"type": 5, "custom_id": "who", "placeholder": "Who?"}),
        ],
    )
    shown = discord.message(asked)
    await shown.get_by_role("button", name=re.compile("Yes")).click()
    pressed = await discord.heard("INTERACTION_CREATE")
    assert (pressed["data"]["custom_id"], pressed["message"]["id"]) == ("yes", asked)
    await expect(shown.get_by_role("button", name="No")).to_be_disabled()
    await expect(shown.get_by_role("link", name="Docs")).to_have_attribute("href", "https://docs.example/")
    await shown.get_by_role("combobox", name="Pick one").select_option("Large")
    assert (await discord.heard("INTERACTION_CREATE"))["data"]["values"] == ["large"]
    await shown.locator("summary").click()
    for each in ("Tea", "Rest", "Cake"):
        await shown.get_by_role("checkbox", name=each).click()
    await shown.locator("summary").click()
    assert (await discord.heard("INTERACTION_CREATE"))["data"]["values"] == ["tea", "rest"]
    await shown.get_by_role("combobox", name="Who?").select_option("Amazing Grace")
    assert (await discord.heard("INTERACTION_CREATE"))["data"]["values"] == [discord.emulator.grace.id]
    discord.answer = lambda _: {"type": 7, "data": {"content": "decided", "components": []}}
    await shown.get_by_role("button", name=re.compile("Yes")).click()
    await expect(shown).to_contain_text("decided")
    await expect(shown.get_by_role("button", name=re.compile("Yes"))).to_have_count(0)
    await expect(shown).to_be_focused()


async def test_components_v2(discord: Stage) -> None:
    pictures = {"items": [{"media": {"url": "attachment://a.png"}, "description": "A chart"}]}
    thumbnail = {"type": 11, "media": {"url": "attachment://a.png"}, "description": "small"}
    said = await discord.show(
        display("# Title\n-# small"),
        {
            "type": 17,
            "accent_color": 0x5865F2,
            "components": [
                {"type": 9, "components": [display("beside it")], "accessory": thumbnail},
                {"type": 9, "components": [display("press it")], "accessory": button("go", "Go")},
                {"type": 14},
                {"type": 12, **pictures},
                {"type": 13, "file": {"url": "attachment://notes.txt"}},
            ],
        },
        files=(("a.png", PNG, "image/png"), ("notes.txt", b"hello", "text/plain")),
    )
    shown = discord.message(said)
    await expect(shown.get_by_role("heading", name="Title")).to_be_visible()
    await expect(shown.locator(".subtext")).to_have_text("small")
    await expect(shown.locator(".container")).to_have_css("border-left-color", "rgb(88, 101, 242)")
    await expect(shown.get_by_role("img", name="A chart")).to_have_js_property("naturalWidth", 1)
    await expect(shown.get_by_role("img", name="small")).to_be_visible()
    await expect(shown.get_by_role("separator")).to_be_visible()
    await expect(shown.get_by_role("link", name="Open notes.txt")).to_contain_text("5 B")
    await shown.get_by_role("button", name="Go").click()
    assert (await discord.heard("INTERACTION_CREATE"))["data"]["custom_id"] == "go"


async def test_an_answer_for_one_only_can_be_dismissed(discord: Stage) -> None:
    discord.answer = lambda _: {"type": 4, "data": {"content": "between us", "flags": EPHEMERAL}}
    asked = await discord.say("?", components=[row(button("tell", "Tell me"))])
    await discord.message(asked).get_by_role("button", name="Tell me").click()
    answer = discord.page.locator(".message.ephemeral")
    await expect(answer).to_contain_text("between us")
    await expect(answer).to_contain_text("Only you can see this")
    await answer.get_by_role("button", name="Dismiss message").click()
    await expect(answer).to_have_count(0)


async def test_the_bot_is_thinking_until_it_has_thought(discord: Stage) -> None:
    discord.answer = lambda _: {"type": 5}
    asked = await discord.say("?", components=[row(button("think", "Think"))])
    await discord.message(asked).get_by_role("button", name="Think").click()
    answer = discord.last
    await expect(answer).to_contain_text("gateway is thinking…")
    interaction = await discord.heard("INTERACTION_CREATE")
    path = f"/webhooks/{interaction['application_id']}/{interaction['token']}/messages/@original"
    await discord.rest.patch(path, {"content": "forty-two"})
    await expect(answer).to_contain_text("forty-two")
    await expect(discord.page.get_by_text("is thinking…")).to_have_count(0)


async def test_an_interaction_nobody_answers_says_so(discord: Stage, unanswered: None) -> None:
    asked = await discord.say("?", components=[row(button("dead", "Press"))])
    await discord.message(asked).get_by_role("button", name="Press").click()
    await expect(discord.message(asked).get_by_role("alert")).to_have_text("This interaction failed")
    await discord.register({"name": "dead", "description": "Says nothing"})
    await discord.composer().fill("/dead")
    await discord.page.keyboard.press("Enter")
    answer = discord.page.locator(".message.ephemeral")
    await expect(answer).to_contain_text("Ada used dead")
    await expect(answer.get_by_role("alert")).to_have_text("The application did not respond")
    await answer.get_by_role("button", name="Dismiss message").click()
    await expect(answer).to_have_count(0)


@pytest_asyncio.fixture(loop_scope="module")
async def unanswered(discord: Stage) -> AsyncIterator[None]:
    discord.answer = lambda _: None
    discord.emulator.interaction_deadline = 0.05
    yield
    discord.emulator.interaction_deadline = PATIENCE


# -- forms

FORM = {
    "title": "Book a room",
    "custom_id": "book",
    "components": [
        display("Tell me **all**."),
        labelled("name", 4, style=1, min_length=2) | {"description": "As on the door"},
        labelled("size", 3, options=options("Small", "Large"), required=False),
        labelled("extras", 22, options=options("Coffee", "Tea"), required=False),
        labelled("agenda", 19, max_values=2, required=False),
    ],
}
MORE = {
    "title": "More",
    "custom_id": "more",
    "components": [
        row({"type": 4, "custom_id": "why", "label": "Why", "style": 2, "value": "so", "required": False}),
        labelled("when", 21, options=options("Now", "Later")),
        labelled("sure", 23),
        labelled("who", 5, required=False),
    ],
}


async def opened(discord: Stage, form: dict[str, Any]) -> Locator:
    """The dialog of a form the bot opens when a button is pressed."""
    discord.answer = lambda heard: {"type": 9, "data": form} if heard["type"] == 3 else {"type": 6}
    asked = await discord.say("?", components=[row(button("form", "Form"))])
    await discord.message(asked).get_by_role("button", name="Form").click()
    await discord.heard("INTERACTION_CREATE")
    return discord.page.get_by_role("dialog", name=form["title"])


def entered(submitted: dict[str, Any]) -> dict[str, Any]:
    """What the bot is told of a form's fields, by custom id."""
    parts = [c for top in submitted["data"]["components"] for c in top.get("components", [top.get("component")]) if c]
    return {each["custom_id"]: each.get("value", each.get("values")) for each in parts}


async def test_a_form_keeps_what_was_entered_through_an_error(discord: Stage) -> None:
    dialog = await opened(discord, FORM)
    name = dialog.get_by_role("textbox", name="Name")
    await expect(name).to_be_focused()
    await expect(dialog).to_contain_text("Tell me all.")
    await expect(dialog).to_contain_text("As on the door")
    await dialog.get_by_role("combobox", name="Size").select_option("Large")
    await dialog.get_by_role("checkbox", name="Tea").check()
    await dialog.locator("input[type=file]").set_input_files(
        {"name": "agenda.txt", "mimeType": "text/plain", "buffer": b"first, lunch"}
    )
    await dialog.get_by_role("button", name="Submit").click()
    await expect(dialog.get_by_text("This field is required")).to_be_visible()
    await expect(name).to_be_focused()
    await expect(name).to_have_attribute("aria-invalid", "true")
    await name.fill("Ada")
    await name.press("Enter")
    submitted = await discord.heard("INTERACTION_CREATE")
    await expect(dialog).to_have_count(0)
    given = entered(submitted)
    (upload,) = submitted["data"]["resolved"]["attachments"].values()
    assert (upload["filename"], upload["size"], [upload["id"]]) == ("agenda.txt", 12, given.pop("agenda"))
    assert given == {"name": "Ada", "size": ["large"], "extras": ["tea"]}


async def test_every_other_field_of_a_form(discord: Stage) -> None:
    dialog = await opened(discord, MORE)
    await expect(dialog.get_by_role("textbox", name="Why")).to_have_value("so")
    await dialog.get_by_role("radio", name="Later").check()
    await dialog.get_by_role("checkbox", name="Sure").check()
    await dialog.get_by_role("combobox", name="Who").select_option("Linus")
    await dialog.get_by_role("button", name="Submit").click()
    given = entered(await discord.heard("INTERACTION_CREATE"))
    assert given == {"why": "so", "when": "later", "sure": True, "who": [discord.emulator.linus.id]}


async def test_a_form_the_bot_does_not_take_stays_open(discord: Stage) -> None:
    dialog = await opened(discord, MORE)
    await dialog.get_by_role("radio", name="Now").check()
    discord.answer = lambda _: None
    discord.emulator.interaction_deadline = 0.05
    await dialog.get_by_role("button", name="Submit").click()
    await expect(dialog.get_by_role("alert")).to_have_text("Something went wrong. Try again.")
    discord.emulator.interaction_deadline = PATIENCE
    await discord.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await discord.emulator.wait_for(lambda: discord.emulator.open_modals() == [], PATIENCE)


# -- commands

DEPLOY = {
    "name": "deploy",
    "description": "Put a version on a machine",
    "options": [
        {
            "name": "where",
            "description": "The machine",
            "type": 3,
            "required": True,
            "choices": [{"name": "Staging", "value": "s"}, {"name": "Production", "value": "p"}],
        },
        {"name": "times", "description": "How often", "type": 4},
        {"name": "notes", "description": "A file", "type": 11},
    ],
}
ADMIN = {
    "name": "admin",
    "description": "For admins",
    "options": [
        {
            "name": "ban",
            "description": "Ban somebody",
            "type": 1,
            "options": [{"name": "who", "description": "Whom", "type": 6, "required": True}],
        }
    ],
}


async def test_commands_are_offered_and_run(discord: Stage) -> None:
    await discord.register(DEPLOY, ADMIN)
    keyboard, page = discord.page.keyboard, discord.page
    await discord.composer().press_sequentially("/")
    await expect(page.get_by_role("option")).to_have_count(2)
    await keyboard.type("dep")
    await expect(page.get_by_role("option")).to_contain_text("Put a version on a machine")
    await keyboard.press("Enter")
    await expect(page.locator(".command-guide:visible")).to_have_text("/deploy <where> [times] [notes]")
    await keyboard.press("Enter")
    await expect(page.get_by_role("option")).to_have_count(2)
    await keyboard.type("prod")
    await keyboard.press("Tab")
    await keyboard.type("times:3")
    await page.locator(".pane:not([hidden]) .composer input[type=file]").first.set_input_files(
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"fast"}
    )
    discord.answer = lambda _: {"type": 4, "data": {"content": "On my way"}}
    await discord.composer().press("Enter")
    heard = (await discord.heard("INTERACTION_CREATE"))["data"]
    given = {each["name"]: each["value"] for each in heard["options"]}
    assert (heard["name"], given["where"], given["times"]) == ("deploy", "p", 3)
    assert heard["resolved"]["attachments"][given["notes"]]["filename"] == "notes.txt"
    answer = discord.last
    await expect(answer).to_contain_text("Ada used deploy")
    await expect(answer).to_contain_text("On my way")

    await discord.composer().fill("/admin ban @amazing grace")
    await keyboard.press("Enter")
    (ban,) = (await discord.heard("INTERACTION_CREATE"))["data"]["options"]
    assert (ban["name"], ban["options"][0]["value"]) == ("ban", discord.emulator.grace.id)


async def test_a_command_that_cannot_be_run_says_why(discord: Stage) -> None:
    await discord.register(DEPLOY)
    for line, said in {
        "/deploy times:2": "where is required.",
        "/deploy where:Mars": "where is one of Staging, Production.",
        "/deploy where:Staging times:often": "times cannot be “often”.",
    }.items():
        await discord.composer().fill(line)
        await discord.composer().press("Enter")
        await expect(discord.page.locator(".toast").get_by_text(said)).to_be_visible()
        await expect(discord.composer()).to_have_value(line)
    await discord.composer().fill("")
