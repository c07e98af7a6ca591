"""The page in a real browser: what a person does becomes actions, what changes becomes visible."""

import re
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.playground.scripted_emulator import DM, GENERAL, ME, ScriptedEmulator
from tests.playground.serving import Served

pytestmark = pytest.mark.asyncio(loop_scope="module")


def text(words: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": words}


def button(action_id: str, label: str, **more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "text": text(label), "value": f"value of {action_id}", **more}


def actions(*elements: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "actions", "block_id": "B1", "elements": list(elements)}]


def composer(page: Page, name: str = "Message #general") -> Locator:
    return page.get_by_role("combobox", name=name)


def message(page: Page, ts: str) -> Locator:
    return page.locator(f'.pane:not(.thread-pane) .message[data-ts="{ts}"]')


async def post(page: Page, emulator: ScriptedEmulator, words: str) -> str:
    """Write something as the person; returns its ts."""
    await composer(page).fill(words)
    await page.keyboard.press("Enter")
    await emulator.acted("post")
    ts = list(emulator.messages[GENERAL])[-1]
    await expect(message(page, ts)).to_be_visible()
    return ts


async def test_a_newcomer_is_told_what_to_do(page: Page) -> None:
    await expect(page.get_by_role("heading", name="Welcome to #general")).to_be_visible()
    await page.get_by_role("button", name="Mention @gateway").click()
    await expect(composer(page)).to_have_value("@gateway ")
    await expect(composer(page)).to_be_focused()


async def test_typing_sends_with_the_mention_resolved(page: Page, served: Served[ScriptedEmulator]) -> None:
    await composer(page).press_sequentially("hi @gat")
    await expect(page.get_by_role("option", name=re.compile("gateway"))).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("Enter")
    await expect(composer(page)).to_have_value("hi @gateway ")
    await page.keyboard.type("<b> & @nobody")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("second line")
    await page.keyboard.press("Enter")
    action = await served.emulator.acted("post")
    assert action == {
        "type": "post",
        "channel": GENERAL,
        "text": "hi <@U0BOT> <b> & @nobody\nsecond line",
        "files": [],
    }
    await expect(composer(page)).to_have_value("")


async def test_what_was_typed_comes_back_when_it_could_not_be_sent(
    page: Page, served: Served[ScriptedEmulator]
) -> None:
    served.emulator.answer = lambda _: {"ok": False, "error": "the channel is archived"}
    await composer(page).fill("precious words")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("the channel is archived")).to_be_visible()
    await expect(composer(page)).to_have_value("precious words")


async def test_a_slash_command_is_a_command(page: Page, served: Served[ScriptedEmulator]) -> None:
    await composer(page).fill("/new start over")
    await page.keyboard.press("Enter")
    action = await served.emulator.acted("command")
    assert action == {"type": "command", "channel": GENERAL, "command": "/new", "text": "start over"}


async def test_a_stream_grows_in_the_thread_that_opens_by_itself(page: Page, served: Served[ScriptedEmulator]) -> None:
    emulator = served.emulator
    root = await post(page, emulator, "@gateway hi")
    thread = page.get_by_role("region", name="Thread in #general")
    ts = emulator.say(thread_ts=root, streaming=True, blocks=[{"type": "markdown", "text": "One **two"}])
    await expect(thread).to_be_visible()
    await expect(thread.locator(f'[data-ts="{ts}"]')).to_contain_text("One **two")
    await expect(thread.locator(".caret")).to_be_visible()
    await expect(composer(page)).to_be_focused()
    emulator.say(ts=ts, thread_ts=root, streaming=True, blocks=[{"type": "markdown", "text": "One **two** three"}])
    await expect(thread.locator(f'[data-ts="{ts}"] strong')).to_have_text("two")
    emulator.say(ts=ts, thread_ts=root, blocks=[{"type": "markdown", "text": "One **two** three."}])
    await expect(thread.locator(".caret")).to_have_count(0)
    await expect(page.get_by_role("log", name="New messages")).to_contain_text("gateway: One two three.")
    await expect(message(page, root)).to_contain_text("1 reply")


