"""Cards in the Teams tab: drawn, filled in, answered; dialogs, files that wait for consent, cards of old."""

import re
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.playground.serving import PATIENCE
from tests.playground.teams_stage import Stage, card, dialog, entry, execute, submit, text

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
HERO = "application/vnd.microsoft.card.hero"
CONSENT = "application/vnd.microsoft.teams.card.file.consent"
FILE_INFO = "application/vnd.microsoft.teams.card.file.info"


async def shown(stage: Stage, *body: dict[str, Any], actions: tuple[dict[str, Any], ...] = ()) -> Locator:
    """The bot sends a card; the card on the page."""
    sent = await stage.send("", attachments=[card(*body, actions=actions)])
    return stage.message(sent).locator(".card")


def consent(name: str) -> dict[str, Any]:
    content = {"description": f"About {name}", "sizeInBytes": 1234, "acceptContext": {"n": 1}, "declineContext": {}}
    return {"contentType": CONSENT, "name": name, "content": content}


async def test_every_element_is_drawn(stage: Stage) -> None:
    picture = {"type": "Image", "url": PIXEL, "altText": "a pixel"}
    rows = [{"cells": [{"items": [text(a)]}, {"items": [text(b)]}]} for a, b in (("Step", "Took"), ("one", "12"))]
    drawn = await shown(
        stage,
        text("Report", style="heading", size="large"),
        text("**bold** _it_ [link](https://example.com)\r- item\n\n# `no heading`"),
        text("At {{TIME(2026-03-01T12:00:00Z)}}", isSubtle=True),
        text("one\nparagraph\n\nanother"),
        {"type": "RichTextBlock", "inlines": ["two\nlines ", {"type": "TextRun", "text": "no", "strikethrough": True}]},
        picture,
        {"type": "ImageSet", "images": [picture, picture]},
        {"type": "FactSet", "facts": [{"title": "Owner", "value": "**Grace**"}]},
        {"type": "Container", "style": "warning", "items": [text("contained")]},
        {"type": "ColumnSet", "columns": [{"width": "auto", "items": [text("left")]}, {"items": [text("right")]}]},
        {"type": "Table", "columns": [{"width": 1}, {"width": 2}], "rows": rows},
        {"type": "ActionSet", "actions": [{"type": "Action.OpenUrl", "title": "Open", "url": "https://example.com"}]},
    )
    await expect(drawn.get_by_role("heading")).to_have_text("Report")
    await expect(drawn.locator("strong")).to_have_text(["bold", "Grace"])
    await expect(drawn.get_by_role("link", name="link")).to_have_attribute("href", "https://example.com/")
    await expect(drawn).to_contain_text("# `no heading`")
    await expect(drawn.get_by_text(re.compile(r"^At \d{1,2}:00"))).to_be_visible()
    await expect(drawn.get_by_text("one paragraph", exact=True)).to_be_visible()
    assert "two\nlines" in await drawn.inner_text()
    await expect(drawn.locator(".strikethrough")).to_have_css("text-decoration-line", "line-through")
    await expect(drawn.get_by_role("img", name="a pixel")).to_have_count(3)
    await expect(drawn.locator("dt")).to_have_text("Owner")
    await expect(drawn.get_by_role("columnheader")).to_have_text(["Step", "Took"])
    await expect(drawn.get_by_role("cell")).to_have_text(["one", "12"])
    # Both at once: the page may scroll between two looks.
    columns = drawn.get_by_text(re.compile("^(left|right)$"))
    left, right = await columns.evaluate_all("all => all.map(each => each.getBoundingClientRect().toJSON())")
    assert left["y"] == right["y"] and left["x"] < right["x"]
    await expect(drawn.get_by_role("button", name="Open")).to_be_enabled()


