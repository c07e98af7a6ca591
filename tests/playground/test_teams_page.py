"""The Teams tab in a real browser: chats, channels, what stands around a message, and what a person does to it."""

import base64
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Locator, expect

from tests.playground.teams_stage import Stage, card, entry, staged, submit, text

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

HOSTILE = [
    '<img src=x onerror="window.hacked=1">',
    "<script>window.hacked=1</script>",
    "[click](javascript:window.hacked=1)",
    "<a href='javascript:window.hacked=1' onclick='window.hacked=1'>click</a>",
    "![x](https://tracker.example/pixel.png)",
    "<at><svg onload=window.hacked=1></at>",
]


def citing(name: str, **more: Any) -> dict[str, Any]:
    """The entity that says a message is AI-generated and cites one document."""
    look = {"@type": "DigitalDocument", "name": name, **more}
    return {
        "type": "https://schema.org/Message",
        "@type": "Message",
        "@context": "https://schema.org",
        "additionalType": ["AIGeneratedContent"],
        "citation": [{"@type": "Claim", "position": 1, "appearance": look}],
    }


@pytest_asyncio.fixture(loop_scope="module")
async def fresh(context: BrowserContext) -> AsyncIterator[Stage]:
    """A tenant in which nothing was said, on a page of its own."""
    async with staged(context) as running:
        yield running
    assert running.complaints == []


async def test_a_newcomer_writes_and_the_bot_hears(fresh: Stage) -> None:
    await expect(fresh.page.get_by_role("heading", name="This is your chat with gateway")).to_be_visible()
    await fresh.page.keyboard.type("hi <b>there</b>")  # the composer has the focus from the start
    await fresh.page.keyboard.press("Shift+Enter")
    await fresh.page.keyboard.type("see https://example.com/a_b.")
    await fresh.page.keyboard.press("Enter")
    assert (await fresh.heard("message"))["text"] == "hi <b>there</b>\nsee https://example.com/a_b."
    mine = fresh.message(fresh.latest())
    await expect(mine).to_contain_text("hi <b>there</b>")
    await expect(mine.get_by_role("link")).to_have_attribute("href", "https://example.com/a_b")
    await expect(fresh.composer()).to_have_value("")


async def test_each_text_format_shows_what_teams_shows(stage: Stage) -> None:
    source = "# Title\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n**bold** `code` ~~gone~~\n\n- item"
    markdown = stage.message(await stage.send(source))
    await expect(markdown).to_contain_text("# Title")
    await expect(markdown).to_contain_text("| a | b |")
    for tag, words in (("strong", "bold"), ("code", "code"), ("del", "gone"), ("li", "item")):
        await expect(markdown.locator(f".message-body {tag}")).to_have_text(words)
    extended = stage.message(await stage.send(source, textFormat="extendedmarkdown"))
    await expect(extended.get_by_role("heading")).to_have_text("Title")
    await expect(extended.locator("td")).to_have_text(["1", "2"])
    xml = stage.message(await stage.send("<b>bold</b><br/><i>two &lt; 3</i> <nope>", textFormat="xml"))
    await expect(xml.locator("strong")).to_have_text("bold")
    await expect(xml.locator("em")).to_have_text("two < 3")
    await expect(xml).to_contain_text("<nope>")
    plain = stage.message(await stage.send("**stays**", textFormat="plain"))
    await expect(plain).to_contain_text("**stays**")


async def test_mentions_in_a_group_chat(fresh: Stage) -> None:
    await fresh.go("Lunch")
    await fresh.composer().fill("anybody?")
    await fresh.page.keyboard.press("Enter")
    await expect(fresh.page.get_by_role("alert")).to_contain_text("begin with @gateway")
    await fresh.composer().press_sequentially("@gat")
    await fresh.page.keyboard.press("Enter")
    await fresh.page.keyboard.type("and @Gra")
    await fresh.page.keyboard.press("Tab")
    await fresh.page.keyboard.press("Enter")
    heard = await fresh.heard("message")
    assert heard["text"].strip() == "<at>gateway</at> and <at>Grace Hopper</at>"
    await expect(fresh.message(heard["id"]).locator(".mention")).to_have_text(["gateway", "Grace Hopper"])
    ada = {"type": "mention", "text": "<at>Ada</at>", "mentioned": {"id": fresh.emulator.ada.id, "name": "Ada"}}
    answer = await fresh.send("<at>Ada</at>: **pizza**", to=fresh.emulator.group.id, entities=[ada])
    await expect(fresh.message(answer).locator(".mention.me")).to_have_text("Ada")
    await expect(fresh.page.locator(".toast")).to_have_count(1)


