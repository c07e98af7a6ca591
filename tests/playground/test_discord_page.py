"""The Discord tab in a real browser: what a person does reaches the bot, and what the bot does is seen."""

import base64
import io
import re
import wave
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Locator, expect

from tests.playground.discord_stage import EPHEMERAL, Stage, button, display, labelled, options, row, staged

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HOSTILE = [
    '<img src=x onerror="window.hacked=1">',
    "<script>window.hacked=1</script>",
    "[click](javascript:window.hacked=1)",
    "![x](https://tracker.example/pixel.png)",
    "```html\n<svg onload=window.hacked=1>\n```",
]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shared(context: BrowserContext) -> AsyncIterator[Stage]:
    async with staged(context) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def stage(shared: Stage) -> AsyncIterator[Stage]:
    """An empty channel of a server that other tests of this module used before."""
    await shared.enter()
    yield shared
    assert shared.complaints == []


# -- writing


async def test_a_newcomer_is_told_what_to_do_and_the_bot_hears(stage: Stage) -> None:
    await expect(stage.page.get_by_role("heading", name=re.compile("Welcome to #stage"))).to_be_visible()
    await stage.page.get_by_role("button", name="Mention @gateway").click()
    await expect(stage.composer()).to_be_focused()
    await stage.page.keyboard.type("<b> & @ama")
    await expect(stage.page.get_by_role("option", name=re.compile("Amazing Grace"))).to_be_visible()
    await stage.page.keyboard.press("Tab")
    await stage.page.keyboard.type(":tada:")
    await stage.page.keyboard.press("Shift+Enter")
    await stage.page.keyboard.type("second line")
    await stage.page.keyboard.press("Enter")
    heard = await stage.heard("MESSAGE_CREATE")
    bot, grace = stage.emulator.bot.id, stage.emulator.grace.id
    assert heard["content"] == f"<@{bot}> <b> & <@{grace}> 🎉\nsecond line"
    await expect(stage.message(heard["id"])).to_contain_text("@gateway <b> & @Amazing Grace 🎉second line")
    await expect(stage.message(heard["id"]).locator(".mention")).to_have_count(2)
    await expect(stage.composer()).to_have_value("")


async def test_who_forgets_the_mention_is_told(stage: Stage) -> None:
    await stage.write("anybody?")
    await expect(stage.page.get_by_role("alert").filter(has_text="@gateway").first).to_be_visible()


async def test_what_was_typed_comes_back_when_it_could_not_be_sent(stage: Stage) -> None:
    await stage.composer().fill("x" * 2001)
    await stage.page.keyboard.press("Enter")
    await expect(stage.page.get_by_text("at most 2000 characters")).to_be_visible()
    await expect(stage.composer()).to_have_value("x" * 2001)
    await stage.composer().fill("")


async def test_replying(stage: Stage) -> None:
    first = await stage.say("What shall it be\n||or not||?")
    await stage.tool(first, "Reply")
    await expect(stage.page.get_by_text("Replying to gateway")).to_be_visible()
    await expect(stage.composer()).to_be_focused()
    await stage.page.keyboard.press("Escape")
    await expect(stage.page.get_by_text("Replying to gateway")).to_be_hidden()
    await stage.tool(first, "Reply")
    await stage.page.keyboard.type("Tea")
    await stage.page.keyboard.press("Enter")
    await stage.heard("MESSAGE_CREATE")
    heard = await stage.heard("MESSAGE_CREATE")
    assert heard["message_reference"]["message_id"] == first
    spine = stage.message(heard["id"]).locator(".spine")
    await expect(spine).to_contain_text("gateway")
    await expect(spine.get_by_role("button")).to_have_text("What shall it be spoiler?")
    await spine.get_by_role("button").click()
    await expect(stage.message(first)).to_be_focused()
    await stage.emulator.delete_messages(stage.channel, [first])
    await expect(spine).to_have_text("Original message was deleted")


