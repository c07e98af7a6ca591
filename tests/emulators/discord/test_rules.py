"""What Discord refuses of a message, with the error body it refuses it with."""

from typing import Any

import aiohttp
import pytest

from gateway.emulators.discord.emulator import DiscordEmulator
from tests.emulators.discord.bot import JSON, Rest, button, errors, menu, row

V2 = 1 << 15


def text(content: str = "text", **more: Any) -> JSON:
    return {"type": 10, "content": content, **more}


def options(*values: str) -> list[JSON]:
    return [{"label": value, "value": value} for value in values]


LONG, BAD, NONE, CHOICES = "BASE_TYPE_MAX_LENGTH", "BASE_TYPE_BAD_LENGTH", "BASE_TYPE_REQUIRED", "BASE_TYPE_CHOICES"
UNION, SCHEME = "UNION_TYPE_CHOICES", "URL_TYPE_INVALID_SCHEME"
NO_FILE = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
LEGACY = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
TOO_MANY, TOO_LONG = "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"

MESSAGES: list[tuple[JSON, str, str]] = [
    ({"content": "x" * 2001}, "content", LONG),
    ({"content": ["x"]}, "content", "STRING_TYPE_CONVERT"),
    ({"content": "x", "attachments": [{"id": 3}]}, "attachments.0", "ATTACHMENT_NOT_FOUND"),
    ({"embeds": [{"title": "t"}] * 11}, "embeds", LONG),
    ({"embeds": "x"}, "embeds", "LIST_TYPE_CONVERT"),
    ({"embeds": ["x"]}, "embeds.0", "MODEL_TYPE_CONVERT"),
    ({"embeds": [{"description": "x" * 3001}] * 2}, "embeds", "MAX_EMBED_SIZE_EXCEEDED"),
    ({"components": [row(button(f"b{n}")) for n in range(6)]}, "components", LONG),
    ({"components": [row(*(button(f"b{n}") for n in range(6)))]}, "components.0.components", BAD),
    ({"components": [row()]}, "components.0.components", BAD),
    ({"components": [button()]}, "components.0", UNION),
    ({"components": [text()]}, "components.0", UNION),
    ({"components": [row(button(), menu())]}, "components.0.components.1", "COMPONENT_LAYOUT_WIDTH_EXCEEDED"),
    (
        {"components": [row(button(), button())]},
        "components.0.components.1.custom_id",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
    ),
]
EMBEDS: list[tuple[JSON, str, str]] = [
    ({"title": "x" * 257}, "title", LONG),
    ({"description": "x" * 4097}, "description", LONG),
    ({"title": "t", "footer": {"text": "x" * 2049}}, "footer.text", BAD),
    ({"title": "t", "author": {"name": "x" * 257}}, "author.name", BAD),
    ({"title": "t", "author": {"name": ""}}, "author.name", NONE),
    ({"fields": [{"name": "n", "value": "v"}] * 26}, "fields", LONG),
    ({"fields": [{"name": "n", "value": "x" * 1025}]}, "fields.0.value", BAD),
    ({"fields": [{"name": "x" * 257, "value": "v"}]}, "fields.0.name", BAD),
    ({"fields": [{"name": "", "value": "v"}]}, "fields.0.name", NONE),
    ({"title": "t", "url": "ftp://x"}, "url", SCHEME),
    ({"title": "t", "color": 1 << 24}, "color", "NUMBER_TYPE_MAX"),
    ({"title": "t", "image": {"url": "attachment://no.png"}}, "image.url", NO_FILE),
]
IN_ROWS: list[tuple[JSON, str, str]] = [
    (button(label="x" * 81), "label", LONG),
    (button("x" * 101), "custom_id", BAD),
    ({"type": 2, "style": 1, "label": "x"}, "custom_id", "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED"),
    (
        {**button(), "style": 5, "url": "https://x.example"},
        "",
        "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
    ),
    ({"type": 2, "style": 5, "label": "x"}, "url", "BUTTON_COMPONENT_URL_REQUIRED"),
    ({"type": 2, "style": 5, "label": "x", "url": "javascript:x"}, "url", SCHEME),
    (button(style=9), "style", CHOICES),
    ({"type": 2, "style": 1, "custom_id": "x"}, "label", NONE),
    (button(emoji={"name": "smile"}), "emoji.name", "BUTTON_COMPONENT_INVALID_EMOJI"),
    (menu(options=26), "options", BAD),
    (menu(options=0), "options", BAD),
    (menu(placeholder="x" * 151), "placeholder", LONG),
    (menu(max_values=26), "max_values", "NUMBER_TYPE_MAX"),
    (menu(min_values=2), "min_values", "NUMBER_TYPE_MAX"),
    (
        {"type": 3, "custom_id": "x", "options": options("v", "v")},
        "options.1",
        "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
    ),
    ({"type": 3, "custom_id": "x", "options": options("x" * 101)}, "options.0.label", BAD),
    ({"type": 4, "custom_id": "x", "style": 1}, "", UNION),
]
LAYOUTS: list[tuple[list[JSON], str, str]] = [
    ([text("x", id=n + 1) for n in range(41)], "components", TOO_MANY),
    ([{"type": 17, "components": [text()] * 40}], "components", TOO_MANY),
    ([text("x" * 2001), text("x" * 2000)], "components", TOO_LONG),
    ([text("")], "components.0.content", NONE),
    ([{"type": 17, "components": [{"type": 17, "components": [text()]}]}], "components.0.components.0", UNION),
    ([{"type": 9, "components": [text()]}], "components.0.accessory", NONE),
    ([{"type": 9, "components": [text()] * 4, "accessory": button()}], "components.0.components", BAD),
    ([{"type": 12, "items": []}], "components.0.items", BAD),
    ([{"type": 13, "file": {"url": "https://x.example/a"}}], "components.0.file.url", SCHEME),
    ([{"type": 13, "file": {"url": "attachment://a.txt"}}], "components.0.file.url", NO_FILE),
    ([{"type": 14, "spacing": 3}], "components.0.spacing", CHOICES),
]
REFUSED = [
    *MESSAGES,
    *(({"embeds": [embed]}, f"embeds.0.{path}", code) for embed, path, code in EMBEDS),
    *(({"components": [row(each)]}, f"components.0.components.0.{path}", code) for each, path, code in IN_ROWS),
    *(({"flags": V2, "components": each}, path, code) for each, path, code in LAYOUTS),
    ({"flags": V2, "content": "x", "components": [text()]}, "content", LEGACY),
    ({"flags": V2, "embeds": [{"title": "t"}], "components": [text()]}, "embeds", LEGACY),
]


