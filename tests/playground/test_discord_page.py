"""The Discord tab in a real browser: writing and reading messages, and the page as a whole."""

import base64
import io
import re
import wave

import pytest
from playwright.async_api import Locator, expect

from tests.playground.discord_stage import PNG, Stage, button, display, row

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

HOSTILE = [
    '<img src=x onerror="window.hacked=1">',
    "<script>window.hacked=1</script>",
    "[click](javascript:window.hacked=1)",
    "![x](https://tracker.example/pixel.png)",
    "```html\n<svg onload=window.hacked=1>\n```",
]


# -- writing


async def test_a_newcomer_is_told_what_to_do_and_the_bot_hears(discord: Stage) -> None:
    await expect(discord.page.get_by_role("heading", name=re.compile("Welcome to #stage"))).to_be_visible()
    await discord.page.get_by_role("button", name="Mention @gateway").click()
    await expect(discord.composer()).to_be_focused()
    await discord.page.keyboard.type("<b> & @ama")
    await expect(discord.page.get_by_role("option", name=re.compile("Amazing Grace"))).to_be_visible()
    await discord.page.keyboard.press("Tab")
    await discord.page.keyboard.type(":tada:")
    await discord.page.keyboard.press("Shift+Enter")
    await discord.page.keyboard.type("second line")
    await discord.page.keyboard.press("Enter")
    heard = await discord.heard("MESSAGE_CREATE")
    bot, grace = discord.emulator.bot.id, discord.emulator.grace.id
    assert heard["content"] == f"<@{bot}> <b> & <@{grace}> 🎉\nsecond line"
    await expect(discord.message(heard["id"])).to_contain_text("@gateway <b> & @Amazing Grace 🎉second line")
    await expect(discord.message(heard["id"]).locator(".mention")).to_have_count(2)
    await expect(discord.composer()).to_have_value("")


async def test_who_forgets_the_mention_is_told(discord: Stage) -> None:
    await discord.write("anybody?")
    await expect(discord.page.get_by_role("alert").filter(has_text="@gateway").first).to_be_visible()


async def test_what_was_typed_comes_back_when_it_could_not_be_sent(discord: Stage) -> None:
    await discord.composer().fill("x" * 2001)
    await discord.page.keyboard.press("Enter")
    await expect(discord.page.get_by_text("at most 2000 characters")).to_be_visible()
    await expect(discord.composer()).to_have_value("x" * 2001)
    await discord.composer().fill("")


async def test_replying(discord: Stage) -> None:
    first = await discord.say("What shall it be\n||or not||?")
    await discord.tool(first, "Reply")
    await expect(discord.page.get_by_text("Replying to gateway")).to_be_visible()
    await expect(discord.composer()).to_be_focused()
    await discord.page.keyboard.press("Escape")
    await expect(discord.page.get_by_text("Replying to gateway")).to_be_hidden()
    await discord.tool(first, "Reply")
    await discord.page.keyboard.type("Tea")
    await discord.page.keyboard.press("Enter")
    await discord.heard("MESSAGE_CREATE")
    heard = await discord.heard("MESSAGE_CREATE")
    assert heard["message_reference"]["message_id"] == first
    spine = discord.message(heard["id"]).locator(".spine")
    await expect(spine).to_contain_text("gateway")
    await expect(spine.get_by_role("button")).to_have_text("What shall it be spoiler?")
    await spine.get_by_role("button").click()
    await expect(discord.message(first)).to_be_focused()
    await discord.emulator.delete_messages(discord.channel, [first])
    await expect(spine).to_have_text("Original message was deleted")


async def test_own_messages_can_be_edited_and_deleted(discord: Stage) -> None:
    mine = await discord.write("hello @gateway")
    await expect(discord.message(mine)).to_be_visible()
    await discord.composer().press("ArrowUp")
    field = discord.page.get_by_role("textbox", name="Edit the message")
    await expect(field).to_have_value("hello @gateway")
    await field.fill("goodbye @gateway")
    await field.press("Enter")
    assert (await discord.heard("MESSAGE_UPDATE"))["content"] == f"goodbye <@{discord.emulator.bot.id}>"
    await expect(discord.message(mine)).to_contain_text("goodbye @gateway (edited)")
    await discord.tool(mine, "Delete")
    await discord.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    assert (await discord.heard("MESSAGE_DELETE"))["id"] == mine
    await expect(discord.message(mine)).to_have_count(0)
    others = await discord.say("mine")
    await discord.message(others).hover()
    await expect(discord.message(others).get_by_role("button", name="Reply")).to_be_visible()
    await expect(discord.message(others).get_by_role("button", name="Edit")).to_have_count(0)


