"""Buttons, menus and slash commands: what the bot is sent, how it may answer, what the person sees."""

import asyncio
from typing import Any

import discord
import pytest

from gateway.emulators.discord.emulator import DiscordEmulator, InteractionResult, PersonError
from tests.emulators.discord.bot import ALL, CONTENT, JSON, Bot, Rest, Socket, button, errors, menu, row, socket

EPHEMERAL = 64


class Pressed:
    """A button pressed at a bare socket, its interaction received and not answered yet."""

    def __init__(self, client: Socket, rest: Rest, task: asyncio.Task[InteractionResult], data: JSON) -> None:
        self.rest = rest
        self.task = task
        self.data = data
        self.hook = f"/webhooks/{data['application_id']}/{data['token']}"
        self.original = f"{self.hook}/messages/@original"

    async def answer(self, kind: int, data: JSON | None = None, *, query: str = "") -> tuple[int, Any]:
        body: JSON = {"type": kind} if data is None else {"type": kind, "data": data}
        path = f"/interactions/{self.data['id']}/{self.data['token']}/callback{query}"
        return await self.rest.post(path, body, headers={})


@pytest.fixture
async def pressed(emulator: DiscordEmulator, rest: Rest, http: Any) -> Any:
    async with socket(http, emulator) as client:
        await client.identify(ALL | CONTENT)
        made = await rest.say(emulator.general.id, {"content": "ok?", "components": [row(button())]})
        task = asyncio.create_task(emulator.click("general", made["id"], "go"))
        data = await client.event("INTERACTION_CREATE")
        yield Pressed(client, rest, task, data)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_press_carries_what_discord_sends(pressed: Pressed, emulator: DiscordEmulator) -> None:
    data = pressed.data
    assert (data["type"], data["version"], data["context"]) == (3, 1, 0)
    assert data["data"] == {"custom_id": "go", "component_type": 2, "id": 2}
    assert (data["guild_id"], data["channel_id"]) == (emulator.guild.id, emulator.general.id)
    assert data["channel"]["name"] == "general"
    assert data["member"]["user"]["id"] == emulator.ada.id
    assert int(data["member"]["permissions"]) & (1 << 11)
    assert int(data["app_permissions"]) & (1 << 11)
    assert data["message"]["content"] == "ok?"
    assert data["message"]["components"][0]["components"][0]["custom_id"] == "go"
    assert data["authorizing_integration_owners"] == {"0": emulator.guild.id}
    assert (data["attachment_size_limit"], data["entitlements"], data["locale"]) == (10485760, [], "en-US")
    assert "user" not in data


async def test_an_answer_with_a_message(pressed: Pressed, emulator: DiscordEmulator) -> None:
    status, body = await pressed.answer(4, {"content": "yes"}, query="?with_response=true")
    assert (status, body["resource"]["message"]["content"]) == (200, "yes")
    assert body["interaction"]["response_message_ephemeral"] is False
    result = await pressed.task
    assert (result.kind, result.ok) == ("message", True)
    shown = emulator.message("general", str(result.message_id))
    assert shown is not None
    assert shown["interaction_metadata"]["interacted_message_id"] == pressed.data["message"]["id"]
    assert await pressed.answer(6) == (
        400,
        {"message": "Interaction has already been acknowledged.", "code": 40060},
    )


async def test_thinking_then_an_answer(pressed: Pressed, emulator: DiscordEmulator) -> None:
    assert await pressed.answer(5) == (204, None)
    result = await pressed.task
    assert result.kind == "deferred"
    loading = emulator.message("general", str(result.message_id))
    assert loading is not None
    assert loading["flags"] == 128
    assert emulator.snapshot()["messages"][emulator.general.id][-1]["loading"] is True
    status, body = await pressed.rest.patch(pressed.original, {"content": "thought"})
    assert (status, body["content"], body["flags"], body["id"]) == (200, "thought", 0, result.message_id)
    assert body["edited_timestamp"] is None, "what was awaited is not marked as edited"
    status, more = await pressed.rest.post(pressed.hook, {"content": "more"})
    assert (status, more["interaction_metadata"]["original_response_message_id"]) == (200, result.message_id)
    status, body = await pressed.rest.patch(f"{pressed.hook}/messages/{more['id']}", {"content": "even more"})
    assert (status, body["content"]) == (200, "even more")
    assert (await pressed.rest.get(f"{pressed.hook}/messages/{more['id']}"))[1]["content"] == "even more"
    assert await pressed.rest("DELETE", pressed.original) == (204, None)
    status, body = await pressed.rest.get(pressed.original)
    assert (status, body["code"]) == (404, 10008)
    assert await pressed.rest("DELETE", f"{pressed.hook}/messages/{more['id']}") == (204, None)