async def test_own_messages_can_be_edited_and_deleted(stage: Stage) -> None:
    mine = await stage.write("hello @gateway")
    await stage.composer().press("ArrowUp")
    field = stage.page.get_by_role("textbox", name="Edit the message")
    await expect(field).to_have_value("hello @gateway")
    await field.fill("goodbye @gateway")
    await field.press("Enter")
    assert (await stage.heard("MESSAGE_UPDATE"))["content"] == f"goodbye <@{stage.emulator.bot.id}>"
    await expect(stage.message(mine)).to_contain_text("goodbye @gateway (edited)")
    await stage.tool(mine, "Delete")
    await stage.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    assert (await stage.heard("MESSAGE_DELETE"))["id"] == mine
    await expect(stage.message(mine)).to_have_count(0)
    others = await stage.say("mine")
    await stage.message(others).hover()
    await expect(stage.message(others).get_by_role("button", name="Reply")).to_be_visible()
    await expect(stage.message(others).get_by_role("button", name="Edit")).to_have_count(0)


async def test_files_come_by_button_and_by_drop(stage: Stage) -> None:
    await stage.page.locator(".pane:not([hidden]) .composer input[type=file]").first.set_input_files(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"\x00\xffbytes"}
    )
    await stage.page.evaluate(
        """bytes => {
            const data = new DataTransfer();
            const content = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
            data.items.add(new File([content], "b.png", {type: "image/png"}));
            document.querySelector(".pane").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true}));
        }""",
        base64.b64encode(PNG).decode(),
    )
    await stage.composer().fill("two files")
    await stage.page.keyboard.press("Enter")
    heard = await stage.heard("MESSAGE_CREATE")
    assert [(each["filename"], each["size"]) for each in heard["attachments"]] == [("a.txt", 7), ("b.png", len(PNG))]
    shown = stage.message(heard["id"])
    await expect(shown.get_by_role("link", name="Open a.txt")).to_be_visible()
    await expect(shown.get_by_role("img", name="b.png")).to_have_js_property("naturalWidth", 1)


