"""The JSON the playground's page speaks."""

import asyncio
import base64
from typing import Any

import aiohttp
import pytest

from gateway.adapter import Emulator
from gateway.emulators.common.observe import MAX_QUEUED
from gateway.emulators.discord.emulator import DiscordEmulator
from gateway.emulators.discord.values import Intent, seconds_of
from tests.emulators.discord.bot import Bot, Rest, button, label, modal, row, socket, text_input

FILE = {"name": "a.txt", "mime": "text/plain", "data": base64.b64encode(b"abc").decode()}


def test_it_is_an_emulator(emulator: DiscordEmulator) -> None:
    standing: Emulator = emulator
    assert standing.name == "discord"
    emulator.deliver_to("http://127.0.0.1:1")
    environment = emulator.environment()
    assert set(environment) == {"DISCORD_API_URL", "DISCORD_GATEWAY_URL", "DISCORD_BOT_TOKEN"}


async def act(emulator: DiscordEmulator, kind: str, **more: Any) -> Any:
    return await emulator.act({"type": kind, **more})


async def test_what_a_person_does_shows_in_the_snapshot(emulator: DiscordEmulator, rest: Rest) -> None:
    done = await act(emulator, "post", channel="general", text="@gateway and @Amazing Grace, see #random", files=[FILE])
    assert done["ok"]
    message_id = done["id"]
    assert (await act(emulator, "react", channel="general", id=message_id, emoji="👀"))["ok"]
    thread = (await act(emulator, "create_thread", channel="general", name="T", id=message_id))["channel"]
    await rest.say(thread, {"content": "answer"})
    assert (await act(emulator, "typing", channel="general", user="grace"))["ok"]
    assert (await act(emulator, "voice", channel="general", data=FILE["data"], duration=1.5))["ok"]
    post = (await act(emulator, "create_post", channel="ideas", title="P", text="idea"))["channel"]
    snapshot = emulator.snapshot()
    assert (snapshot["me"], snapshot["bot"]["user_id"]) == (emulator.ada.id, emulator.bot.id)
    guild = snapshot["guild"]
    assert (guild["id"], guild["name"], guild["bot_present"]) == (emulator.guild.id, "Gateway HQ", True)
    assert [role["name"] for role in guild["roles"]] == [role.name for role in emulator.guild.roles.values()]
    kinds = {c["name"]: c["kind"] for c in snapshot["channels"]}
    expected = {"general": "text", "random": "text", "ideas": "forum", "secret": "text", "T": "thread", "P": "thread"}
    assert kinds == {**expected, "gateway": "dm"}
    mine, voice = snapshot["messages"][emulator.general.id]
    assert mine["content"] == (f"<@{emulator.bot.id}> and <@{emulator.grace.id}>, see <#{emulator.random.id}>")
    assert mine["mentions"] == {
        f"<@{emulator.bot.id}>": "@gateway",
        f"<@{emulator.grace.id}>": "@Amazing Grace",
        f"<#{emulator.random.id}>": "#random",
    }
    assert mine["reactions"] == [{"emoji": "👀", "count": 1, "users": [emulator.ada.id]}]
    assert (mine["thread"], mine["attachments"][0]["filename"]) == (message_id, "a.txt")
    assert voice["attachments"][0]["duration_secs"] == 1.5
    assert [m["content"] for m in snapshot["messages"][thread]] == ["", "answer"]
    assert [m["id"] for m in snapshot["messages"][post]] == [post]
    assert [(t["channel"], t["user"]) for t in snapshot["typing"]] == [(emulator.general.id, emulator.grace.id)]
    assert snapshot["users"][0]["avatar"].startswith(emulator.world.base)


async def test_editing_replying_leaving(emulator: DiscordEmulator) -> None:
    first = (await act(emulator, "post", channel="general", text="one"))["id"]
    second = (await act(emulator, "post", channel="general", text="two", reply_to=first, user="grace"))["id"]
    assert (await act(emulator, "edit", channel="general", id=first, text="edited"))["ok"]
    shown = emulator.snapshot()["messages"][emulator.general.id]
    assert [(m["content"], m["edited"], m["reply_to"]) for m in shown] == [
        ("edited", True, None),
        ("two", False, first),
    ]
    assert shown[1]["pings"]["users"] == [emulator.ada.id]
    assert (await act(emulator, "delete", channel="general", id=second))["ok"]
    thread = (await act(emulator, "create_thread", channel="general", name="T"))["channel"]
    assert (await act(emulator, "delete_thread", channel=thread))["ok"]
    assert (await act(emulator, "open_dm"))["channel"] == emulator.dm.id
    assert (await act(emulator, "remove_bot"))["ok"]
    assert emulator.snapshot()["guild"]["bot_present"] is False
    assert (await act(emulator, "add_bot"))["ok"]


