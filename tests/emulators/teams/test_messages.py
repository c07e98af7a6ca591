"""What the bot sends, changes and deletes, and what the connector refuses with which body."""

import base64
from typing import Any
from urllib.parse import quote

import pytest

from gateway.emulators.teams.emulator import TeamsEmulator
from tests.emulators.teams.bot import JSON, Api, Bot, card, error_of, text_block

DATA_URI = "data:image/png;base64," + base64.b64encode(b"\x89PNG picture").decode()


@pytest.fixture
def chat(emulator: TeamsEmulator) -> str:
    return emulator.personal().id


async def test_sending_updating_and_deleting(emulator: TeamsEmulator, api: Api, chat: str) -> None:
    status, body = await api.send(chat, "first")
    path = f"conversations/{chat}/activities/{body['id']}"
    assert status == 201
    assert await api.call("PUT", path, {"type": "message", "text": "second"}) == (200, {"id": body["id"]})
    (shown,) = emulator.messages("personal")
    assert (shown["text"], shown["edited"], shown["from"]["name"]) == ("second", True, "gateway")
    assert await api.call("DELETE", path) == (200, None)
    assert emulator.messages("personal") == []
    message = emulator.message("personal", body["id"])
    assert message is not None
    assert message["deleted"]
    for method in ("PUT", "DELETE"):
        given = {"type": "message", "text": "x"} if method == "PUT" else None
        refusal = error_of(await api.call(method, path, given))
        assert refusal == (404, "ActivityNotFoundInConversation", "Conversation not found.")


async def test_posts_and_replies_in_a_channel(emulator: TeamsEmulator, api: Api) -> None:
    channel = emulator.general.id
    _, post = await api.send(channel, "a post")
    _, below = await api.send(f"{channel};messageid={post['id']}", "below")
    _, reply = await api.call(
        "POST", f"conversations/{channel}/activities/{below['id']}", {"type": "message", "text": "a reply"}
    )
    ids = [m["id"] for m in emulator.messages("General", post["id"])]
    assert ids == [post["id"], below["id"], reply["id"]]
    escaped = quote(f"{channel};messageid={post['id']}", safe="")
    assert (await api.send(escaped, "escaped"))[0] == 201
    assert len(emulator.messages("General", post["id"])) == 4
    assert error_of(await api.send(f"{channel};messageid=1"))[1] == "ActivityNotFoundInConversation"


async def test_a_new_post_by_creating_a_conversation(emulator: TeamsEmulator, api: Api) -> None:
    given = {
        "isGroup": True,
        "channelData": {"channel": {"id": emulator.random.id}},
        "activity": {"type": "message", "text": "news"},
    }
    status, body = await api.call("POST", "conversations", given)
    assert status == 201
    assert body["id"] == f"{emulator.random.id};messageid={body['activityId']}"
    assert (await api.send(body["id"], "more"))[0] == 201
    assert len(emulator.messages("Random", body["activityId"])) == 2


async def test_writing_first(emulator: TeamsEmulator, api: Api) -> None:
    given: JSON = {"members": [{"id": emulator.grace.id}], "tenantId": emulator.tenant.id}
    status, body = await api.call("POST", "conversations", given)
    assert (status, body) == (201, {"id": emulator.personal("Grace").id, "serviceUrl": api.service_url})
    by_sdk = {"members": given["members"], "tenantID": emulator.tenant.id}
    assert (await api.call("POST", "conversations", by_sdk))[1]["id"] == body["id"]
    by_directory = {
        "members": [{"id": emulator.grace.aad_object_id}],
        "channelData": {"tenant": {"id": emulator.tenant.id}},
    }
    assert (await api.call("POST", "conversations", by_directory))[1]["id"] == body["id"]
    without = {**given, "tenantId": None}
    assert error_of(await api.call("POST", "conversations", without))[:2] == (400, "BadArgument")
    group = {**given, "members": [{"id": emulator.grace.id}, {"id": emulator.ada.id}], "isGroup": True}
    assert error_of(await api.call("POST", "conversations", group))[:2] == (400, "BadSyntax")
    await emulator.uninstall(user="Grace")
    assert error_of(await api.call("POST", "conversations", given))[:2] == (403, "ForbiddenOperationException")