async def test_every_input_is_sent(stage: Stage) -> None:
    colours = [{"title": "Red", "value": "r"}, {"title": "Blue", "value": "b"}]
    form = await shown(
        stage,
        entry("name", isRequired=True, errorMessage="Who are you?"),
        entry("about", isMultiline=True),
        entry("size", "Number", min=1, max=5),
        entry("day", "Date"),
        entry("hour", "Time"),
        entry("mail", "Toggle", title="Send mail", valueOn="yes", valueOff="no", label=None),
        entry("colour", "ChoiceSet", choices=colours),
        entry("radio", "ChoiceSet", choices=colours, style="expanded"),
        entry("many", "ChoiceSet", choices=colours, style="expanded", isMultiSelect=True),
        entry("menu", "ChoiceSet", choices=colours, isMultiSelect=True),
        entry("typed", "ChoiceSet", choices=colours, style="filtered"),
        actions=(submit("Send"),),
    )
    await form.get_by_role("textbox", name="About").fill("me")
    await form.get_by_role("spinbutton", name="Size").fill("3")
    await form.get_by_label("Day").fill("2026-03-01")
    await form.get_by_label("Hour").fill("09:30")
    await form.get_by_role("switch", name="Send mail").check()
    await form.get_by_role("combobox", name="Colour").select_option("Blue")
    await form.get_by_role("radio", name="Red").check()
    await form.get_by_role("group", name="Many").get_by_label("Red").check()
    await form.get_by_role("group", name="Many").get_by_label("Blue").check()
    await form.locator("summary").click()
    await form.get_by_role("group", name="Menu").get_by_label("Blue").check()
    await form.get_by_role("combobox", name="Typed").fill("Red")
    await form.get_by_role("button", name="Send").click()
    name = form.get_by_role("textbox", name="Name")
    await expect(form.get_by_text("Who are you?")).to_be_visible()
    await expect(name).to_be_focused()
    await expect(name).to_have_attribute("aria-invalid", "true")
    await name.fill("Ada")
    await form.get_by_role("button", name="Send").click()
    chosen = {"colour": "b", "radio": "r", "many": "r,b", "menu": "b", "typed": "r", "mail": "yes"}
    given = {"name": "Ada", "about": "me", "size": "3", "day": "2026-03-01", "hour": "09:30"}
    assert (await stage.heard("message"))["value"] == {"pressed": "Send"} | given | chosen
    await expect(form.get_by_role("status")).to_have_text("Your response was sent to the app")
    await expect(form.get_by_text("Who are you?")).to_be_hidden()


async def test_cards_within_cards_and_more_than_six_actions(stage: Stage) -> None:
    inner = {"type": "AdaptiveCard", "body": [entry("why")], "actions": [submit("Really")]}
    toggle = {"type": "Action.ToggleVisibility", "title": "Details", "targetElements": ["more"]}
    outer = await shown(
        stage,
        entry("name"),
        text("Hidden at first", id="more", isVisible=False),
        actions=(
            {"type": "Action.ShowCard", "title": "Comment", "card": inner},
            toggle,
            *(submit(f"Option {n}") for n in range(1, 7)),
        ),
    )
    await expect(outer.get_by_text("Hidden at first")).to_be_hidden()
    await outer.get_by_role("button", name="Details").click()
    await expect(outer.get_by_text("Hidden at first")).to_be_visible()
    await expect(outer.get_by_role("button", name="Option")).to_have_count(4)
    await outer.get_by_role("button", name="More actions").click()
    await stage.page.get_by_role("menuitem", name="Option 6").click()
    assert (await stage.heard("message"))["value"]["pressed"] == "Option 6"
    comment = outer.get_by_role("button", name="Comment")
    await comment.click()
    await expect(comment).to_have_attribute("aria-expanded", "true")
    await outer.get_by_role("textbox", name="Name").fill("Ada")
    await outer.get_by_role("textbox", name="Why").fill("because")
    await outer.get_by_role("button", name="Really").click()
    assert (await stage.heard("message"))["value"] == {"pressed": "Really", "name": "Ada", "why": "because"}
    await comment.click()
    await expect(outer.get_by_role("textbox", name="Why")).to_be_hidden()