async def test_a_followup_fills_in_what_was_deferred(pressed: Pressed, emulator: DiscordEmulator) -> None:
    await pressed.answer(5, {"flags": EPHEMERAL})
    result = await pressed.task
    status, body = await pressed.rest.post(pressed.hook, {"content": "here"})
    assert (status, body["id"], body["flags"]) == (200, result.message_id, EPHEMERAL)
    status, body = await pressed.rest.post(pressed.hook, {"content": "and here"})
    assert body["id"] != result.message_id
    assert body["flags"] == 0


async def test_the_message_itself_changes(pressed: Pressed, emulator: DiscordEmulator) -> None:
    assert await pressed.answer(7, {"content": "done", "components": []}) == (204, None)
    assert (await pressed.task).kind == "update"
    (message,) = emulator.messages("general")
    assert (message["content"], message["components"]) == ("done", [])
    assert (await pressed.rest.patch(pressed.original, {"content": "done!"}))[0] == 200
    assert emulator.messages("general")[0]["content"] == "done!"


async def test_a_silent_acknowledgement(pressed: Pressed, emulator: DiscordEmulator) -> None:
    assert await pressed.answer(6) == (204, None)
    result = await pressed.task
    assert (result.kind, result.message_id) == ("deferred_update", pressed.data["message"]["id"])
    assert len(emulator.messages("general")) == 1


async def test_what_only_one_person_sees(pressed: Pressed, emulator: DiscordEmulator) -> None:
    await pressed.answer(4, {"content": "just you", "flags": EPHEMERAL, "components": [row(button("again"))]})
    result = await pressed.task
    shown = emulator.message("general", str(result.message_id))
    assert shown is not None
    assert (shown["ephemeral_for"], shown["flags"]) == (emulator.ada.id, EPHEMERAL)
    one = f"/channels/{emulator.general.id}/messages/{result.message_id}"
    assert (await pressed.rest.get(one))[1]["code"] == 10008
    history = await pressed.rest.get(f"/channels/{emulator.general.id}/messages")
    assert [m["content"] for m in history[1]] == ["ok?"]
    with pytest.raises(PersonError):
        await emulator.click("general", str(result.message_id), "again", user="grace")
    emulator.interaction_deadline = 0.01
    assert (await emulator.click("general", str(result.message_id), "again")).kind == "failed"
    await emulator.dismiss("general", str(result.message_id))
    assert len(emulator.messages("general")) == 1


@pytest.mark.usefixtures("impatient")
async def test_too_late_is_too_late(pressed: Pressed, emulator: DiscordEmulator) -> None:
    result = await pressed.task
    assert (result.kind, result.error) == ("failed", "This interaction failed")
    assert list(emulator.interaction_errors) == ["This interaction failed"]
    assert await pressed.answer(6) == (404, {"message": "Unknown interaction", "code": 10062})
    status, body = await pressed.rest.post(pressed.hook, {"content": "x"})
    assert (status, body) == (401, {"message": "Invalid Webhook Token", "code": 50027})


async def test_answers_that_are_none(pressed: Pressed, emulator: DiscordEmulator) -> None:
    status, body = await pressed.rest.post(pressed.hook, {"content": "too early"})
    assert (status, body) == (404, {"message": "Unknown Webhook", "code": 10015})
    for kind in (1, 8, 11, None, "4"):
        status, body = await pressed.answer(kind)  # type: ignore[arg-type]
        assert (status, errors(body, "type")) == (400, ["BASE_TYPE_CHOICES"])
    assert "{4, 5, 6, 7, 9}" in body["errors"]["type"]["_errors"][0]["message"]
    status, body = await pressed.answer(4, {"content": "x" * 2001})
    assert (status, errors(body, "data", "content")) == (400, ["BASE_TYPE_MAX_LENGTH"])
    status, body = await pressed.answer(4, {})
    assert (status, body["code"]) == (400, 50006)
    wrong = f"/interactions/1/{pressed.data['token']}/callback"
    assert (await pressed.rest.post(wrong, {"type": 6}))[1]["code"] == 10062
    assert (await pressed.answer(6))[0] == 204, "what was refused did not count"


async def test_what_is_gone_meanwhile(pressed: Pressed, emulator: DiscordEmulator) -> None:
    await emulator.delete_messages("general", [pressed.data["message"]["id"]])
    status, body = await pressed.answer(7, {"content": "x"})
    assert (status, body["code"]) == (404, 10008)
    await emulator.delete_thread("general")
    status, body = await pressed.answer(4, {"content": "x"})
    assert (status, body["code"]) == (404, 10003)