async def test_a_post_in_a_channel_and_its_replies(stage: Stage) -> None:
    general = stage.emulator.general.id
    await stage.go("General")
    await stage.page.get_by_role("button", name="Mention @gateway").click()
    await stage.page.keyboard.type("what is new?")
    await stage.page.keyboard.press("Enter")
    root = (await stage.heard("message"))["id"]
    await stage.emulator.say("General", "Another post", user="Linus")
    answer = await stage.send("Nothing.", to=f"{general};messageid={root}")
    post = stage.page.get_by_role("list", name="Post and its replies").first
    await expect(post.locator(".message .message-body")).to_have_text(["gateway what is new?", "Nothing."])
    await expect(stage.message(answer).locator(".author")).to_have_text("gateway")
    await post.get_by_role("button", name="Reply").click()
    await expect(stage.composer("Reply")).to_be_focused()
    await stage.page.keyboard.type("a draft")
    await stage.page.keyboard.press("Escape")
    await expect(post.get_by_role("button", name="Reply")).to_be_focused()
    await stage.page.keyboard.press("Enter")
    await expect(stage.composer("Reply")).to_have_value("a draft")
    await stage.composer("Reply").fill("@gateway thanks")
    await stage.page.keyboard.press("Enter")
    assert (await stage.heard("message"))["conversation"]["id"] == f"{general};messageid={root}"
    await expect(post.locator(".message")).to_have_count(3)
    await expect(stage.composer("Start a post")).to_have_value("")


async def test_own_messages_are_edited_deleted_and_brought_back(stage: Stage) -> None:
    mine = await stage.emulator.say("personal", "hello")
    await stage.tool(mine, "Edit")
    field = stage.page.get_by_role("textbox", name="Edit the message")
    await expect(field).to_have_value("hello")
    await field.fill("goodbye")
    await field.press("Enter")
    assert (await stage.heard("messageUpdate"))["text"] == "goodbye"
    await expect(stage.message(mine)).to_contain_text("Edited")
    await stage.tool(mine, "Delete")
    await stage.heard("messageDelete")
    await expect(stage.message(mine)).to_contain_text("This message has been deleted")
    await stage.page.get_by_role("button", name="Undo").click()
    assert (await stage.heard("messageUpdate"))["channelData"]["eventType"] == "undeleteMessage"
    await expect(stage.message(mine).locator(".bubble")).to_contain_text("goodbye")
    await stage.composer().press("ArrowUp")
    await expect(field).to_be_focused()
    await field.press("Escape")
    bots = await stage.send("mine")
    await stage.message(bots).hover()
    await expect(stage.message(bots).get_by_role("button", name="Add a reaction")).to_be_visible()
    await expect(stage.message(bots).get_by_role("button", name="Edit")).to_have_count(0)


async def test_a_stream_is_announced_grows_and_is_stopped(stage: Stage) -> None:
    stream_id = await stage.stream("Looking it up…", "informative", 1)
    message, stop = stage.message(stream_id), stage.page.get_by_role("button", name="Stop")
    await expect(message.get_by_role("status")).to_have_text("Looking it up…")
    await expect(stop).to_be_visible()
    await stage.stream("One **two**", "streaming", 2, stream_id)
    await expect(message.locator("strong")).to_have_text("two")
    await expect(message.locator(".caret")).to_be_visible()
    await stage.stream("One **two** three", "final", None, stream_id)
    await expect(message.locator(".caret")).to_have_count(0)
    await expect(stop).to_be_hidden()
    await expect(stage.page.get_by_role("log", name="New messages")).to_contain_text("gateway: One two three")
    second = await stage.stream("On and on", "streaming", 1)
    await stop.click()
    await expect(stage.message(second)).to_contain_text("You stopped this response")
    await expect(stop).to_be_hidden()