async def test_a_card_is_answered_in_place(stage: Stage) -> None:
    form = await shown(stage, entry("name"), actions=(execute("Book"),))
    name = form.get_by_role("textbox", name="Name")
    await name.fill("Ada")
    wrong = {"code": "500", "message": "The room is taken."}
    stage.answer = lambda _: {"statusCode": 500, "type": "application/vnd.microsoft.error", "value": wrong}
    await form.get_by_role("button", name="Book").click()
    await expect(form.get_by_role("alert")).to_have_text("The room is taken.")
    await expect(name).to_have_value("Ada")
    message = "application/vnd.microsoft.activity.message"
    stage.answer = lambda _: {"statusCode": 200, "type": message, "value": "Nearly."}
    await form.get_by_role("button", name="Book").click()
    await expect(form.get_by_role("status")).to_have_text("Nearly.")
    booked = card(text("Booked for Ada"), actions=(execute("Book"),))
    stage.answer = lambda _: {"statusCode": 200, "type": booked["contentType"], "value": booked["content"]}
    await form.get_by_role("button", name="Book").click()
    await expect(form).to_contain_text("Booked for Ada")
    await expect(form.get_by_role("button", name="Book")).to_be_focused()
    value = (await stage.heard("adaptiveCard/action"))["value"]
    assert (value["action"]["verb"], value["action"]["data"]) == ("book", {"name": "Ada"})


async def test_what_is_being_filled_in_stays_while_the_message_changes(stage: Stage) -> None:
    radio = entry("colour", "ChoiceSet", choices=[{"title": "Red", "value": "r"}, {"title": "Blue", "value": "b"}])
    form = await shown(stage, entry("name"), radio | {"style": "expanded"}, actions=(submit("Send"),))
    reaction = stage.message(stage.latest()).locator(".reaction")
    await form.get_by_role("textbox", name="Name").press_sequentially("Ad")
    await stage.emulator.react("personal", stage.latest(), "like")
    await expect(reaction).to_be_visible()
    await stage.page.keyboard.type("a")
    await expect(form.get_by_role("textbox", name="Name")).to_have_value("Ada")
    await form.get_by_role("radio", name="Blue").check()
    await stage.emulator.react("personal", stage.latest(), "like", added=False)
    await expect(reaction).to_have_count(0)
    await expect(form.get_by_role("radio", name="Blue")).to_be_focused()
    await expect(form.get_by_role("radio", name="Blue")).to_be_checked()


async def test_a_whole_element_can_be_clicked(stage: Stage) -> None:
    row = {"type": "Container", "items": [text("Pick me")], "selectAction": submit("Picked")}
    drawn = await shown(stage, row)
    await drawn.get_by_role("button", name="Picked").focus()
    await stage.page.keyboard.press("Enter")
    assert (await stage.heard("message"))["value"] == {"pressed": "Picked"}


async def test_cards_of_old_in_a_carousel(stage: Stage) -> None:
    buttons = [
        {"type": "imBack", "title": "Say it", "value": "said"},
        {"type": "messageBack", "title": "Post it", "text": "posted", "displayText": "I posted", "value": {"n": 1}},
        {"type": "openUrl", "title": "Open", "value": "https://example.com"},
    ]
    content = {"title": "A hero", "subtitle": "of old", "text": "in <b>bold</b>", "images": [{"url": PIXEL}]}
    first = {"contentType": HERO, "content": content | {"buttons": buttons}}
    second = {"contentType": HERO, "content": {"title": "Another"}}
    message = stage.message(await stage.send("", attachments=[first, second], attachmentLayout="carousel"))
    await expect(message.get_by_role("group", name="Cards").locator(".card")).to_have_count(2)
    await expect(message.locator("strong")).to_have_text("bold")
    await expect(message.get_by_role("link", name="Open")).to_have_attribute("href", "https://example.com/")
    await message.get_by_role("button", name="Say it").click()
    assert (await stage.heard("message"))["text"] == "said"
    await message.get_by_role("button", name="Post it").click()
    assert (await stage.heard("message"))["value"] == {"n": 1}
    await expect(stage.page.locator(".message").last).to_contain_text("I posted")