async def test_the_token_ends(http: Any) -> None:
    emulator = DiscordEmulator(limits="off", token_seconds=0.0)
    await emulator.start()
    try:
        rest = Rest(http, emulator)
        async with socket(http, emulator) as client:
            await client.identify()
            made = await rest.say(emulator.dm.id, {"content": "x", "components": [row(button())]})
            task = asyncio.create_task(emulator.click("@ada", made["id"], label="Go"))
            data = await client.event("INTERACTION_CREATE")
            assert (data["context"], data["user"]["id"]) == (1, emulator.ada.id)
            assert "member" not in data
            pressed = Pressed(client, rest, task, data)
            await pressed.answer(6)
            assert (await task).ok
            assert (await rest.patch(pressed.original, {"content": "y"}))[1]["code"] == 50027
    finally:
        await emulator.stop()


async def test_mentions_in_answers_notify_users_only(pressed: Pressed, emulator: DiscordEmulator) -> None:
    await pressed.answer(4, {"content": f"@everyone <@{emulator.grace.id}>"})
    result = await pressed.task
    shown = emulator.message("general", str(result.message_id))
    assert shown is not None
    assert shown["pings"] == {"users": [emulator.grace.id], "roles": [], "everyone": False}


async def test_an_answer_needs_no_permission_in_the_channel(pressed: Pressed, emulator: DiscordEmulator) -> None:
    emulator.permit("general", deny=["SEND_MESSAGES"])
    assert (await pressed.answer(4, {"embeds": [{"title": "still"}]}))[0] == 204


async def test_menus(bot: Bot, rest: Rest, emulator: DiscordEmulator) -> None:
    people = {"type": 5, "custom_id": "who", "max_values": 2}
    rows = [row(menu(options=3, max_values=2)), row(people)]
    made = await rest.say(emulator.general.id, {"content": "x", "components": rows})
    heard: list[Any] = []

    async def answer(interaction: discord.Interaction[Any]) -> None:
        heard.append(interaction.data)
        await interaction.response.send_message("ok", ephemeral=True)

    bot.on_press = answer
    assert (await emulator.click("general", made["id"], "pick", values=["o1", "Option 2"])).kind == "message"
    assert heard[0]["values"] == ["o1", "o2"]
    await emulator.click("general", made["id"], "who", values=[emulator.grace.id])
    assert heard[1]["resolved"]["users"][emulator.grace.id]["username"] == "grace"
    for values in ([], ["o1", "o2", "o0"], ["o9"]):
        with pytest.raises(PersonError):
            await emulator.click("general", made["id"], "pick", values=values)


async def test_what_cannot_be_pressed(rest: Rest, emulator: DiscordEmulator) -> None:
    link = {"type": 2, "style": 5, "label": "Link", "url": "https://x.example"}
    made = await rest.say(emulator.general.id, {"content": "x", "components": [row(button(disabled=True), link)]})
    for how in ({"custom_id": "go"}, {"label": "Link"}, {"custom_id": "no"}, {}):
        with pytest.raises(PersonError):
            await emulator.click("general", made["id"], **how)