async def test_typing_and_suggested_actions(stage: Stage) -> None:
    await stage.call("POST", f"conversations/{stage.personal}/activities", {"type": "typing"})
    await expect(stage.page.get_by_text("gateway is typing…")).to_be_visible()
    content = {"type": "Teams.chatMessage", "data": {"body": {"content": "<at id='0'>gateway</at> remind me"}}}
    actions = [{"type": "imBack", "title": f"Number {n}", "value": f"number {n}"} for n in range(1, 5)]
    compose = {"type": "Action.Compose", "title": "Write", "value": content}
    await stage.send("Choose", suggestedActions={"actions": [*actions, compose]})
    await expect(stage.page.get_by_text("gateway is typing…")).to_be_hidden()
    offered = stage.page.get_by_role("group", name="Suggested actions")
    await expect(offered.get_by_role("button")).to_have_text(["Number 1", "Number 2", "Number 3", "+2"])
    await offered.get_by_role("button", name="More suggestions").click()
    await stage.page.get_by_role("menuitem", name="Write").click()
    await expect(stage.composer()).to_have_value("@gateway remind me")
    await offered.get_by_role("button", name="Number 2").click()
    assert (await stage.heard("message"))["text"] == "number 2"
    await expect(offered).to_be_hidden()  # they were the last message's


async def test_the_ai_label_and_citations(stage: Stage) -> None:
    entity = citing("The handbook", abstract="All of it", url="https://example.com/h", keywords=["air"])
    message = stage.message(await stage.send("Planes fly [1], trains do not [2].", entities=[entity]))
    await expect(message.get_by_text("AI generated")).to_be_visible()
    await expect(message).to_contain_text("trains do not [2].")
    await message.get_by_role("button", name="Reference 1: The handbook").first.click()
    popup = stage.page.get_by_role("group", name="Reference 1")
    await expect(popup).to_contain_text("All of it")
    await expect(popup.get_by_role("link", name="The handbook")).to_be_focused()
    await stage.page.keyboard.press("Escape")
    await expect(message.get_by_role("button", name="Reference 1").first).to_be_focused()
    await expect(message.get_by_role("list", name="References").get_by_role("button")).to_have_count(1)


async def test_thumbs_ask_why(stage: Stage) -> None:
    stage.answer = lambda activity: {} if activity["type"] == "invoke" else None
    message = stage.message(await stage.send("An answer", channelData={"feedbackLoop": {"type": "default"}}))
    await message.get_by_role("button", name="Dislike").click()
    window = stage.page.get_by_role("dialog", name="Submit feedback")
    await window.get_by_role("textbox", name="What went wrong?").fill("too short")
    stage.status = 500
    await window.get_by_role("button", name="Submit").click()
    await expect(window.get_by_role("alert")).to_contain_text("Something went wrong")
    stage.status = 200
    await window.get_by_role("button", name="Submit").click()
    await expect(window).to_have_count(0)
    given = (await stage.heard("message/submitAction"))["value"]["actionValue"]
    assert given == {"reaction": "dislike", "feedback": '{"feedbackText":"too short"}'}
    await expect(message.get_by_role("button", name="Dislike")).to_have_attribute("aria-pressed", "true")


async def test_reactions_toggle(stage: Stage) -> None:
    said = await stage.send("look")
    await stage.emulator.react("personal", said, "1f440_eyes")
    await stage.tool(said, "Add a reaction")
    await stage.page.get_by_role("button", name="heart").click()
    assert (await stage.heard("messageReaction"))["reactionsAdded"] == [{"type": "1f440_eyes"}]
    assert (await stage.heard("messageReaction"))["reactionsAdded"] == [{"type": "heart"}]
    eyes = stage.message(said).get_by_role("button", name=re.compile("^eyes, 1"))
    await expect(eyes).to_contain_text("👀")
    await eyes.click()
    assert (await stage.heard("messageReaction"))["reactionsRemoved"] == [{"type": "1f440_eyes"}]
    await expect(stage.message(said).locator(".reaction")).to_have_count(1)


