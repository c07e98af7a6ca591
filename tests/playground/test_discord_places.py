"""The Discord tab in a real browser: threads, forums, direct messages, and what is unread in them."""

import re

import pytest
from playwright.async_api import expect

from tests.playground.discord_stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_the_thread_in_which_one_is_answered_opens_by_itself(discord: Stage) -> None:
    mine = await discord.write("@gateway hi")
    path = f"/channels/{discord.channel}/messages/{mine}/threads"
    status, thread = await discord.rest.post(path, {"name": "A thread of ours"})
    assert status in (200, 201), thread
    await discord.say("answered here", to=thread["id"])
    side = discord.page.get_by_role("region", name="Thread A thread of ours")
    await expect(side).to_contain_text("answered here")
    await expect(side.locator(".message").first).to_contain_text("@gateway hi")
    await expect(discord.composer()).to_be_focused()
    await discord.composer("Message in “A thread of ours”").fill("and there")
    await discord.page.keyboard.press("Enter")
    await expect(side).to_contain_text("and there")
    await expect(discord.message(mine)).to_contain_text("2 Messages")
    await discord.page.keyboard.press("Escape")
    await expect(side).to_be_hidden()
    card = discord.message(mine).get_by_role("button", name=re.compile("A thread of ours"))
    await expect(card).to_be_focused()
    await discord.go("A thread of ours")
    await expect(discord.last).to_contain_text("and there")


async def test_threads_are_opened_found_and_deleted(discord: Stage) -> None:
    asked = await discord.say("Let us talk")
    await discord.tool(asked, "Create Thread")
    dialog = discord.page.get_by_role("dialog", name="Create Thread")
    await expect(dialog.get_by_role("textbox", name="Thread Name")).to_have_value("Let us talk")
    await dialog.get_by_role("textbox").fill("Talk")
    await discord.page.keyboard.press("Enter")
    assert (await discord.heard("THREAD_CREATE"))["id"] == asked
    await expect(discord.side.get_by_role("combobox")).to_be_focused()
    await discord.side.get_by_role("button", name="Close the thread").click()
    await discord.page.get_by_role("button", name="Threads", exact=True).click()
    await discord.page.get_by_role("menuitem", name="Talk").click()
    await discord.side.get_by_role("button", name="Delete Thread").click()
    await discord.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    assert (await discord.heard("THREAD_DELETE"))["id"] == asked
    await expect(discord.side).to_be_hidden()
    await discord.page.get_by_role("button", name="Threads", exact=True).click()
    await discord.page.get_by_role("menuitem", name="Create Thread…").click()
    await dialog.get_by_role("textbox").fill("Of its own")
    await discord.page.keyboard.press("Enter")
    await expect(discord.page.locator(".note")).to_contain_text("Ada started a thread: Of its own")


async def test_a_locked_thread_takes_no_words(discord: Stage) -> None:
    thread = await discord.emulator.create_thread(discord.channel, "Locked one")
    await discord.go("Locked one")
    await expect(discord.composer("Message in “Locked one”")).to_be_visible()
    await discord.emulator.archive_thread(thread, archived=False, locked=True)
    await expect(discord.page.locator(".locked:visible")).to_be_visible()
    await expect(discord.composer("Message in “Locked one”")).to_be_hidden()


async def test_a_thread_with_a_long_name_stays_within_its_list(discord: Stage) -> None:
    name = "A thread that is named after all of what somebody asked"
    await discord.emulator.create_thread(discord.channel, name)
    channels = discord.page.get_by_role("navigation", name="Channels")
    await expect(channels.get_by_role("button", name=name)).to_be_visible()
    assert await channels.evaluate("list => list.scrollWidth <= list.clientWidth")


async def test_a_forum_takes_posts(discord: Stage) -> None:
    await discord.go("ideas")
    await discord.page.get_by_role("button", name="New Post").click()
    dialog = discord.page.get_by_role("dialog", name="New post in #ideas")
    await dialog.get_by_role("textbox", name="Message").fill("@gateway could it?")
    await dialog.get_by_role("button", name="Post").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("a name has 1 to 100 characters")
    await dialog.get_by_role("textbox", name="Title").fill("A faster search")
    await dialog.get_by_role("button", name="Post").click()
    post = await discord.heard("THREAD_CREATE")
    assert (post["name"], post["parent_id"]) == ("A faster search", discord.emulator.ideas.id)
    side = discord.page.get_by_role("region", name="Thread A faster search")
    await expect(side.locator(".message")).to_contain_text("@gateway could it?")
    await discord.say("It could.", to=post["id"])
    await expect(side).to_contain_text("It could.")
    card = discord.page.get_by_role("list", name="Posts").get_by_role("button")
    await expect(card).to_contain_text(re.compile("A faster search.*Ada: @gateway could it.*1 reply"))
    await side.get_by_role("button", name="Close the thread").click()
    await expect(card).to_be_focused()


async def test_a_direct_message_shows_what_was_missed(discord: Stage) -> None:
    servers = discord.page.get_by_role("navigation", name="Servers")
    home = servers.get_by_role("button", name="Direct Messages")
    await discord.say("psst", to=discord.emulator.dm.id)
    await expect(home).to_contain_text("1")
    await home.click()
    await expect(discord.last).to_contain_text("psst")
    await expect(home).not_to_contain_text("1")
    await discord.composer("Message @gateway").fill("what?")
    await discord.page.keyboard.press("Enter")
    await discord.heard("MESSAGE_CREATE")
    heard = await discord.heard("MESSAGE_CREATE")
    assert (heard["channel_id"], "guild_id" in heard) == (discord.emulator.dm.id, False)


async def test_channels_show_what_is_unread(discord: Stage) -> None:
    await discord.go("random")
    await discord.say(f"<@{discord.emulator.ada.id}>!", to=discord.channel)
    name = discord.emulator.world.channels[discord.channel].name
    entry = discord.page.get_by_role("navigation", name="Channels").get_by_role("button", name=re.compile(f"^{name}"))
    await expect(entry).to_have_class(re.compile("unread"))
    await expect(entry.locator(".unread-count")).to_have_text("1")
    await entry.click()
    await expect(entry.locator(".unread-count")).to_have_count(0)


async def test_the_bot_is_kicked_and_invited(discord: Stage) -> None:
    menu = discord.page.get_by_role("button", name="Gateway HQ").last
    await menu.click()
    await discord.page.get_by_role("menuitem", name="Kick gateway").click()
    assert (await discord.heard("GUILD_DELETE"))["id"] == discord.emulator.guild.id
    await discord.seen()
    await menu.click()
    await discord.page.get_by_role("menuitem", name="Add gateway to the server").click()
    assert (await discord.heard("GUILD_CREATE"))["id"] == discord.emulator.guild.id