async def test_discord_py_answers_through_its_token(bot: Bot, emulator: DiscordEmulator, rest: Rest) -> None:
    made = await rest.say(emulator.general.id, {"content": "x", "components": [row(button())]})

    async def answer(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.defer(thinking=True, ephemeral=True)
        await interaction.edit_original_response(content="done")
        await interaction.followup.send("more", ephemeral=True)

    bot.on_press = answer
    result = await emulator.click("general", made["id"], "go")
    assert result.kind == "deferred"
    await emulator.wait_for_message("general", lambda m: m["content"] == "more")
    edited = emulator.message("general", str(result.message_id))
    assert edited is not None
    assert (edited["content"], edited["ephemeral_for"]) == ("done", emulator.ada.id)
    assert [c.method for c in emulator.calls][-3:] == ["interaction_callback", "edit_original", "followup"]


COMMAND: JSON = {
    "name": "ask",
    "description": "Ask something",
    "options": [
        {"type": 3, "name": "question", "description": "What", "required": True},
        {"type": 4, "name": "count", "description": "How many"},
        {"type": 6, "name": "who", "description": "Whom"},
        {"type": 11, "name": "paper", "description": "A file"},
        {"type": 3, "name": "tone", "description": "How", "choices": [{"name": "Kind", "value": "kind"}]},
    ],
}
REVERSED: JSON = {**COMMAND, "options": COMMAND["options"][1::-1]}
NESTED: JSON = {
    "name": "task",
    "description": "Tasks",
    "options": [{"type": 1, "name": "add", "description": "Add", "options": COMMAND["options"][:1]}],
}


async def test_slash_commands(bot: Bot, rest: Rest, emulator: DiscordEmulator) -> None:
    path = f"/applications/{emulator.bot.id}/commands"
    status, made = await rest("PUT", path, json=[COMMAND, NESTED])
    assert (status, [c["name"] for c in made]) == (200, ["ask", "task"])
    heard: list[Any] = []

    async def answer(interaction: discord.Interaction[Any]) -> None:
        heard.append(interaction.data)
        await interaction.response.send_message("42")

    bot.on_press = answer
    paper = ("p.txt", b"abc", "text/plain")
    options = {"question": "why", "count": "3", "who": emulator.grace.id, "paper": paper, "tone": "kind"}
    result = await emulator.command("/ask", options=options)
    shown = emulator.message("general", str(result.message_id))
    assert shown is not None
    assert (shown["type"], shown["interaction"]["name"]) == (20, "ask")
    data = heard[0]
    assert (data["id"], data["type"]) == (made[0]["id"], 1)
    values = {o["name"]: o["value"] for o in data["options"]}
    assert (values["question"], values["count"], values["who"]) == ("why", 3, emulator.grace.id)
    assert data["resolved"]["attachments"][values["paper"]]["filename"] == "p.txt"
    await emulator.command("task add", "@ada", options={"question": "x"})
    assert heard[1]["options"][0]["options"] == [{"name": "question", "type": 3, "value": "x"}]
    for name, wrong in (
        ("ask", {}),
        ("ask", {"question": "x", "count": "many"}),
        ("ask", {"question": "x", "tone": "rude"}),
        ("ask", {"question": "x", "other": 1}),
        ("task", {"question": "x"}),
        ("task remove", {}),
        ("nothing", {}),
    ):
        with pytest.raises(PersonError):
            await emulator.command(name, options=wrong)
    emulator.permit("general", deny=["USE_APPLICATION_COMMANDS"], who="grace")
    with pytest.raises(PersonError):
        await emulator.command("ask", options={"question": "x"}, user="grace")


async def test_a_command_nobody_answers(emulator: DiscordEmulator, rest: Rest) -> None:
    scope = f"/applications/{emulator.bot.id}/guilds/{emulator.guild.id}/commands"
    assert (await rest.post(scope, {"name": "hi", "description": "Hi"}))[0] == 201
    assert (await rest.post(scope, {"name": "hi", "description": "Hi!"}))[0] == 200  # the same again
    emulator.interaction_deadline = 0.01
    result = await emulator.command("hi")
    assert result.error == "The application did not respond"
    with pytest.raises(PersonError):
        await emulator.command("hi", "@ada")


async def test_a_command_is_kept_or_replaced(rest: Rest, emulator: DiscordEmulator) -> None:
    path = f"/applications/{emulator.bot.id}/commands"
    one = {"name": "hi", "description": "Hi"}
    _, (first,) = await rest("PUT", path, json=[one])
    _, (second,) = await rest("PUT", path, json=[{**one, "description": "Hello"}])
    assert (second["id"], second["description"]) == (first["id"], "Hello")
    assert second["version"] != first["version"]
    assert await rest("DELETE", f"{path}/{first['id']}") == (204, None)
    assert (await rest("DELETE", f"{path}/{first['id']}"))[1]["code"] == 10063
    assert (await rest("PUT", "/applications/1/commands", json=[]))[1]["code"] == 20012
    assert await rest.get(path) == (200, [])


@pytest.mark.parametrize(
    ("command", "path", "code"),
    [
        ({"name": "Hi", "description": "x"}, "name", "APPLICATION_COMMAND_INVALID_NAME"),
        ({"name": "a b", "description": "x"}, "name", "APPLICATION_COMMAND_INVALID_NAME"),
        ({"name": "x" * 33, "description": "x"}, "name", "BASE_TYPE_BAD_LENGTH"),
        ({"name": "hi"}, "description", "BASE_TYPE_REQUIRED"),
        ({"name": "hi", "description": "x" * 101}, "description", "BASE_TYPE_BAD_LENGTH"),
        ({"name": "hi", "description": "x", "options": [{}] * 26}, "options", "BASE_TYPE_MAX_LENGTH"),
        (
            {**COMMAND, "options": COMMAND["options"][1::-1]},
            "options.1",
            "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
        ),
    ],
)
async def test_commands_are_checked(rest: Rest, emulator: DiscordEmulator, command: JSON, path: str, code: str) -> None:
    scope = f"/applications/{emulator.bot.id}/commands"
    status, body = await rest("PUT", scope, json=[command])
    assert status == 400
    assert code in errors(body, 0, *path.split("."))
    assert emulator.commands() == []
    both = [{"name": "hi", "description": "x"}] * 2
    status, body = await rest("PUT", scope, json=both)
    assert (status, errors(body, 1)) == (400, ["APPLICATION_COMMANDS_DUPLICATE_NAME"])