async def test_what_cannot_be_done_is_said(emulator: DiscordEmulator) -> None:
    for action in (
        {"type": "post", "channel": "general", "text": ""},
        {"type": "post", "channel": "general", "text": "x" * 2001},
        {"type": "post", "channel": "nowhere", "text": "x"},
        {"type": "post", "channel": "general", "text": "x", "user": "nobody"},
        {"type": "post", "channel": "general", "text": "x", "files": [{"name": "a", "data": "!"}]},
        {"type": "dance"},
        {"type": "edit"},
        {"type": "react", "channel": "general", "id": "1", "emoji": "thumbsup"},
        {"type": "submit", "modal_id": "1"},
        {"type": "command", "channel": "general", "command": "none"},
        {"type": "create_post", "channel": "general", "title": "x", "text": "x"},
        {"type": "create_thread", "channel": "ideas", "name": "x"},
        {"type": "delete", "channel": "general", "id": "1"},
    ):
        answer = await emulator.act(action)
        assert answer["ok"] is False, action
        assert answer["error"]


async def test_clicks_and_forms(emulator: DiscordEmulator, bot: Bot, rest: Rest) -> None:
    made = await rest.say(emulator.general.id, {"content": "x", "components": [row(button())]})
    upload = {"type": 19, "custom_id": "files"}
    form = modal(label("Name", text_input()), label("Files", upload))
    heard: list[Any] = []

    async def press(interaction: Any) -> None:
        heard.append(interaction.data)
        body = {"type": 9, "data": form} if len(heard) == 1 else {"type": 4, "data": {"content": "ok", "flags": 64}}
        await rest.post(f"/interactions/{interaction.id}/{interaction.token}/callback", body)

    bot.on_press = press
    clicked = await act(emulator, "click", channel="general", id=made["id"], custom_id="go")
    assert (clicked["ok"], clicked["kind"]) == (True, "modal")
    (shown,) = emulator.snapshot()["modals"]
    assert (shown["id"], shown["title"], shown["user"]) == (clicked["modal_id"], "Form", emulator.ada.id)
    refused = await act(emulator, "submit", modal_id=clicked["modal_id"], values={"name": ""})
    assert (refused["ok"], set(refused["errors"])) == (False, {"name", "files"})
    values = {"name": "Ada", "files": [FILE]}
    sent = await act(emulator, "submit", modal_id=clicked["modal_id"], values=values)
    assert (sent["ok"], sent["kind"]) == (True, "message")
    assert heard[1]["components"][0]["component"]["value"] == "Ada"
    assert emulator.snapshot()["messages"][emulator.general.id][-1]["ephemeral_for"] == emulator.ada.id
    assert (await act(emulator, "dismiss", channel="general", id=sent["message_id"]))["ok"]
    bot.on_press, emulator.interaction_deadline = None, 0.05
    failed = await act(emulator, "click", channel="general", id=made["id"], custom_id="go")
    assert (failed["ok"], failed["error"]) == (False, "This interaction failed")


async def test_commands_on_the_page(emulator: DiscordEmulator, bot: Bot, rest: Rest) -> None:
    paper = {"type": 11, "name": "paper", "description": "x"}
    command = {"name": "read", "description": "Read", "options": [paper]}
    await rest("PUT", f"/applications/{emulator.bot.id}/commands", json=[command])
    assert [c["name"] for c in emulator.snapshot()["commands"]] == ["read"]
    bot.on_press = lambda interaction: interaction.response.send_message("read")  # type: ignore[assignment,return-value]
    done = await act(emulator, "command", channel="general", command="read", options={"paper": FILE})
    assert (done["ok"], done["kind"]) == (True, "message")
    shown = emulator.snapshot()["messages"][emulator.general.id][-1]
    assert shown["command"] == {"name": "read", "user": emulator.ada.id}