@pytest.mark.parametrize(("body", "path", "code"), REFUSED, ids=[f"{path}-{code}" for _, path, code in REFUSED])
async def test_forms_are_checked(rest: Rest, emulator: DiscordEmulator, body: JSON, path: str, code: str) -> None:
    status, answer = await rest.post(f"/channels/{emulator.general.id}/messages", body)
    assert (status, errors(answer, *filter(None, path.split(".")))) == (400, [code])
    assert emulator.messages("general") == []


async def test_what_is_just_allowed(rest: Rest, emulator: DiscordEmulator) -> None:
    rows = [row(*(button(f"{r}-{n}") for n in range(5))) for r in range(5)]
    await rest.say(emulator.general.id, {"content": "x" * 2000, "components": rows})
    await rest.say(emulator.general.id, {"embeds": [{"description": "x" * 3000}] * 2})
    pick = menu(options=25, placeholder="x" * 150, min_values=0, max_values=25)
    await rest.say(emulator.general.id, {"content": "x", "components": [row(pick)]})
    link = {"type": 2, "style": 5, "label": "x" * 80, "url": "https://x.example"}
    emoji = {"type": 2, "style": 1, "custom_id": "x" * 100, "emoji": {"name": "❤️", "id": None}}
    await rest.say(emulator.general.id, {"content": "x", "components": [row(link, emoji)]})
    made = await rest.say(
        emulator.general.id,
        {"flags": V2, "components": [{"type": 17, "components": [text("x" * 100)] * 38, "id": 7}, {"type": 14}]},
    )
    container, separator = made["components"]
    assert (container["id"], container["components"][0]["id"], separator["id"]) == (7, 1, 40)
    assert separator == {"type": 14, "id": 40, "divider": True, "spacing": 1}


async def test_nothing_to_send(rest: Rest, emulator: DiscordEmulator) -> None:
    many = f"/channels/{emulator.general.id}/messages"
    empty: list[JSON] = [{}, {"content": ""}, {"content": " \n "}, {"embeds": [{}]}, {"flags": V2}]
    for body in empty:
        status, answer = await rest.post(many, body)
        assert (status, answer) == (400, {"message": "Cannot send an empty message", "code": 50006}), body
    made = await rest.say(emulator.general.id, {"content": "  trimmed \n"})
    assert made["content"] == "trimmed"