async def test_files_and_pictures_are_sent(stage: Stage) -> None:
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    files = stage.page.locator(".pane-foot .composer input[type=file]")
    await files.nth(0).set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"\x00\xffbytes"})
    await files.nth(1).set_input_files({"name": "dot.png", "mimeType": "image/png", "buffer": base64.b64decode(pixel)})
    await stage.composer().press("Enter")
    kinds = [attachment["contentType"] for attachment in (await stage.heard("message"))["attachments"]]
    assert kinds == ["image/*", "application/vnd.microsoft.teams.file.download.info", "text/html"]
    mine = stage.message(stage.latest())
    await expect(mine.get_by_role("link", name="Download a.txt")).to_be_visible()
    await expect(mine.locator(".file-size")).to_have_text("TXT · 7 B")
    loaded = "image => image.complete && image.naturalWidth === 1"
    await mine.locator("img").wait_for()
    assert await mine.locator("img").evaluate(f"async image => {{ await image.decode(); return ({loaded})(image); }}")


async def test_the_app_and_people_come_and_go(stage: Stage) -> None:
    await stage.go("Lunch")
    await stage.page.get_by_role("button", name="More options").click()
    await stage.page.get_by_role("menuitem", name="Remove gateway from the chat").click()
    assert (await stage.heard("installationUpdate"))["action"] == "remove"
    await expect(stage.page.get_by_text("gateway is not installed here")).to_be_visible()
    await stage.page.get_by_role("button", name="Add gateway").click()
    assert (await stage.heard("installationUpdate"))["action"] == "add"
    await expect(stage.page.get_by_text("gateway is not installed here")).to_be_hidden()
    await stage.page.get_by_role("button", name="People, 3").click()
    await stage.page.get_by_role("button", name="Remove Linus Torvalds").click()
    await expect(stage.page.get_by_role("button", name="People, 2")).to_be_focused()
    await stage.page.keyboard.press("Enter")
    await stage.page.get_by_role("button", name="Add Linus Torvalds").click()
    await expect(stage.page.get_by_role("button", name="People, 3")).to_be_visible()


async def test_a_message_for_one_person_says_so(stage: Stage) -> None:
    path = f"conversations/{stage.emulator.group.id}/activities?isTargetedActivity=true"
    for person, words in ((stage.emulator.ada, "for Ada"), (stage.emulator.grace, "for Grace")):
        told = {"type": "message", "text": words, "recipient": {"id": person.id}}
        await stage.call("POST", path, told)
    await stage.send("for all", to=stage.emulator.group.id)
    await stage.go("Lunch")
    mine = stage.page.locator(".message", has_text="for Ada")
    await expect(mine).to_contain_text("Only you can see this message")
    await expect(stage.page.locator(".message", has_text="for all")).to_be_visible()
    await expect(stage.page.get_by_text("for Grace")).to_have_count(0)


async def test_what_the_bot_did_not_take_says_so(stage: Stage) -> None:
    stage.status = 500
    await stage.composer().fill("precious words")
    await stage.page.keyboard.press("Enter")
    written = (await stage.heard("message"))["id"]
    await expect(stage.message(written)).to_contain_text("Not delivered: the bot did not take this message")


async def test_unread_chats_are_counted(stage: Stage) -> None:
    await stage.send("psst", to=stage.emulator.random.id)
    row = stage.page.get_by_role("navigation", name="Chats and channels").get_by_role("button", name="Random")
    await expect(row.get_by_label("1 unread")).to_be_visible()
    await row.click()
    await expect(row.get_by_label("unread")).to_have_count(0)
    await stage.go("gateway")
    await stage.page.get_by_role("navigation", name="Teams").get_by_role("button", name="Teams").click()
    await expect(stage.page.get_by_role("region", name="Channel General")).to_be_visible()
    await stage.page.reload()
    await expect(stage.page.get_by_role("region", name="Channel General")).to_be_visible()