async def test_changes_and_the_wire_are_watched_without_secrets(
    emulator: DiscordEmulator, bot: Bot, rest: Rest
) -> None:
    watching = emulator.watch()
    await emulator.post("@ada", "hi")
    made = await rest.say(emulator.dm.id, {"content": "hello", "components": [row(button())]})
    await emulator.delete_message("@ada", made["id"])
    await emulator.typing("@ada")
    bot.on_press = lambda interaction: interaction.response.defer()  # type: ignore[assignment,return-value]
    again = await rest.say(emulator.dm.id, {"content": "hello", "components": [row(button())]})
    await emulator.click("@ada", again["id"], "go")
    await emulator.create_thread("general", "T")
    seen: list[Any] = []
    while not seen or seen[-1].get("entity") != "channel":
        seen.append(await anext(watching))
    changes = [e for e in seen if e["type"] == "change"]
    assert [e["message"].get("content") for e in changes if e["entity"] == "message"] == ["hi", "hello", None, "hello"]
    assert {"id": made["id"], "deleted": True} in [e.get("message") for e in changes]
    assert any(e["entity"] == "typing" for e in changes)
    assert changes[-1]["channel"]["name"] == "T"
    wire = [(e["direction"], e["name"], e["status"]) for e in seen if e["type"] == "wire"]
    assert ("to_bot", "MESSAGE_CREATE", 200) in wire
    assert ("from_bot", "create_message", 200) in wire
    assert ("from_bot", "interaction_callback", 200) in wire
    token = next(iter(emulator._interactions._by_token))
    text = repr(seen)
    assert emulator.world.token not in text
    assert token not in text


async def test_a_page_that_lags_starts_over(emulator: DiscordEmulator) -> None:
    watching = emulator.watch()
    for number in range(MAX_QUEUED):
        await emulator.post("general", str(number))
    entries = [await anext(watching)]
    while entries[-1]["type"] != "resync" and len(entries) <= 2 * MAX_QUEUED:
        entries.append(await anext(watching))
    assert entries[-1] == {"type": "resync"}


async def test_ids_tell_the_time(emulator: DiscordEmulator) -> None:
    first, second = await emulator.post("general", "a"), await emulator.post("general", "b")
    assert int(first) < int(second)
    assert seconds_of(first) <= seconds_of(second)
    message = emulator.message("general", first)
    assert message is not None
    assert message["timestamp"].endswith("+00:00")


async def test_other_bots_are_bots(bot: Bot, emulator: DiscordEmulator) -> None:
    emulator.add_user("Robot", is_bot=True)
    await emulator.post("general", "@gateway hello", user="robot")
    await bot.until(lambda: bot.named("message"))
    assert bot.named("message")[0].author.bot


async def test_a_snapshot_is_bounded(emulator: DiscordEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.emulators.discord.emulator.MAX_SHOWN", 2)
    monkeypatch.setattr("gateway.emulators.discord.emulator.MAX_SHOWN_THREADS", 1)
    for number in range(4):
        await emulator.create_thread("general", f"T{number}")
    snapshot = emulator.snapshot()
    assert [m["content"] for m in snapshot["messages"][emulator.general.id]] == ["T2", "T3"]
    assert [c["name"] for c in snapshot["channels"] if c["kind"] == "thread"] == ["T3"]


async def test_who_watches_sees_the_bot_kicked_and_invited(emulator: DiscordEmulator) -> None:
    watching = emulator.watch()
    await emulator.remove_bot()
    await emulator.add_bot()
    seen: list[bool] = []
    while len(seen) < 2:
        entry = await asyncio.wait_for(anext(watching), 5)
        if entry.get("entity") == "guild":
            seen.append(entry["guild"]["bot_present"])
    assert seen == [False, True]


async def test_events_nobody_asked_for_are_not_in_the_inspector(
    http: aiohttp.ClientSession, emulator: DiscordEmulator
) -> None:
    async with socket(http, emulator) as client:
        await client.identify(Intent.GUILDS | Intent.GUILD_MESSAGES)
        watching = emulator.watch()
        await emulator.typing("general")
        await emulator.post("general", "hello")
        entry: Any = {}
        while entry.get("type") != "wire":
            entry = await asyncio.wait_for(anext(watching), 5)
        assert (entry["name"], entry["status"]) == ("MESSAGE_CREATE", 200)