async def test_writing_in_the_thread_replies_there(page: Page, served: Served[ScriptedEmulator]) -> None:
    root = await post(page, served.emulator, "a question")
    await message(page, root).hover()
    await message(page, root).get_by_role("button", name="Reply in thread").click()
    await expect(composer(page, "Reply…")).to_be_focused()
    await page.keyboard.type("a reply")
    await page.keyboard.press("Enter")
    assert (await served.emulator.acted("post"))["thread_ts"] == root
    await composer(page, "Reply…").fill("a draft")
    await page.get_by_role("button", name="Close the thread").click()
    await message(page, root).get_by_role("button", name="1 reply").click()
    await expect(composer(page, "Reply…")).to_have_value("a draft")


async def test_the_status_line_stops_the_bot(page: Page, served: Served[ScriptedEmulator]) -> None:
    root = await post(page, served.emulator, "@gateway think hard")
    served.emulator.show_status(root, "is thinking…", processing=True)
    thread = page.get_by_role("region", name="Thread in #general")
    await expect(thread.get_by_role("status")).to_have_text("gateway is thinking…")
    await thread.get_by_role("button", name="Stop").click()
    assert await served.emulator.acted("stop") == {"type": "stop", "channel": GENERAL, "thread_ts": root}
    served.emulator.show_status(root, "", processing=False)
    await expect(thread.get_by_role("status")).to_have_count(0)


async def test_a_button_reports_its_click(page: Page, served: Served[ScriptedEmulator]) -> None:
    ts = served.emulator.say(text="?", blocks=actions(button("yes", "Yes", style="primary"), button("no", "No")))
    await page.get_by_role("button", name="Yes").click()
    assert await served.emulator.acted("click") == {
        "type": "click",
        "channel": GENERAL,
        "ts": ts,
        "action_id": "yes",
        "block_id": "B1",
        "value": "value of yes",
    }


async def test_a_button_that_asks_first(page: Page, served: Served[ScriptedEmulator]) -> None:
    confirm = {"title": text("Really?"), "text": text("It is gone then."), "confirm": text("Go"), "deny": text("No")}
    served.emulator.say(text="?", blocks=actions(button("drop", "Drop", confirm=confirm)))
    await page.get_by_role("button", name="Drop").click()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.get_by_role("button", name="Drop").click()
    await page.get_by_role("dialog", name="Really?").get_by_role("button", name="Go").click()
    assert (await served.emulator.acted("click"))["action_id"] == "drop"
    assert served.emulator.actions == []


async def test_menus_report_the_option(page: Page, served: Served[ScriptedEmulator]) -> None:
    options = [{"text": text("One"), "value": "1"}, {"text": text("Two"), "value": "2"}]
    served.emulator.say(
        text="?",
        blocks=actions(
            {"type": "static_select", "action_id": "single", "placeholder": text("Pick one"), "options": options},
            {"type": "multi_static_select", "action_id": "many", "placeholder": text("Pick some"), "options": options},
            {"type": "overflow", "action_id": "more", "options": options},
        ),
    )
    await page.get_by_role("combobox", name="Pick one").select_option("Two")
    assert (await served.emulator.acted("click"))["selected_option"] == "2"
    await page.locator("summary", has_text="Pick some").click()
    await page.get_by_role("checkbox", name="One").check()
    await page.get_by_role("checkbox", name="Two").check()
    await page.locator("summary", has_text="One").click()
    assert (await served.emulator.acted("click"))["selected_options"] == ["1", "2"]
    await page.locator(".block.actions").get_by_role("button", name="More").click()
    await page.get_by_role("menuitem", name="One").click()
    action = await served.emulator.acted("click")
    assert (action["action_id"], action["selected_option"]) == ("more", "1")