async def test_a_dialog_stays_until_all_is_right(stage: Stage) -> None:
    fetch = submit("Tell us", data={"msteams": {"type": "task/fetch"}})
    asking = await shown(stage, text("Anything wrong?"), actions=(fetch,))
    form = card(entry("what", isRequired=True), actions=(submit("Report"),))
    stage.answer = lambda _: dialog("Tell us more", form)
    await asking.get_by_role("button", name="Tell us").click()
    window = stage.page.get_by_role("dialog", name="Tell us more")
    await expect(window.get_by_role("textbox", name="What")).to_be_focused()
    await window.get_by_role("button", name="Report").click()
    await expect(window.get_by_text("This field is required")).to_be_visible()
    await window.get_by_role("textbox", name="What").fill("everything")
    stage.status = 500
    await window.get_by_role("button", name="Report").click()
    await expect(window.get_by_role("alert")).to_contain_text("Something went wrong")
    await expect(window.get_by_role("textbox", name="What")).to_have_value("everything")
    stage.status = 200
    sure = dialog("Are you sure?", card(text("Everything?"), actions=(submit("Yes"),)))
    stage.answer = lambda _: sure
    await window.get_by_role("button", name="Report").click()
    second = stage.page.get_by_role("dialog", name="Are you sure?")
    await expect(second).to_be_visible()
    stage.answer = lambda _: {"task": {"type": "message", "value": "Thank you!"}}
    await second.get_by_role("button", name="Yes").click()
    await expect(stage.page.get_by_role("dialog")).to_have_count(0)
    await expect(stage.page.get_by_role("alert").filter(has_text="Thank you!")).to_be_visible()
    stage.answer = lambda _: dialog("Once more", form)
    await asking.get_by_role("button", name="Tell us").click()
    await expect(stage.page.get_by_role("dialog", name="Once more")).to_be_visible()
    await stage.page.keyboard.press("Escape")
    await expect(stage.page.get_by_role("dialog")).to_have_count(0)
    await stage.emulator.wait_for(lambda: not stage.emulator.open_dialogs(), PATIENCE)


async def test_feedback_by_a_form_of_the_bots_own(stage: Stage) -> None:
    answer = stage.message(await stage.send("An answer", channelData={"feedbackLoop": {"type": "custom"}}))
    stage.answer = lambda _: dialog("How was it?", card(entry("more"), actions=(submit("Done"),)))
    await answer.get_by_role("button", name="Like", exact=True).click()
    window = stage.page.get_by_role("dialog", name="How was it?")
    await window.get_by_role("textbox", name="More").fill("lovely")
    stage.answer = lambda _: {}
    await window.get_by_role("button", name="Done").click()
    await expect(window).to_have_count(0)
    given = (await stage.heard("message/submitAction"))["value"]["actionValue"]
    assert (given["reaction"], "lovely" in given["feedback"]) == ("like", True)
    await expect(answer.get_by_role("button", name="Like", exact=True)).to_have_attribute("aria-pressed", "true")


async def test_a_file_waits_for_consent(stage: Stage) -> None:
    waiting = stage.message(await stage.send("", attachments=[consent("report.pdf")]))
    await expect(waiting).to_contain_text("About report.pdf")
    await expect(waiting.locator(".file-size")).to_have_text("PDF · 1.2 KB")
    stage.status = 500
    await waiting.get_by_role("button", name="Allow").click()
    await expect(stage.page.get_by_role("alert").filter(has_text="Something went wrong")).to_be_visible()
    stage.status = 200
    stage.answer = lambda activity: {}
    await waiting.get_by_role("button", name="Allow").click()
    await expect(waiting).to_contain_text("You allowed this upload")
    await stage.heard("fileConsent/invoke")
    uploaded = (await stage.heard("fileConsent/invoke"))["value"]["uploadInfo"]
    headers = {"Content-Range": "bytes 0-3/4"}
    await stage.page.request.put(uploaded["uploadUrl"], data=b"1234", headers=headers)
    info = {"uniqueId": uploaded["uniqueId"], "fileType": "pdf"}
    file = {"contentType": FILE_INFO, "name": "report.pdf", "contentUrl": uploaded["contentUrl"], "content": info}
    there = stage.message(await stage.send("", attachments=[file])).get_by_role("link", name="Download report.pdf")
    loaded = await stage.page.request.get(str(await there.get_attribute("href")))
    assert await loaded.body() == b"1234"
    declined = stage.message(await stage.send("", attachments=[consent("other.pdf")]))
    await declined.get_by_role("button", name="Decline").click()
    await expect(declined).to_contain_text("You declined this file")


async def test_while_the_bot_uploads_the_card_says_so(stage: Stage) -> None:
    waiting = stage.message(await stage.send("", attachments=[consent("slow.pdf")]))
    stage.gate.clear()
    await waiting.get_by_role("button", name="Allow").click()
    await expect(waiting.get_by_role("progressbar", name="Uploading slow.pdf")).to_be_visible()
    stage.gate.set()
    await expect(waiting).to_contain_text("You allowed this upload")