async def test_hostile_text_stays_text(fresh: Stage) -> None:
    for words in HOSTILE:
        for shape in ("plain", "markdown", "extendedmarkdown", "xml"):
            await fresh.send(words, textFormat=shape)
        await fresh.send(f"[1] {words}", entities=[citing(words[:80], url=words)])
        inside = [
            text(words),
            {"type": "FactSet", "facts": [{"title": words, "value": words}]},
            entry("x", label=words),
        ]
        url = {"type": "Action.OpenUrl", "title": words, "url": words}
        hero = {"title": words, "text": words, "buttons": [{"type": "openUrl", "title": words, "value": words}]}
        cards = [card(*inside, actions=(url, submit(words))), {"contentType": "application/vnd.microsoft.card.hero"}]
        await fresh.send("", attachments=[cards[0], cards[1] | {"content": hero}])
        await fresh.emulator.say("personal", words)
    await expect(fresh.page.locator(".message")).to_have_count(7 * len(HOSTILE))
    assert await fresh.page.evaluate("window.hacked") is None
    alive = ":is(script, [onerror], [onclick], [onload], [href^='javascript:'], [src^='javascript:'])"
    assert await fresh.page.locator(f"body {alive}").count() == 0
    assert await fresh.page.locator(".messages :is(img, svg:not(.icon))").count() == 0
    for words in ("<img src=x onerror", "<script>window", "<svg onload"):
        assert words in str(await fresh.page.locator(".messages").text_content())


async def test_what_was_typed_survives_a_resync(fresh: Stage) -> None:
    said = await fresh.send("", attachments=[card(entry("name"), actions=(submit("Send"),))])
    field = fresh.message(said).get_by_role("textbox", name="Name")
    await field.fill("half a na")
    await fresh.composer().fill("a draft")
    await field.focus()
    await fresh.emulator.uninstall()  # so that the bot hears nothing of what follows
    for turn in range(1_101):  # more at once than is kept for a page: it is told to look again
        await fresh.emulator.react("personal", said, "heart", added=turn % 2 == 0)
    await expect(fresh.message(said).locator(".reaction")).to_have_count(1)
    await expect(field).to_have_value("half a na")
    await expect(field).to_be_focused()
    await expect(fresh.composer()).to_have_value("a draft")


async def test_everything_with_the_keyboard_alone(fresh: Stage) -> None:
    asked = await fresh.send("", attachments=[card(entry("name"), actions=(submit("Yes"), submit("No")))])
    await expect(fresh.message(asked)).to_be_visible()
    await fresh.composer().press_sequentially("first")
    await fresh.page.keyboard.press("Enter")
    await fresh.heard("message")
    await expect(fresh.page.locator(".message")).to_have_count(2)

    async def focus(locator: Locator, key: str = "Tab", most: int = 40) -> None:
        for _ in range(most):
            if await locator.evaluate("node => node === document.activeElement"):
                return
            await fresh.page.keyboard.press(key)
        raise AssertionError(f"{locator} is out of the keyboard's reach")

    await focus(fresh.page.locator(".message").last, "Shift+Tab")
    await fresh.page.keyboard.press("ArrowUp")
    await expect(fresh.message(asked)).to_be_focused()
    await focus(fresh.message(asked).get_by_role("textbox", name="Name"))
    await fresh.page.keyboard.type("Ada")
    await focus(fresh.page.get_by_role("button", name="No", exact=True))
    await fresh.page.keyboard.press("Enter")
    assert (await fresh.heard("message"))["value"] == {"pressed": "No", "name": "Ada"}
    await focus(fresh.message(asked).get_by_role("toolbar").get_by_role("button", name="Add a reaction"))
    await fresh.page.keyboard.press("Enter")
    await fresh.page.keyboard.press("ArrowRight")
    await fresh.page.keyboard.press("Enter")
    assert (await fresh.heard("messageReaction"))["reactionsAdded"] == [{"type": "heart"}]
    chats = fresh.page.get_by_role("navigation", name="Chats and channels")
    await focus(chats.get_by_role("button", name="Random"), "Shift+Tab")
    await fresh.page.keyboard.press("Enter")
    await expect(fresh.composer("Start a post")).to_be_focused()


async def test_nothing_sticks_out(fresh: Stage) -> None:
    wide = {"type": "Table", "columns": [{"width": 1}] * 12, "rows": [{"cells": [{"items": [text("column")]}] * 12}]}
    await fresh.send("longword" * 60 + "\n\n`" + "x" * 400 + "`")
    await fresh.send("", attachments=[card(wide, text("y" * 300))])
    await fresh.emulator.say("personal", "mine" * 100)
    await expect(fresh.page.locator(".message")).to_have_count(3)
    for width in (700, 1000, 1920):
        await fresh.page.set_viewport_size({"width": width, "height": 700})
        for selector in (".pane", ".pane-scroll", "html"):
            fits = await fresh.page.locator(selector).first.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
            assert fits, (width, selector)