async def test_feedback_reports_the_thumb(page: Page, served: Served[ScriptedEmulator]) -> None:
    thumbs = {
        "type": "feedback_buttons",
        "action_id": "fb",
        "positive_button": {"text": text("👍"), "value": "+t", "accessibility_label": "Good answer"},
        "negative_button": {"text": text("👎"), "value": "-t", "accessibility_label": "Bad answer"},
    }
    served.emulator.say(text="x", blocks=[{"type": "context_actions", "block_id": "C", "elements": [thumbs]}])
    await page.get_by_role("button", name="Bad answer").click()
    action = await served.emulator.acted("click")
    assert (action["action_id"], action["value"]) == ("fb", "-t")
    await expect(page.get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "true")


MODAL = {
    "type": "modal",
    "title": text("Book a room"),
    "submit": text("Book"),
    "blocks": [
        {
            "type": "input",
            "block_id": "who",
            "label": text("Name"),
            "element": {"type": "plain_text_input", "action_id": "i"},
        },
        {
            "type": "input",
            "block_id": "size",
            "label": text("Size"),
            "element": {
                "type": "static_select",
                "action_id": "i",
                "options": [{"text": text("Small"), "value": "s"}, {"text": text("Big"), "value": "b"}],
            },
        },
        {
            "type": "input",
            "block_id": "extras",
            "optional": True,
            "label": text("Extras"),
            "element": {
                "type": "checkboxes",
                "action_id": "i",
                "options": [{"text": text("Coffee"), "value": "c"}, {"text": text("Tea"), "value": "t"}],
            },
        },
        {
            "type": "input",
            "block_id": "agenda",
            "label": text("Agenda"),
            "element": {"type": "file_input", "action_id": "i"},
        },
    ],
}


async def test_a_modal_keeps_what_was_entered_through_an_error(page: Page, served: Served[ScriptedEmulator]) -> None:
    emulator = served.emulator
    emulator.show_view(MODAL)
    dialog = page.get_by_role("dialog", name="Book a room")
    name = dialog.get_by_role("textbox", name="Name")
    await expect(name).to_be_focused()
    await name.fill("Ada")
    await dialog.get_by_role("combobox", name="Size").select_option("Big")
    await dialog.get_by_role("checkbox", name="Tea").check()
    await dialog.locator("input[type=file]").set_input_files(
        {"name": "agenda.txt", "mimeType": "text/plain", "buffer": b"first, lunch"}
    )

    def refuse(action: dict[str, Any]) -> dict[str, Any]:
        emulator.show_view(MODAL, errors={"who": "There is an Ada already."})
        return {"ok": False, "error": "some inputs are not valid", "errors": {"who": "There is an Ada already."}}

    emulator.answer = refuse
    await dialog.get_by_role("button", name="Book").click()
    await emulator.acted("submit")
    await expect(dialog.get_by_text("There is an Ada already.")).to_be_visible()
    await expect(name).to_be_focused()
    await expect(name).to_have_attribute("aria-invalid", "true")
    await expect(name).to_have_value("Ada")

    emulator.answer = lambda _: {"ok": True}
    await name.fill("Ada II")
    await name.press("Enter")
    action = await emulator.acted("submit")
    assert action["values"] == {
        "who": {"i": "Ada II"},
        "size": {"i": "b"},
        "extras": {"i": ["t"]},
        "agenda": {"i": [{"name": "agenda.txt", "mime": "text/plain", "data": "Zmlyc3QsIGx1bmNo"}]},
    }
    emulator.show_view(None)
    await expect(dialog).to_have_count(0)


async def test_escape_closes_a_modal(page: Page, served: Served[ScriptedEmulator]) -> None:
    served.emulator.show_view(MODAL)
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert (await served.emulator.acted("close_view"))["view_id"] == "V1"