async def test_files_come_by_button_and_by_drop(discord: Stage) -> None:
    await discord.page.locator(".pane:not([hidden]) .composer input[type=file]").first.set_input_files(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"\x00\xffbytes"}
    )
    await discord.page.evaluate(
        """bytes => {
            const data = new DataTransfer();
            const content = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
            data.items.add(new File([content], "b.png", {type: "image/png"}));
            document.querySelector(".pane").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true}));
        }""",
        base64.b64encode(PNG).decode(),
    )
    await discord.composer().fill("two files")
    await discord.page.keyboard.press("Enter")
    heard = await discord.heard("MESSAGE_CREATE")
    assert [(each["filename"], each["size"]) for each in heard["attachments"]] == [("a.txt", 7), ("b.png", len(PNG))]
    shown = discord.message(heard["id"])
    await expect(shown.get_by_role("link", name="Open a.txt")).to_be_visible()
    await expect(shown.get_by_role("img", name="b.png")).to_have_js_property("naturalWidth", 1)


async def test_a_recording_becomes_a_voice_message(discord: Stage) -> None:
    recording = io.BytesIO()
    with wave.open(recording, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(b"\x80" * 16_000)
    await discord.page.locator(".pane:not([hidden]) .composer input[accept='audio/*']").first.set_input_files(
        {"name": "note.wav", "mimeType": "audio/wav", "buffer": recording.getvalue()}
    )
    heard = await discord.heard("MESSAGE_CREATE")
    assert heard["attachments"][0]["duration_secs"] == 2
    shown = discord.message(heard["id"])
    await expect(shown).to_contain_text("Voice message0:02")
    await expect(shown.locator(".waveform i")).not_to_have_count(0)
    await expect(shown.locator("audio")).to_have_attribute("src", re.compile(r"^http://127\.0\.0\.1:\d+/cdn/"))


async def test_typing_is_shown_both_ways(discord: Stage) -> None:
    await discord.rest.post(f"/channels/{discord.channel}/typing")
    typing = discord.page.locator(".pane:not(.side-pane) .typing")
    await expect(typing).to_have_text("gateway is typing…")
    await discord.say("done")
    await expect(typing).to_have_text("")
    await discord.composer().press_sequentially("hm")
    await discord.heard("TYPING_START")
    heard = await discord.heard("TYPING_START")
    assert heard["user_id"] == discord.emulator.ada.id
    await discord.composer().fill("")


# -- what the bot says


async def test_an_answer_that_grows_by_edits(discord: Stage) -> None:
    answer = await discord.say("One **two")
    await expect(discord.message(answer)).to_contain_text("One **two")
    await discord.change(answer, content="One **two** three.")
    await expect(discord.message(answer).locator("strong")).to_have_text("two")
    await expect(discord.message(answer).locator(".edited")).to_have_text(" (edited)")
    log = discord.page.get_by_role("log", name="New messages")
    await expect(log).to_contain_text("gateway: One two three.")
    await expect(log).not_to_contain_text("One **two")


async def test_an_embed(discord: Stage) -> None:
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
    shown = discord.message(await discord.say(embeds=[embed])).get_by_role("article", name="Embed")
    await expect(shown.get_by_role("link", name="Build 42")).to_have_attribute("href", "https://ci.example/42")
    await expect(shown.locator(".embed-text strong")).to_have_text("green")
    await expect(shown.locator(".embed-field code")).to_have_text("main")
    await expect(shown.locator(".embed-footer")).to_contain_text(re.compile("nightly • .*2024"))
    await expect(shown).to_have_css("border-left-color", "rgb(35, 165, 90)")


async def test_a_mention_of_the_person_stands_out(discord: Stage) -> None:
    said = discord.message(await discord.say(f"<@{discord.emulator.ada.id}> look"))
    await expect(said).to_have_class(re.compile("pinged"))
    await expect(said.locator(".mention.me")).to_have_text("@Ada")


async def test_a_spoiler_opens_by_keyboard(discord: Stage) -> None:
    said = discord.message(await discord.say("it was ||the *butler*||"))
    spoiler = said.get_by_role("button", name="Spoiler: show it")
    await expect(said.locator(".spoiler-inside")).to_have_css("opacity", "0")
    await spoiler.focus()
    await discord.page.keyboard.press("Enter")
    await expect(spoiler).to_have_count(0)
    await expect(said.locator(".spoiler-inside")).to_have_css("opacity", "1")


async def test_reactions_toggle(discord: Stage) -> None:
    asked = await discord.say("good?")
    await discord.tool(asked, "Add Reaction")
    await discord.page.get_by_role("button", name="tada").click()
    assert (await discord.heard("MESSAGE_REACTION_ADD"))["emoji"]["name"] == "🎉"
    await discord.emulator.react(discord.channel, asked, "🎉", user="grace")
    chip = discord.message(asked).get_by_role("button", name="tada, 2, take yours off")
    await expect(chip).to_have_attribute("aria-pressed", "true")
    await chip.click()
    assert (await discord.heard("MESSAGE_REACTION_REMOVE"))["user_id"] == discord.emulator.ada.id
    await expect(discord.message(asked).get_by_role("button", name="tada, 1, add yours")).to_be_visible()


# -- the page as a whole


async def test_hostile_text_stays_text(discord: Stage) -> None:
    shown = 0
    for words in HOSTILE:
        await discord.say(words)
        await discord.say(embeds=[{"title": words, "description": words, "fields": [{"name": words, "value": words}]}])
        await discord.say("?", components=[row(button("x", words[:80]))])
        await discord.show(display(words), {"type": 17, "components": [display(words)]})
        await discord.emulator.post(discord.channel, "file", files=[(words, b"x", "text/html")])
        await discord.emulator.create_thread(discord.channel, words)
        shown += 6
    await expect(discord.page.locator(".pane:not(.side-pane) .message")).to_have_count(shown)
    assert await discord.page.evaluate("window.hacked") is None
    alive = ":is(script, [onerror], [onclick], [onload], [href^='javascript:'], [src^='javascript:'])"
    assert await discord.page.locator(f"body {alive}").count() == 0
    assert await discord.page.locator(".messages :is(img, svg:not(.icon))").count() == 0
    for words in ("<img src=x onerror", "<script>window", "<svg onload"):
        assert words in str(await discord.page.locator(".messages").first.text_content())


async def test_a_page_that_lagged_starts_over(discord: Stage) -> None:
    seen = await discord.say("seen")
    await expect(discord.message(seen)).to_be_visible()
    # Without a pause in between, so that the page's queue overflows and all of it is lost.
    missed = await discord.emulator.post(discord.channel, "missed", user="grace")
    await discord.emulator.delete_messages(discord.channel, [seen])
    for _ in range(1_100):
        await discord.emulator.typing("random", user="grace")
    await expect(discord.message(missed)).to_be_visible()
    await expect(discord.message(seen)).to_have_count(0)


async def test_a_reload_comes_back_to_the_same_place(discord: Stage) -> None:
    thread = await discord.emulator.create_thread(discord.channel, "Where I was")
    await discord.emulator.post(thread, "a word")
    await discord.seen()
    await discord.page.get_by_role("button", name="Threads", exact=True).click()
    await discord.page.get_by_role("menuitem", name="Where I was").click()
    await discord.page.reload()
    await expect(discord.page.get_by_role("region", name="Thread Where I was").get_by_text("a word")).to_be_visible()
    await expect(discord.composer()).to_be_visible()


async def test_everything_with_the_keyboard_alone(discord: Stage) -> None:
    asked = await discord.say("?", components=[row(button("yes", "Yes"), button("no", "No"))])
    await discord.write("first")
    page = discord.page

    async def focus(locator: Locator, key: str = "Tab", most: int = 40) -> None:
        for _ in range(most):
            if await locator.evaluate("node => node === document.activeElement"):
                return
            await page.keyboard.press(key)
        raise AssertionError(f"{locator} is out of the keyboard's reach")

    await focus(discord.last, "Shift+Tab")
    await page.keyboard.press("ArrowUp")
    await expect(discord.message(asked)).to_be_focused()
    await focus(discord.message(asked).get_by_role("button", name="No"))
    await page.keyboard.press("Enter")
    assert (await discord.heard("INTERACTION_CREATE"))["data"]["custom_id"] == "no"
    toolbar = discord.message(asked).get_by_role("toolbar")
    await focus(toolbar.get_by_role("button", name="Add Reaction"))
    await page.keyboard.press("Enter")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    assert (await discord.heard("MESSAGE_REACTION_ADD"))["emoji"]["name"] == "👎"
    await focus(toolbar.get_by_role("button", name="Create Thread"))
    await page.keyboard.press("Enter")
    await page.keyboard.type("!")
    await page.keyboard.press("Enter")
    await expect(discord.side.get_by_role("combobox")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(discord.side).to_be_hidden()
    await expect(discord.message(asked).locator(".thread-open")).to_be_focused()
    channels = page.get_by_role("navigation", name="Channels")
    await focus(channels.get_by_role("button", name="random", exact=True), "Shift+Tab", 80)
    await page.keyboard.press("Enter")
    await expect(discord.composer("Message #random")).to_be_focused()


async def test_dark_mode_follows_the_system(discord: Stage) -> None:
    async def background() -> int:
        color = await discord.page.locator(".pane").first.evaluate("node => getComputedStyle(node).backgroundColor")
        return max(int(part) for part in re.findall(r"\d+", color)[:3])

    assert await background() > 200
    await discord.page.emulate_media(color_scheme="dark")
    assert await background() < 80
    await discord.page.emulate_media(color_scheme="light")


async def test_nothing_sticks_out(discord: Stage) -> None:
    mine = await discord.write("@gateway " + "longword" * 60)
    path = f"/channels/{discord.channel}/messages/{mine}/threads"
    _, thread = await discord.rest.post(path, {"name": "longname" * 12})
    await discord.say("`" + "x" * 400 + "`\n```\n" + "y" * 400 + "\n```", to=thread["id"])
    await discord.say(embeds=[{"title": "t" * 250, "fields": [{"name": "n" * 200, "value": "v", "inline": True}] * 4}])
    await expect(discord.side).to_be_visible()
    for width in (900, 1100, 1440, 1920):
        await discord.page.set_viewport_size({"width": width, "height": 700})
        for selector in (".pane", ".side-pane", ".pane-scroll", "html"):
            fits = await discord.page.locator(selector).first.evaluate("n => n.scrollWidth <= n.clientWidth + 1")
            assert fits, (width, selector)
    await discord.page.set_viewport_size({"width": 1440, "height": 900})