async def test_a_message_once_of_components_stays_so(rest: Rest, emulator: DiscordEmulator) -> None:
    many = f"/channels/{emulator.general.id}/messages"
    made = await rest.say(emulator.general.id, {"content": "old"})
    status, body = await rest.patch(f"{many}/{made['id']}", {"flags": V2, "components": [text()]})
    assert (status, errors(body, "content")) == (400, ["MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"])
    status, body = await rest.patch(
        f"{many}/{made['id']}", {"flags": V2, "content": None, "components": [text("<@1>")]}
    )
    assert (status, body["flags"], body["components"][0]["content"]) == (200, V2, "<@1>")
    status, body = await rest.patch(f"{many}/{made['id']}", {"flags": 0, "content": "back"})
    assert (status, errors(body, "content")) == (400, ["MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"])


async def test_who_is_not_known_and_what_is_not_there(rest: Rest, emulator: DiscordEmulator) -> None:
    message_id = await emulator.post("general", "x")
    here = f"/channels/{emulator.general.id}"
    status, body = await rest("GET", "/users/@me", headers={"Authorization": "Bot wrong"})
    assert (status, body) == (401, {"message": "401: Unauthorized", "code": 0})
    for path, expected, code in (
        ("/channels/1", 404, 10003),
        (f"{here}/messages/1", 404, 10008),
        ("/users/1", 404, 10013),
        ("/guilds/1", 404, 10004),
        (f"/guilds/{emulator.guild.id}/members/1", 404, 10013),
        (f"/channels/{emulator.secret.id}", 403, 50001),
        ("/nowhere", 404, 0),
        (f"{here}/messages/{message_id}/reactions/x", 400, 10014),
    ):
        status, body = await rest.get(path)
        assert (status, body["code"]) == (expected, code), path
    status, body = await rest.get("/channels/general")
    assert (status, errors(body, "channel_id")) == (400, ["NUMBER_TYPE_COERCE"])
    assert body["errors"]["channel_id"]["_errors"][0]["message"] == 'Value "general" is not snowflake.'
    status, body = await rest("PUT", here)
    assert (status, body) == (405, {"message": "405: Method Not Allowed", "code": 0})


async def test_bodies_that_are_none(rest: Rest, emulator: DiscordEmulator) -> None:
    many = f"/channels/{emulator.general.id}/messages"
    json = {**rest.headers, "Content-Type": "application/json"}
    status, body = await rest("POST", many, data=b"{", headers=json)
    assert (status, body) == (400, {"message": "The request body contains invalid JSON.", "code": 50109})
    status, body = await rest("POST", many, data=b"content=x", headers={**rest.headers, "Content-Type": "text/plain"})
    assert (status, body["code"]) == (400, 50035)
    for odd in (b"[]", b"1", b"null", b'"x"'):
        status, body = await rest("POST", many, data=odd, headers=json)
        assert (status, errors(body)) == (400, ["MODEL_TYPE_CONVERT"]), odd


ODD: list[Any] = [
    None,
    "",
    7,
    -1,
    True,
    [],
    {},
    [1],
    [{}],
    [[]],
    "{",
    {"type": 10},
    [{"type": []}],
    [{"type": {}}],
    1e300,
]
NAMES = ["content", "embeds", "components", "attachments", "allowed_mentions", "message_reference", "flags", "nonce"]
NAMES += ["name", "archived", "locked", "auto_archive_duration", "type", "data", "messages", "recipient_id", "message"]


async def test_nothing_a_bot_may_send_breaks_it(
    rest: Rest, emulator: DiscordEmulator, http: aiohttp.ClientSession
) -> None:
    message_id = (await rest.say(emulator.general.id, {"content": "x"}))["id"]
    here = f"/channels/{emulator.general.id}"
    routes = [
        ("POST", f"{here}/messages"),
        ("PATCH", f"{here}/messages/{message_id}"),
        ("POST", f"{here}/messages/bulk-delete"),
        ("POST", f"{here}/threads"),
        ("POST", f"/channels/{emulator.ideas.id}/threads"),
        ("POST", f"{here}/messages/{message_id}/threads"),
        ("PATCH", here),
        ("POST", "/users/@me/channels"),
        ("PUT", f"/applications/{emulator.bot.id}/commands"),
        ("POST", f"/applications/{emulator.bot.id}/commands"),
        ("POST", "/interactions/1/token/callback"),
        ("POST", f"/webhooks/{emulator.bot.id}/token"),
    ]
    for method, path in routes:
        for odd in ODD:
            for body in (dict.fromkeys(NAMES, odd), odd, {"content": "x", "components": odd, "embeds": odd}):
                status, answer = await rest(method, path, json=body)
                assert status < 500, (method, path, body)
                assert answer is None or isinstance(answer, dict | list)