async def test_where_the_bot_may_not_write(emulator: TeamsEmulator, api: Api, chat: str) -> None:
    assert error_of(await api.send("nonsense"))[:2] == (400, "BadSyntax")
    assert error_of(await api.send("19:unknown@thread.v2"))[:2] == (404, "ConversationNotFound")
    emulator.block()
    assert error_of(await api.send(chat))[:2] == (403, "ConversationBlockedByUser")
    emulator.block(blocked=False)
    await emulator.uninstall("Lunch")
    refusal = error_of(await api.send(emulator.group.id))
    assert refusal == (403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.")
    other = emulator.add_user("Eve", tenant=emulator.add_tenant("Elsewhere"))
    assert error_of(await api.send(emulator.world.place("personal", other).id))[:2] == (403, "NotEnoughPermissions")


async def test_a_persons_message_is_not_the_bots_to_change(emulator: TeamsEmulator, api: Api, chat: str) -> None:
    said = await emulator.say("personal", "mine")
    path = f"conversations/{chat}/activities/{said}"
    assert error_of(await api.call("DELETE", path))[:2] == (403, "NotEnoughPermissions")
    assert error_of(await api.call("PUT", path, {"type": "message", "text": "yours"}))[:2] == (
        403,
        "NotEnoughPermissions",
    )
    assert [m["text"] for m in emulator.messages("personal")] == ["mine"]


async def test_a_message_has_100_kb_as_utf_16(emulator: TeamsEmulator, api: Api, chat: str) -> None:
    fixed = len('{"type":"message","text":""}') * 2
    fits = "é" * ((100 * 1024 - fixed) // 2)
    assert (await api.send(chat, fits))[0] == 201
    assert error_of(await api.send(chat, fits + "é")) == (413, "MessageSizeTooBig", "Message size too large.")
    picture = {"contentType": "image/png", "contentUrl": "data:image/png;base64," + "A" * 200_000}
    assert (await api.send(chat, "a picture does not count", attachments=[picture]))[0] == 201
    big = card(text_block("x" * 60_000))
    assert error_of(await api.send(chat, attachments=[big]))[0] == 413


def attached(kind: str, content: Any = None, **more: Any) -> JSON:
    return {"attachments": [{"contentType": kind, "content": content, **more}]}


def buttons(count: int, kind: str = "imBack") -> JSON:
    listed = [{"type": kind, "title": str(n), "value": "x"} for n in range(count)]
    return attached("application/vnd.microsoft.card.hero", {"title": "Pick", "buttons": listed})


def root(**fields: Any) -> JSON:
    return {"type": "https://schema.org/Message", "@type": "Message", "@context": "https://schema.org", **fields}


def claim(position: Any = 1, **look: Any) -> JSON:
    appearance = {"@type": "DigitalDocument", "name": "Source", **look}
    return {"@type": "Claim", "position": position, "appearance": appearance}


def cites(*claims: JSON) -> JSON:
    return {"entities": [root(citation=list(claims))]}


def mention(tag: str, **mentioned: Any) -> JSON:
    return {"entities": [{"type": "mention", "text": tag, "mentioned": mentioned}]}


def suggest(*actions: JSON) -> JSON:
    return {"suggestedActions": {"actions": list(actions)}}


CONSENT = "application/vnd.microsoft.teams.card.file.consent"
FILE_INFO = "application/vnd.microsoft.teams.card.file.info"
GOOD: dict[str, JSON] = {
    "plain": {"textFormat": "plain"},
    "xml": {"textFormat": "xml"},
    "extended markdown": {"textFormat": "extendedmarkdown"},
    "six buttons": buttons(6),
    "picture": attached("image/png", contentUrl=DATA_URI),
    "linked picture": attached("image/jpeg", contentUrl="https://example.com/a.jpg"),
    "consent": attached(CONSENT, {"sizeInBytes": 3}, name="a.txt"),
    "label": {"entities": [root(additionalType=["AIGeneratedContent"])]},
    "citation": cites(claim(name="n" * 80, abstract="a" * 160, keywords=["k" * 28] * 3)),
    "20 citations": cites(*(claim(n) for n in range(20))),
    "mention": {"text": "hi <at>Ada</at>", **mention("<at>Ada</at>", id="29:1")},
    "suggestion": suggest({"type": "imBack", "title": "More", "value": "more"}),
    "silent suggestion": suggest({"type": "Action.Submit", "title": "Yes", "value": {"vote": 1}}),
    "feedback": {"channelData": {"feedbackLoop": {"type": "custom"}}},
}
BAD: dict[str, tuple[str, JSON]] = {
    "empty": ("BadSyntax", {"text": "  "}),
    "text no string": ("BadArgument", {"text": 7}),
    "format": ("BadArgument", {"textFormat": "html"}),
    "activity type": ("BadArgument", {"type": "event"}),
    "attachments no list": ("BadArgument", {"attachments": "x"}),
    "unknown attachment": ("BadArgument", attached("application/pdf", {})),
    "media card": ("BadArgument", attached("application/vnd.microsoft.card.video", {})),
    "seven buttons": ("BadArgument", buttons(7)),
    "unknown button": ("BadArgument", buttons(1, "call")),
    "hero without content": ("BadSyntax", attached("application/vnd.microsoft.card.hero")),
    "eleven in a carousel": (
        "BadArgument",
        {"attachmentLayout": "carousel", "attachments": buttons(1)["attachments"] * 11},
    ),
    "picture by http": ("BadArgument", attached("image/png", contentUrl="http://example.com/a.png")),
    "svg": ("BadArgument", attached("image/svg+xml", contentUrl="data:image/svg+xml;base64,AAAA")),
    "broken picture": ("BadArgument", attached("image/png", contentUrl="data:image/png;base64,?")),
    "large picture": (
        "BadArgument",
        attached("image/png", contentUrl="data:image/png;base64," + "A" * (4 * (1024 * 1024 // 3 + 1))),
    ),
    "consent without size": ("BadArgument", attached(CONSENT, {}, name="a.txt")),
    "consent without name": ("BadArgument", attached(CONSENT, {"sizeInBytes": 3})),
    "file nobody uploaded": (
        "BadArgument",
        attached(FILE_INFO, {"uniqueId": "x", "fileType": "txt"}, name="a.txt", contentUrl="https://x"),
    ),
    "mention without id": ("BadArgument", {"text": "<at>Ada</at>", **mention("<at>Ada</at>", name="Ada")}),
    "mention not in the text": ("BadArgument", mention("<at>Ada</at>", id="29:1")),
    "mention without at": ("BadArgument", {"text": "Ada", **mention("Ada", id="29:1")}),
    "two roots": ("BadArgument", {"entities": [root(), root()]}),
    "broken root": ("BadArgument", {"entities": [root(additionalType=["Human"])]}),
    "21 citations": ("BadArgument", cites(*(claim(n) for n in range(21)))),
    "citation without appearance": ("BadArgument", cites({"@type": "Claim", "position": 1})),
    "citation without position": ("BadArgument", cites(claim("one"))),
    "long name": ("BadArgument", cites(claim(name="n" * 81))),
    "long abstract": ("BadArgument", cites(claim(abstract="a" * 161))),
    "four keywords": ("BadArgument", cites(claim(keywords=["k"] * 4))),
    "long keyword": ("BadArgument", cites(claim(keywords=["k" * 29]))),
    "suggestion without title": ("BadArgument", suggest({"type": "imBack", "value": "x"})),
    "suggestion that opens a page": ("BadArgument", suggest({"type": "openUrl", "title": "x", "value": "https://x"})),
    "silent suggestion with text": ("BadArgument", suggest({"type": "Action.Submit", "title": "x", "value": "x"})),
    "feedback of no kind": ("BadArgument", {"channelData": {"feedbackLoop": {"type": "stars"}}}),
}


@pytest.mark.parametrize("name", GOOD)
async def test_what_teams_takes(api: Api, chat: str, name: str) -> None:
    assert (await api.send(chat, **GOOD[name]))[0] == 201


@pytest.mark.parametrize("name", BAD)
async def test_what_teams_refuses(emulator: TeamsEmulator, api: Api, chat: str, name: str) -> None:
    code, given = BAD[name]
    status, answered, text = error_of(await api.send(chat, **given))
    assert (status, answered) == (400, code)
    assert text
    assert emulator.messages("personal") == []


async def test_files_can_be_offered_in_personal_chats_only(emulator: TeamsEmulator, api: Api) -> None:
    for kind in (CONSENT, FILE_INFO):
        given = attached(kind, {"sizeInBytes": 1, "uniqueId": "x"}, name="a.txt", contentUrl="https://x")
        assert error_of(await api.send(emulator.general.id, **given))[:2] == (400, "BadArgument")


async def test_whom_a_message_notifies(emulator: TeamsEmulator, api: Api) -> None:
    await api.send(emulator.group.id, "<at>Ada</at> and <at>Grace</at>", **mention("<at>Ada</at>", id=emulator.ada.id))
    assert emulator.messages("Lunch")[0]["pings"] == [emulator.ada.id]


async def test_reactions_of_the_bot(emulator: TeamsEmulator, api: Api, chat: str) -> None:
    said = await emulator.say("personal", "hello")
    path = f"conversations/{chat}/activities/{said}/reactions"
    assert (await api.call("PUT", f"{path}/like"))[0] == 200
    assert (await api.call("PUT", f"{path}/1f440_eyes"))[0] == 200
    assert emulator.messages("personal")[0]["reactions"] == {
        "like": [emulator.world.bot_id],
        "1f440_eyes": [emulator.world.bot_id],
    }
    assert (await api.call("DELETE", f"{path}/like"))[0] == 200
    assert list(emulator.messages("personal")[0]["reactions"]) == ["1f440_eyes"]
    assert error_of(await api.call("PUT", f"{path}/shrug"))[0] == 400


async def test_typing_shows_until_something_is_sent(emulator: TeamsEmulator, api: Api, chat: str) -> None:
    assert (await api.call("POST", f"conversations/{chat}/activities", {"type": "typing"}))[0] == 201
    assert emulator.typing()
    await api.send(chat)
    assert not emulator.typing()
    await api.call("POST", f"conversations/{chat}/activities", {"type": "typing"})
    _, started = await api.stream(chat, "A", 1)
    assert not emulator.typing()
    await api.stream(chat, "A.", None, started["id"], kind="final")
    await api.call("POST", f"conversations/{chat}/activities", {"type": "typing"})
    await api.call("PUT", f"conversations/{chat}/activities/{started['id']}", {"type": "message", "text": "B"})
    assert not emulator.typing()


async def test_text_and_a_card_are_two_messages_and_no_id_is_told(emulator: TeamsEmulator, api: Api, chat: str) -> None:
    picture = {"contentType": "image/png", "contentUrl": DATA_URI}
    suggested = {"actions": [{"type": "imBack", "title": "More", "value": "more"}]}
    both = [card(text_block()), picture]
    assert await api.send(chat, "words", attachments=both, suggestedActions=suggested) == (201, {})
    words, shown = emulator.messages("personal")
    assert (words["text"], words["attachments"], "suggestedActions" in words) == ("words", [picture], False)
    assert ("text" in shown, shown["attachments"], shown["suggestedActions"]) == (False, both[:1], suggested)
    status, body = await api.send(chat, "words", attachments=[picture])
    assert (status, body["id"]) == (201, emulator.messages("personal")[-1]["id"])
    post = {"channelData": {"channel": {"id": emulator.general.id}}, "activity": {"text": "x", "attachments": both}}
    assert error_of(await api.call("POST", "conversations", post))[0] == 400


async def test_a_message_for_one_persons_eyes(emulator: TeamsEmulator, api: Api) -> None:
    path = f"conversations/{emulator.group.id}/activities"
    given: JSON = {"type": "message", "text": "psst", "recipient": {"id": emulator.grace.id}}
    status, body = await api.call("POST", f"{path}?isTargetedActivity=true", given)
    assert status == 201
    assert emulator.messages("Lunch")[0]["targeted_for"] == emulator.grace.id
    assert emulator.snapshot()["messages"][emulator.group.id] == []
    assert error_of(await api.call("PUT", f"{path}/{body['id']}?isTargetedActivity=true", given))[0] == 400
    del given["recipient"]
    assert error_of(await api.call("POST", f"{path}?isTargetedActivity=true", given))[0] == 400


async def test_who_is_there(emulator: TeamsEmulator, api: Api) -> None:
    path = f"conversations/{emulator.group.id}"
    for wanted in (emulator.ada.id, emulator.ada.aad_object_id, emulator.ada.user_principal_name):
        status, member = await api.call("GET", f"{path}/members/{quote(wanted, safe='')}")
        assert (status, member["email"], member["givenName"]) == (200, "ada@gateway.example", "Ada")
        assert member["aadObjectId"] == emulator.ada.aad_object_id
    assert error_of(await api.call("GET", f"{path}/members/29:nobody"))[:2] == (404, "MemberNotFoundInConversation")
    assert len((await api.call("GET", f"{path}/members"))[1]) == 3
    for number in range(60):
        await emulator.add_member("Lunch", emulator.add_user(f"P{number}").id)
    _, first = await api.call("GET", f"{path}/pagedmembers?pageSize=1")
    assert len(first["members"]) == 50
    _, rest = await api.call("GET", f"{path}/pagedmembers?continuationToken={first['continuationToken']}")
    assert len(rest["members"]) == 13
    assert "continuationToken" not in rest
    _, exact = await api.call("GET", f"{path}/pagedmembers?pageSize=50&continuationToken=13")
    assert (len(exact["members"]), "continuationToken" in exact) == (50, False)
    assert error_of(await api.call("GET", f"{path}/pagedmembers?pageSize=x"))[0] == 400


async def test_what_a_team_is(emulator: TeamsEmulator, api: Api) -> None:
    _, details = await api.call("GET", f"teams/{emulator.team.id}")
    assert (details["name"], details["aadGroupId"]) == ("Builders", emulator.team.aad_group_id)
    _, listed = await api.call("GET", f"teams/{emulator.team.id}/conversations")
    assert listed["conversations"] == [
        {"id": emulator.team.id, "name": None},
        {"id": emulator.random.id, "name": "Random"},
    ]
    assert (await api.call("GET", "teams/19:unknown"))[0] == 404


async def test_deliveries_of_the_bots_own_messages_do_not_exist(
    emulator: TeamsEmulator, bot: Bot, api: Api, chat: str
) -> None:
    await api.send(chat)
    await emulator.delivered(await emulator.say("personal", "now"))
    assert len(bot.activities) == 1