async def test_a_recording_becomes_a_voice_message(stage: Stage) -> None:
    recording = io.BytesIO()
    with wave.open(recording, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(b"\x80" * 16_000)
    await stage.page.locator(".pane:not([hidden]) .composer input[accept='audio/*']").first.set_input_files(
        {"name": "note.wav", "mimeType": "audio/wav", "buffer": recording.getvalue()}
    )
    heard = await stage.heard("MESSAGE_CREATE")
    assert heard["attachments"][0]["duration_secs"] == 2
    shown = stage.message(heard["id"])
    await expect(shown).to_contain_text("Voice message0:02")
    await expect(shown.locator(".waveform i")).not_to_have_count(0)
    await expect(shown.locator("audio")).to_have_attribute("src", re.compile(r"^http://127\.0\.0\.1:\d+/cdn/"))


async def test_typing_is_shown_both_ways(stage: Stage) -> None:
    await stage.rest.post(f"/channels/{stage.channel}/typing")
    typing = stage.page.locator(".pane:not(.side-pane) .typing")
    await expect(typing).to_have_text("gateway is typing…")
    await stage.say("done")
    await expect(typing).to_have_text("")
    await stage.composer().press_sequentially("hm")
    await stage.heard("TYPING_START")
    heard = await stage.heard("TYPING_START")
    assert heard["user_id"] == stage.emulator.ada.id
    await stage.composer().fill("")


# -- what the bot says


async def test_an_answer_that_grows_by_edits(stage: Stage) -> None:
    answer = await stage.say("One **two")
    await expect(stage.message(answer)).to_contain_text("One **two")
    await stage.change(answer, content="One **two** three.")
    await expect(stage.message(answer).locator("strong")).to_have_text("two")
    await expect(stage.message(answer).locator(".edited")).to_have_text(" (edited)")
    log = stage.page.get_by_role("log", name="New messages")
    await expect(log).to_contain_text("gateway: One two three.")
    await expect(log).not_to_contain_text("One **two")


async def test_an_embed(stage: Stage) -> None:
    embed = {
        "title": "Build *42*",
        "url": "https://ci.example/42",
        "description": "All **green** <@1>",
        "color": 0x23A55A,
        "author": {"name": "CI"},
        "fields": [{"name": "Branch", "value": "`main`", "inline": True}, {"name": "Took", "value": "3 min"}],
        "footer": {"text": "nightly"},
        "timestamp": "2024-03-01T12:00:00Z",
    }
    shown = stage.message(await stage.say(embeds=[embed])).get_by_role("article", name="Embed")
    await expect(shown.get_by_role("link", name="Build 42")).to_have_attribute("href", "https://ci.example/42")
    await expect(shown.locator(".embed-text strong")).to_have_text("green")
    await expect(shown.locator(".embed-field code")).to_have_text("main")
    await expect(shown.locator(".embed-footer")).to_contain_text(re.compile("nightly • .*2024"))
    await expect(shown).to_have_css("border-left-color", "rgb(35, 165, 90)")


async def test_a_mention_of_the_person_stands_out(stage: Stage) -> None:
    said = stage.message(await stage.say(f"<@{stage.emulator.ada.id}> look"))
    await expect(said).to_have_class(re.compile("pinged"))
    await expect(said.locator(".mention.me")).to_have_text("@Ada")


async def test_a_spoiler_opens_by_keyboard(stage: Stage) -> None:
    said = stage.message(await stage.say("it was ||the *butler*||"))
    spoiler = said.get_by_role("button", name="Spoiler: show it")
    await expect(said.locator(".spoiler-inside")).to_have_css("opacity", "0")
    await spoiler.focus()
    await stage.page.keyboard.press("Enter")
    await expect(spoiler).to_have_count(0)
    await expect(said.locator(".spoiler-inside")).to_have_css("opacity", "1")


async def test_reactions_toggle(stage: Stage) -> None:
    asked = await stage.say("good?")
    await stage.tool(asked, "Add Reaction")
    await stage.page.get_by_role("button", name="tada").click()
    assert (await stage.heard("MESSAGE_REACTION_ADD"))["emoji"]["name"] == "🎉"
    await stage.emulator.react(stage.channel, asked, "🎉", user="grace")
    chip = stage.message(asked).get_by_role("button", name="tada, 2, take yours off")
    await expect(chip).to_have_attribute("aria-pressed", "true")
    await chip.click()
    assert (await stage.heard("MESSAGE_REACTION_REMOVE"))["user_id"] == stage.emulator.ada.id
    await expect(stage.message(asked).get_by_role("button", name="tada, 1, add yours")).to_be_visible()


# -- components


async def test_buttons_and_menus(stage: Stage) -> None:
    asked = await stage.say(
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
    shown = stage.message(asked)
    await shown.get_by_role("button", name=re.compile("Yes")).click()
    pressed = await stage.heard("INTERACTION_CREATE")
    assert (pressed["data"]["custom_id"], pressed["message"]["id"]) == ("yes", asked)
    await expect(shown.get_by_role("button", name="No")).to_be_disabled()
    await expect(shown.get_by_role("link", name="Docs")).to_have_attribute("href", "https://docs.example/")
    await shown.get_by_role("combobox", name="Pick one").select_option("Large")
    assert (await stage.heard("INTERACTION_CREATE"))["data"]["values"] == ["large"]
    await shown.locator("summary").click()
    for each in ("Tea", "Rest", "Cake"):
        await shown.get_by_role("checkbox", name=each).click()
    await shown.locator("summary").click()
    assert (await stage.heard("INTERACTION_CREATE"))["data"]["values"] == ["tea", "rest"]
    await shown.get_by_role("combobox", name="Who?").select_option("Amazing Grace")
    assert (await stage.heard("INTERACTION_CREATE"))["data"]["values"] == [stage.emulator.grace.id]
    stage.answer = lambda _: {"type": 7, "data": {"content": "decided", "components": []}}
    await shown.get_by_role("button", name=re.compile("Yes")).click()
    await expect(shown).to_contain_text("decided")
    await expect(shown.get_by_role("button", name=re.compile("Yes"))).to_have_count(0)
    await expect(shown).to_be_focused()


async def test_components_v2(stage: Stage) -> None:
    pictures = {"items": [{"media": {"url": "attachment://a.png"}, "description": "A chart"}]}
    thumbnail = {"type": 11, "media": {"url": "attachment://a.png"}, "description": "small"}
    said = await stage.show(
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
    shown = stage.message(said)
    await expect(shown.get_by_role("heading", name="Title")).to_be_visible()
    await expect(shown.locator(".subtext")).to_have_text("small")
    await expect(shown.locator(".container")).to_have_css("border-left-color", "rgb(88, 101, 242)")
    await expect(shown.get_by_role("img", name="A chart")).to_have_js_property("naturalWidth", 1)
    await expect(shown.get_by_role("img", name="small")).to_be_visible()
    await expect(shown.get_by_role("separator")).to_be_visible()
    await expect(shown.get_by_role("link", name="Open notes.txt")).to_contain_text("5 B")
    await shown.get_by_role("button", name="Go").click()
    assert (await stage.heard("INTERACTION_CREATE"))["data"]["custom_id"] == "go"


async def test_an_answer_for_one_only_can_be_dismissed(stage: Stage) -> None:
    stage.answer = lambda _: {"type": 4, "data": {"content": "between us", "flags": EPHEMERAL}}
    asked = await stage.say("?", components=[row(button("tell", "Tell me"))])
    await stage.message(asked).get_by_role("button", name="Tell me").click()
    answer = stage.page.locator(".message.ephemeral")
    await expect(answer).to_contain_text("between us")
    await expect(answer).to_contain_text("Only you can see this")
    await answer.get_by_role("button", name="Dismiss message").click()
    await expect(answer).to_have_count(0)


async def test_the_bot_is_thinking_until_it_has_thought(stage: Stage) -> None:
    stage.answer = lambda _: {"type": 5}
    asked = await stage.say("?", components=[row(button("think", "Think"))])
    await stage.message(asked).get_by_role("button", name="Think").click()
    answer = stage.last
    await expect(answer).to_contain_text("gateway is thinking…")
    interaction = await stage.heard("INTERACTION_CREATE")
    path = f"/webhooks/{interaction['application_id']}/{interaction['token']}/messages/@original"
    await stage.rest.patch(path, {"content": "forty-two"})
    await expect(answer).to_contain_text("forty-two")
    await expect(stage.page.get_by_text("is thinking…")).to_have_count(0)


async def test_an_interaction_nobody_answers_says_so(stage: Stage, unanswered: None) -> None:
    asked = await stage.say("?", components=[row(button("dead", "Press"))])
    await stage.message(asked).get_by_role("button", name="Press").click()
    await expect(stage.message(asked).get_by_role("alert")).to_have_text("This interaction failed")
    await stage.register({"name": "dead", "description": "Says nothing"})
    await stage.composer().fill("/dead")
    await stage.page.keyboard.press("Enter")
    answer = stage.page.locator(".message.ephemeral")
    await expect(answer).to_contain_text("Ada used dead")
    await expect(answer.get_by_role("alert")).to_have_text("The application did not respond")
    await answer.get_by_role("button", name="Dismiss message").click()
    await expect(answer).to_have_count(0)


@pytest_asyncio.fixture(loop_scope="module")
async def unanswered(stage: Stage) -> AsyncIterator[None]:
    stage.answer = lambda _: None
    stage.emulator.interaction_deadline = 0.05
    yield
    stage.emulator.interaction_deadline = 10.0


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


async def opened(stage: Stage, form: dict[str, Any]) -> Locator:
    """The dialog of a form the bot opens when a button is pressed."""
    stage.answer = lambda heard: {"type": 9, "data": form} if heard["type"] == 3 else {"type": 6}
    asked = await stage.say("?", components=[row(button("form", "Form"))])
    await stage.message(asked).get_by_role("button", name="Form").click()
    await stage.heard("INTERACTION_CREATE")
    return stage.page.get_by_role("dialog", name=form["title"])


def entered(submitted: dict[str, Any]) -> dict[str, Any]:
    """What the bot is told of a form's fields, by custom id."""
    parts = [c for top in submitted["data"]["components"] for c in top.get("components", [top.get("component")]) if c]
    return {each["custom_id"]: each.get("value", each.get("values")) for each in parts}


async def test_a_form_keeps_what_was_entered_through_an_error(stage: Stage) -> None:
    dialog = await opened(stage, FORM)
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
    submitted = await stage.heard("INTERACTION_CREATE")
    await expect(dialog).to_have_count(0)
    given = entered(submitted)
    (upload,) = submitted["data"]["resolved"]["attachments"].values()
    assert (upload["filename"], upload["size"], [upload["id"]]) == ("agenda.txt", 12, given.pop("agenda"))
    assert given == {"name": "Ada", "size": ["large"], "extras": ["tea"]}


async def test_every_other_field_of_a_form(stage: Stage) -> None:
    dialog = await opened(stage, MORE)
    await expect(dialog.get_by_role("textbox", name="Why")).to_have_value("so")
    await dialog.get_by_role("radio", name="Later").check()
    await dialog.get_by_role("checkbox", name="Sure").check()
    await dialog.get_by_role("combobox", name="Who").select_option("Linus")
    await dialog.get_by_role("button", name="Submit").click()
    given = entered(await stage.heard("INTERACTION_CREATE"))
    assert given == {"why": "so", "when": "later", "sure": True, "who": [stage.emulator.linus.id]}


async def test_a_form_the_bot_does_not_take_stays_open(stage: Stage) -> None:
    dialog = await opened(stage, MORE)
    await dialog.get_by_role("radio", name="Now").check()
    stage.answer = lambda _: None
    stage.emulator.interaction_deadline = 0.05
    await dialog.get_by_role("button", name="Submit").click()
    await expect(dialog.get_by_role("alert")).to_have_text("Something went wrong. Try again.")
    stage.emulator.interaction_deadline = 10.0
    await stage.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    assert stage.emulator.open_modals() == []


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


async def test_commands_are_offered_and_run(stage: Stage) -> None:
    await stage.register(DEPLOY, ADMIN)
    keyboard, page = stage.page.keyboard, stage.page
    await stage.composer().press_sequentially("/")
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
    stage.answer = lambda _: {"type": 4, "data": {"content": "On my way"}}
    await stage.composer().press("Enter")
    heard = (await stage.heard("INTERACTION_CREATE"))["data"]
    given = {each["name"]: each["value"] for each in heard["options"]}
    assert (heard["name"], given["where"], given["times"]) == ("deploy", "p", 3)
    assert heard["resolved"]["attachments"][given["notes"]]["filename"] == "notes.txt"
    answer = stage.last
    await expect(answer).to_contain_text("Ada used deploy")
    await expect(answer).to_contain_text("On my way")

    await stage.composer().fill("/admin ban @amazing grace")
    await keyboard.press("Enter")
    (ban,) = (await stage.heard("INTERACTION_CREATE"))["data"]["options"]
    assert (ban["name"], ban["options"][0]["value"]) == ("ban", stage.emulator.grace.id)


async def test_a_command_that_cannot_be_run_says_why(stage: Stage) -> None:
    await stage.register(DEPLOY)
    for line, said in {
        "/deploy times:2": "where is required.",
        "/deploy where:Mars": "where is one of Staging, Production.",
        "/deploy where:Staging times:often": "times cannot be “often”.",
    }.items():
        await stage.composer().fill(line)
        await stage.composer().press("Enter")
        await expect(stage.page.locator(".toast").get_by_text(said)).to_be_visible()
        await expect(stage.composer()).to_have_value(line)
    await stage.composer().fill("")


# -- threads, forums, direct messages


async def test_the_thread_in_which_one_is_answered_opens_by_itself(stage: Stage) -> None:
    mine = await stage.write("@gateway hi")
    path = f"/channels/{stage.channel}/messages/{mine}/threads"
    status, thread = await stage.rest.post(path, {"name": "A thread of ours"})
    assert status in (200, 201), thread
    await stage.say("answered here", to=thread["id"])
    side = stage.page.get_by_role("region", name="Thread A thread of ours")
    await expect(side).to_contain_text("answered here")
    await expect(side.locator(".message").first).to_contain_text("@gateway hi")
    await expect(stage.composer()).to_be_focused()
    await stage.composer("Message in “A thread of ours”").fill("and there")
    await stage.page.keyboard.press("Enter")
    await expect(side).to_contain_text("and there")
    await expect(stage.message(mine)).to_contain_text("2 Messages")
    await stage.page.keyboard.press("Escape")
    await expect(side).to_be_hidden()
    card = stage.message(mine).get_by_role("button", name=re.compile("A thread of ours"))
    await expect(card).to_be_focused()
    await stage.go("A thread of ours")
    await expect(stage.last).to_contain_text("and there")


async def test_threads_are_opened_found_and_deleted(stage: Stage) -> None:
    asked = await stage.say("Let us talk")
    await stage.tool(asked, "Create Thread")
    dialog = stage.page.get_by_role("dialog", name="Create Thread")
    await expect(dialog.get_by_role("textbox", name="Thread Name")).to_have_value("Let us talk")
    await dialog.get_by_role("textbox").fill("Talk")
    await stage.page.keyboard.press("Enter")
    assert (await stage.heard("THREAD_CREATE"))["id"] == asked
    await expect(stage.side.get_by_role("combobox")).to_be_focused()
    await stage.side.get_by_role("button", name="Close the thread").click()
    await stage.page.get_by_role("button", name="Threads", exact=True).click()
    await stage.page.get_by_role("menuitem", name="Talk").click()
    await stage.side.get_by_role("button", name="Delete Thread").click()
    await stage.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    assert (await stage.heard("THREAD_DELETE"))["id"] == asked
    await expect(stage.side).to_be_hidden()
    await stage.page.get_by_role("button", name="Threads", exact=True).click()
    await stage.page.get_by_role("menuitem", name="Create Thread…").click()
    await dialog.get_by_role("textbox").fill("Of its own")
    await stage.page.keyboard.press("Enter")
    await expect(stage.page.locator(".note")).to_contain_text("Ada started a thread: Of its own")


async def test_a_locked_thread_takes_no_words(stage: Stage) -> None:
    thread = await stage.emulator.create_thread(stage.channel, "Locked one")
    await stage.go("Locked one")
    await expect(stage.composer("Message in “Locked one”")).to_be_visible()
    await stage.emulator.archive_thread(thread, archived=False, locked=True)
    await expect(stage.page.locator(".locked:visible")).to_be_visible()
    await expect(stage.composer("Message in “Locked one”")).to_be_hidden()


async def test_a_forum_takes_posts(stage: Stage) -> None:
    await stage.go("ideas")
    await stage.page.get_by_role("button", name="New Post").click()
    dialog = stage.page.get_by_role("dialog", name="New post in #ideas")
    await dialog.get_by_role("textbox", name="Message").fill("@gateway could it?")
    await dialog.get_by_role("button", name="Post").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("a name has 1 to 100 characters")
    await dialog.get_by_role("textbox", name="Title").fill("A faster search")
    await dialog.get_by_role("button", name="Post").click()
    post = await stage.heard("THREAD_CREATE")
    assert (post["name"], post["parent_id"]) == ("A faster search", stage.emulator.ideas.id)
    side = stage.page.get_by_role("region", name="Thread A faster search")
    await expect(side.locator(".message")).to_contain_text("@gateway could it?")
    await stage.say("It could.", to=post["id"])
    await expect(side).to_contain_text("It could.")
    card = stage.page.get_by_role("list", name="Posts").get_by_role("button")
    await expect(card).to_contain_text(re.compile("A faster search.*Ada: @gateway could it.*1 reply"))
    await side.get_by_role("button", name="Close the thread").click()
    await expect(card).to_be_focused()


async def test_a_direct_message_shows_what_was_missed(stage: Stage) -> None:
    servers = stage.page.get_by_role("navigation", name="Servers")
    home = servers.get_by_role("button", name="Direct Messages")
    await stage.say("psst", to=stage.emulator.dm.id)
    await expect(home).to_contain_text("1")
    await home.click()
    await expect(stage.last).to_contain_text("psst")
    await expect(home).not_to_contain_text("1")
    await stage.composer("Message @gateway").fill("what?")
    await stage.page.keyboard.press("Enter")
    await stage.heard("MESSAGE_CREATE")
    heard = await stage.heard("MESSAGE_CREATE")
    assert (heard["channel_id"], "guild_id" in heard) == (stage.emulator.dm.id, False)


async def test_channels_show_what_is_unread(stage: Stage) -> None:
    await stage.go("random")
    await stage.say(f"<@{stage.emulator.ada.id}>!", to=stage.channel)
    name = stage.emulator.world.channels[stage.channel].name
    entry = stage.page.get_by_role("navigation", name="Channels").get_by_role("button", name=re.compile(f"^{name}"))
    await expect(entry).to_have_class(re.compile("unread"))
    await expect(entry.locator(".unread-count")).to_have_text("1")
    await entry.click()
    await expect(entry.locator(".unread-count")).to_have_count(0)


async def test_the_bot_is_kicked_and_invited(stage: Stage) -> None:
    menu = stage.page.get_by_role("button", name="Gateway HQ").last
    await menu.click()
    await stage.page.get_by_role("menuitem", name="Kick gateway").click()
    assert (await stage.heard("GUILD_DELETE"))["id"] == stage.emulator.guild.id
    await menu.click()
    await stage.page.get_by_role("menuitem", name="Add gateway to the server").click()
    assert (await stage.heard("GUILD_CREATE"))["id"] == stage.emulator.guild.id


# -- the page as a whole


async def test_hostile_text_stays_text(stage: Stage) -> None:
    shown = 0
    for words in HOSTILE:
        await stage.say(words)
        await stage.say(embeds=[{"title": words, "description": words, "fields": [{"name": words, "value": words}]}])
        await stage.say("?", components=[row(button("x", words[:80]))])
        await stage.show(display(words), {"type": 17, "components": [display(words)]})
        await stage.emulator.post(stage.channel, "file", files=[(words, b"x", "text/html")])
        await stage.emulator.create_thread(stage.channel, words)
        shown += 6
    await expect(stage.page.locator(".pane:not(.side-pane) .message")).to_have_count(shown)
    assert await stage.page.evaluate("window.hacked") is None
    alive = ":is(script, [onerror], [onclick], [onload], [href^='javascript:'], [src^='javascript:'])"
    assert await stage.page.locator(f"body {alive}").count() == 0
    assert await stage.page.locator(".messages :is(img, svg:not(.icon))").count() == 0
    for words in ("<img src=x onerror", "<script>window", "<svg onload"):
        assert words in str(await stage.page.locator(".messages").first.text_content())


async def test_a_page_that_lagged_starts_over(stage: Stage) -> None:
    seen = await stage.say("seen")
    await expect(stage.message(seen)).to_be_visible()
    # Without a pause in between, so that the page's queue overflows and all of it is lost.
    missed = await stage.emulator.post(stage.channel, "missed", user="grace")
    await stage.emulator.delete_messages(stage.channel, [seen])
    for _ in range(1_100):
        await stage.emulator.typing("random", user="grace")
    await expect(stage.message(missed)).to_be_visible()
    await expect(stage.message(seen)).to_have_count(0)


async def test_a_reload_comes_back_to_the_same_place(stage: Stage) -> None:
    thread = await stage.emulator.create_thread(stage.channel, "Where I was")
    await stage.emulator.post(thread, "a word")
    await stage.page.get_by_role("button", name="Threads", exact=True).click()
    await stage.page.get_by_role("menuitem", name="Where I was").click()
    await stage.page.reload()
    await expect(stage.page.get_by_role("region", name="Thread Where I was").get_by_text("a word")).to_be_visible()
    await expect(stage.composer()).to_be_visible()


async def test_everything_with_the_keyboard_alone(stage: Stage) -> None:
    asked = await stage.say("?", components=[row(button("yes", "Yes"), button("no", "No"))])
    await stage.write("first")
    page = stage.page

    async def focus(locator: Locator, key: str = "Tab", most: int = 40) -> None:
        for _ in range(most):
            if await locator.evaluate("node => node === document.activeElement"):
                return
            await page.keyboard.press(key)
        raise AssertionError(f"{locator} is out of the keyboard's reach")

    await focus(stage.last, "Shift+Tab")
    await page.keyboard.press("ArrowUp")
    await expect(stage.message(asked)).to_be_focused()
    await focus(stage.message(asked).get_by_role("button", name="No"))
    await page.keyboard.press("Enter")
    assert (await stage.heard("INTERACTION_CREATE"))["data"]["custom_id"] == "no"
    toolbar = stage.message(asked).get_by_role("toolbar")
    await focus(toolbar.get_by_role("button", name="Add Reaction"))
    await page.keyboard.press("Enter")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    assert (await stage.heard("MESSAGE_REACTION_ADD"))["emoji"]["name"] == "👎"
    await focus(toolbar.get_by_role("button", name="Create Thread"))
    await page.keyboard.press("Enter")
    await page.keyboard.type("!")
    await page.keyboard.press("Enter")
    await expect(stage.side.get_by_role("combobox")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(stage.side).to_be_hidden()
    await expect(stage.message(asked).locator(".thread-open")).to_be_focused()
    channels = page.get_by_role("navigation", name="Channels")
    await focus(channels.get_by_role("button", name="random", exact=True), "Shift+Tab", 80)
    await page.keyboard.press("Enter")
    await expect(stage.composer("Message #random")).to_be_focused()


async def test_dark_mode_follows_the_system(stage: Stage) -> None:
    async def background() -> int:
        color = await stage.page.locator(".pane").first.evaluate("node => getComputedStyle(node).backgroundColor")
        return max(int(part) for part in re.findall(r"\d+", color)[:3])

    assert await background() > 200
    await stage.page.emulate_media(color_scheme="dark")
    assert await background() < 80
    await stage.page.emulate_media(color_scheme="light")


async def test_nothing_sticks_out(stage: Stage) -> None:
    mine = await stage.write("@gateway " + "longword" * 60)
    path = f"/channels/{stage.channel}/messages/{mine}/threads"
    _, thread = await stage.rest.post(path, {"name": "longname" * 12})
    await stage.say("`" + "x" * 400 + "`\n```\n" + "y" * 400 + "\n```", to=thread["id"])
    await stage.say(embeds=[{"title": "t" * 250, "fields": [{"name": "n" * 200, "value": "v", "inline": True}] * 4}])
    await expect(stage.side).to_be_visible()
    for width in (900, 1100, 1440, 1920):
        await stage.page.set_viewport_size({"width": width, "height": 700})
        for selector in (".pane", ".side-pane", ".pane-scroll", "html"):
            fits = await stage.page.locator(selector).first.evaluate("n => n.scrollWidth <= n.clientWidth + 1")
            assert fits, (width, selector)
    await stage.page.set_viewport_size({"width": 1440, "height": 900})