async def test_the_focus_stays_in_a_modal(page: Page, served: Served[ScriptedEmulator]) -> None:
    served.emulator.show_view(MODAL)
    await expect(page.get_by_role("dialog")).to_be_visible()
    for _ in range(12):
        await page.keyboard.press("Tab")
        # After the last control the browser itself may take the focus once; nothing behind the dialog ever has it.
        assert await page.evaluate(
            "[document.body, ...document.querySelectorAll('dialog, dialog *')].includes(document.activeElement)"
        )


async def test_files_are_attached_by_button_and_by_drop(page: Page, served: Served[ScriptedEmulator]) -> None:
    await page.locator(".composer input[type=file]").first.set_input_files(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"\x00\xffbytes"}
    )
    await page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(["dropped"], "b.md", {type: "text/markdown"}));
            document.querySelector(".pane").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true}));
        }"""
    )
    await expect(page.get_by_text("a.txt")).to_be_visible()
    await composer(page).fill("two files")
    await page.keyboard.press("Enter")
    action = await served.emulator.acted("post")
    assert action["files"] == [
        {"name": "a.txt", "mime": "text/plain", "data": "AP9ieXRlcw=="},
        {"name": "b.md", "mime": "text/markdown", "data": "ZHJvcHBlZA=="},
    ]
    await expect(page.locator(".message .file-name")).to_have_text(["a.txt", "b.md"])


async def test_reactions_toggle(page: Page, served: Served[ScriptedEmulator]) -> None:
    mine = [{"name": "eyes", "count": 1, "users": [ME]}]
    ts = served.emulator.say(text="look", reactions=mine)
    await page.get_by_role("button", name=re.compile("^eyes, 1")).click()
    gone = await served.emulator.acted("react")
    assert (gone["ts"], gone["name"], gone["added"]) == (ts, "eyes", False)
    await message(page, ts).hover()
    await message(page, ts).get_by_role("toolbar").get_by_role("button", name="Add a reaction").click()
    await page.get_by_role("button", name="tada").click()
    added = await served.emulator.acted("react")
    assert (added["name"], added["added"]) == ("tada", True)


async def test_own_messages_can_be_edited_and_deleted(page: Page, served: Served[ScriptedEmulator]) -> None:
    emulator = served.emulator
    ts = emulator.put(GENERAL, {"user": ME, "text": "hello <@U0BOT> &amp; all"})
    await message(page, ts).hover()
    await message(page, ts).get_by_role("button", name="Edit").click()
    field = page.get_by_role("textbox", name="Edit the message")
    await expect(field).to_have_value("hello @gateway & all")
    await field.fill("goodbye @gateway")
    await field.press("Enter")
    assert await emulator.acted("edit") == {"type": "edit", "channel": GENERAL, "ts": ts, "text": "goodbye <@U0BOT>"}
    emulator.put(GENERAL, {"ts": ts, "user": ME, "text": "goodbye <@U0BOT>", "edited": True})
    await expect(message(page, ts)).to_contain_text("goodbye @gateway (edited)")
    await message(page, ts).hover()
    await message(page, ts).get_by_role("button", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    assert await emulator.acted("delete") == {"type": "delete", "channel": GENERAL, "ts": ts}
    emulator.remove(GENERAL, ts)
    await expect(message(page, ts)).to_have_count(0)


async def test_the_bots_messages_cannot_be_edited(page: Page, served: Served[ScriptedEmulator]) -> None:
    ts = served.emulator.say(text="mine")
    await message(page, ts).hover()
    await expect(message(page, ts).get_by_role("button", name="Reply in thread")).to_be_visible()
    await expect(message(page, ts).get_by_role("button", name="Edit")).to_have_count(0)


async def test_a_direct_message_shows_what_was_missed_and_prompts(page: Page, served: Served[ScriptedEmulator]) -> None:
    emulator = served.emulator
    emulator.say(DM, text="psst")
    row = page.get_by_role("navigation").get_by_role("button", name=re.compile("gateway"))
    await expect(row).to_contain_text("1")
    await row.click()
    assert await emulator.acted("open_dm") == {"type": "open_dm", "channel": DM}
    await expect(row).not_to_contain_text("1")
    prompt = {"title": "Say hi", "message": "Hello, who are you?"}
    offered = {"channel": DM, "thread_ts": "", "title": "Try", "prompts": [prompt]}
    emulator.publish({"type": "change", "entity": "prompts", **offered})
    await page.get_by_role("button", name="Say hi").click()
    assert (await emulator.acted("post"))["text"] == "Hello, who are you?"


async def test_an_ephemeral_message_says_so(page: Page, served: Served[ScriptedEmulator]) -> None:
    ts = served.emulator.say(text="secret", ephemeral_for=ME)
    await expect(message(page, ts)).to_contain_text("Only visible to you")
    served.emulator.say(text="for someone else", ephemeral_for="U0GRACE")
    await post(page, served.emulator, "after")
    await expect(page.get_by_text("for someone else")).to_have_count(0)


HOSTILE = [
    '<img src=x onerror="window.hacked=1">',
    "<script>window.hacked=1</script>",
    "[click](javascript:window.hacked=1)",
    "<javascript:window.hacked=1|click>",
    "![x](https://tracker.example/pixel.png)",
    '<a href="https://x" onclick="window.hacked=1">x</a>',
    "```html\n<svg onload=window.hacked=1>\n```",
]


def shapes(words: str) -> list[dict[str, Any]]:
    """Messages that carry the same words in every place data can show up."""
    link = {"type": "rich_text_section", "elements": [{"type": "link", "url": words, "text": words}]}
    return [
        {"text": words},
        {"blocks": [{"type": "markdown", "text": words}]},
        {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": words}}]},
        {"blocks": [{"type": "rich_text", "elements": [link]}]},
        {"blocks": actions(button("x", words, url=words))},
        {"blocks": [{"type": "table", "rows": [[{"type": "raw_text", "text": words}]]}]},
        {"blocks": [{"type": words, "text": words}]},
        {"username": words, "text": "hi"},
        {"files": [{"id": "F", "name": words, "mimetype": "image/png", "size": 1, "url": words}], "text": "hi"},
        {"reactions": [{"name": words, "count": 1, "users": [words]}], "text": "hi"},
    ]


async def test_hostile_text_stays_text(page: Page, served: Served[ScriptedEmulator]) -> None:
    messages = [shape for words in HOSTILE for shape in shapes(words)]
    for each in messages:
        served.emulator.say(**each)
    served.emulator.wire(HOSTILE[0], request=HOSTILE[0], response={HOSTILE[1]: HOSTILE[0]})
    await expect(page.locator(".message")).to_have_count(len(messages))
    await page.locator(".wire-row").click()
    await expect(page.locator(".wire-detail")).to_contain_text("onerror=")
    assert await page.evaluate("window.hacked") is None
    alive = ":is(script, [onerror], [onclick], [onload], [href^='javascript:'], [src^='javascript:'])"
    assert await page.locator(f"body {alive}").count() == 0
    assert await page.locator(".messages :is(img, svg:not(.icon))").count() == 0
    for words in ("<img src=x onerror", "<script>window", "<svg onload"):
        assert words in str(await page.locator(".messages").first.text_content())


async def test_the_inspector_lists_filters_and_shows_payloads(page: Page, served: Served[ScriptedEmulator]) -> None:
    emulator = served.emulator
    emulator.wire("app_mention", direction="to_bot", request={"event": {"text": "needle"}})
    emulator.wire("chat.postMessage", request={"text": "y" * 500}, response={"ok": False, "error": "ratelimited"})
    inspector = page.get_by_role("complementary", name="Inspector")
    await expect(inspector.locator(".wire-row")).to_have_count(2)
    await expect(inspector.locator(".wire-row").nth(1)).to_contain_text("ratelimited")
    await inspector.get_by_role("searchbox").fill("needle")
    await expect(inspector.locator(".wire-row:visible")).to_have_count(1)
    await inspector.get_by_role("searchbox").fill("")
    await inspector.locator(".wire-row").nth(1).click()
    request = inspector.get_by_role("region", name="Request")
    await expect(request).to_contain_text("more characters")
    await request.get_by_role("button", name=re.compile("more characters")).click()
    await expect(request).to_contain_text("y" * 500)
    await inspector.get_by_role("button", name="Pause").click()
    emulator.wire("held.back")
    await expect(inspector).to_contain_text("1 held")
    await expect(inspector.get_by_text("held.back")).to_have_count(0)
    await inspector.get_by_role("button", name="Go on").click()
    await expect(inspector.get_by_text("held.back")).to_be_visible()
    await inspector.get_by_role("button", name="Clear").click()
    await expect(inspector.locator(".wire-row")).to_have_count(0)
    await page.get_by_role("button", name="Inspector").click()
    await expect(inspector).to_be_hidden()


async def test_the_inspector_is_bounded(page: Page, served: Served[ScriptedEmulator]) -> None:
    for number in range(520):
        served.emulator.wire(f"call {number}")
    await expect(page.locator(".wire-row").last).to_contain_text("call 519")
    await expect(page.locator(".wire-row")).to_have_count(500)


async def background(page: Page, selector: str) -> int:
    """How light an element's background is, 0 to 255."""
    color = await page.locator(selector).first.evaluate("node => getComputedStyle(node).backgroundColor")
    return max(int(part) for part in re.findall(r"\d+", color)[:3])


async def test_dark_mode_follows_the_system_and_can_be_chosen(page: Page) -> None:
    assert await background(page, ".pane") > 200
    await page.emulate_media(color_scheme="dark")
    assert await background(page, ".pane") < 60
    await page.get_by_role("button", name="Theme: Light").click()
    assert await background(page, ".pane") > 200
    await page.reload()
    await expect(composer(page)).to_be_visible()
    assert await background(page, ".pane") > 200
    await page.get_by_role("button", name="Theme: Like the system").click()
    assert await background(page, ".pane") < 60


async def test_everything_with_the_keyboard_alone(page: Page, served: Served[ScriptedEmulator]) -> None:
    emulator = served.emulator
    asked = emulator.say(text="?", blocks=actions(button("yes", "Yes"), button("no", "No")))
    await expect(message(page, asked)).to_be_visible()
    await page.keyboard.type("first")  # the composer has the focus from the start
    await page.keyboard.press("Enter")
    await emulator.acted("post")
    await expect(page.locator(".message")).to_have_count(2)

    async def focus(locator: Locator, key: str = "Tab", most: int = 40) -> None:
        for _ in range(most):
            if await locator.evaluate("node => node === document.activeElement"):
                return
            await page.keyboard.press(key)
        raise AssertionError(f"{locator} is out of the keyboard's reach")

    last = page.locator(".message").last
    await focus(last, "Shift+Tab")
    await page.keyboard.press("ArrowUp")
    await expect(message(page, asked)).to_be_focused()
    await focus(page.get_by_role("button", name="Yes"))
    await page.keyboard.press("Enter")
    assert (await emulator.acted("click"))["action_id"] == "yes"
    await focus(message(page, asked).get_by_role("toolbar").get_by_role("button", name="Add a reaction"))
    await page.keyboard.press("Enter")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    assert (await emulator.acted("react"))["name"] == "-1"
    await focus(message(page, asked).get_by_role("button", name="Reply in thread"))
    await page.keyboard.press("Enter")
    await expect(composer(page, "Reply…")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("region", name="Thread in #general")).to_be_hidden()
    await focus(composer(page))
    await page.keyboard.press("ArrowUp")
    await expect(page.get_by_role("textbox", name="Edit the message")).to_have_value("first")
    await page.keyboard.press("Escape")
    await expect(composer(page)).to_be_focused()
    await focus(page.get_by_role("navigation").get_by_role("button", name="random"), "Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(composer(page, "Message #random")).to_be_focused()


async def test_the_focus_survives_a_message_drawn_again(page: Page, served: Served[ScriptedEmulator]) -> None:
    ts = served.emulator.say(text="?", blocks=actions(button("yes", "Yes"), button("no", "No")))
    await page.get_by_role("button", name="No").focus()
    served.emulator.say(ts=ts, text="!", blocks=actions(button("yes", "Oh yes"), button("no", "Oh no")))
    await expect(page.get_by_role("button", name="Oh no")).to_be_focused()
    served.emulator.say(ts=ts, text="decided")
    await expect(message(page, ts)).to_be_focused()


async def test_a_lost_connection_comes_back_with_what_was_missed(page: Page, served: Served[ScriptedEmulator]) -> None:
    state = page.get_by_role("status").first
    await expect(state).to_have_text("Live")
    served.emulator.hang_up()
    await expect(state).to_have_text("Reconnecting…")
    ts = served.emulator.say(text="said meanwhile")
    await expect(message(page, ts)).to_be_visible()
    await expect(state).to_have_text("Live")


async def test_a_reload_comes_back_to_the_same_place(page: Page, served: Served[ScriptedEmulator]) -> None:
    root = served.emulator.say(channel="C0RANDOM", text="a root")
    served.emulator.say(channel="C0RANDOM", text="a reply", thread_ts=root)
    await page.get_by_role("button", name="random").click()
    await page.get_by_role("button", name=re.compile("1 reply")).click()
    await page.reload()
    await expect(page.get_by_role("region", name="Thread in #random").get_by_text("a reply")).to_be_visible()
    await expect(page.get_by_role("heading", name="random", exact=True)).to_be_visible()


async def test_a_restart_says_why_the_workspace_is_empty(page: Page, served: Served[ScriptedEmulator]) -> None:
    ts = served.emulator.say(text="said before")
    await expect(message(page, ts)).to_be_visible()
    served.emulator.reset()
    await expect(page.get_by_role("alert")).to_contain_text("begins empty")
    await expect(page.get_by_role("heading", name="Welcome to #general")).to_be_visible()


async def test_who_forgets_the_mention_is_told_once(page: Page, served: Served[ScriptedEmulator]) -> None:
    await post(page, served.emulator, "@gateway hello")
    await expect(page.locator(".toast")).to_have_count(0)
    await post(page, served.emulator, "anybody?")
    await expect(page.get_by_role("alert")).to_contain_text("@gateway")
    await post(page, served.emulator, "nobody?")
    await expect(page.locator(".toast")).to_have_count(1)


async def test_a_file_says_whether_it_opens_or_is_saved(page: Page, served: Served[ScriptedEmulator]) -> None:
    files = [
        {"id": f"F{n}", "name": name, "title": name, "mimetype": mime, "size": 3, "url": f"http://127.0.0.1:1/{name}"}
        for n, (name, mime) in enumerate([("a.txt", "text/plain"), ("a.zip", "application/zip")])
    ]
    served.emulator.say(text="", files=files)
    await expect(page.get_by_role("link", name="Open a.txt")).to_be_visible()
    await expect(page.get_by_role("link", name="Download a.zip")).to_be_visible()


@pytest.mark.parametrize("width", [900, 1100, 1920])
async def test_nothing_sticks_out(page: Page, served: Served[ScriptedEmulator], width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 700})
    root = await post(page, served.emulator, "@gateway " + "longword" * 60)
    wide = "| " + " | ".join(["column"] * 20) + " |\n" + "|--" * 20 + "|\n"
    served.emulator.say(thread_ts=root, blocks=[{"type": "markdown", "text": wide + "`" + "x" * 400 + "`"}])
    await expect(page.get_by_role("region", name="Thread in #general")).to_be_visible()
    for selector in (".pane", ".thread-pane", ".pane-scroll", "html"):
        fits = await page.locator(selector).first.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
        assert fits, selector
