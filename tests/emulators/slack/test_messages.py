"""chat.*, conversations.*, reactions and users, through the real SDK."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from gateway.emulators.slack.emulator import SlackEmulator
from tests.emulators.slack.bot import section

KEY = {"event_type": "gateway_send", "event_payload": {"key": "k1"}}


async def error_of(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_auth_test_names_the_bot_and_its_scopes(client: AsyncWebClient) -> None:
    answer = await client.auth_test()
    assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == ("T0GATEWAY", "U0BOT", "B0BOT")
    assert "chat:write" in answer.headers["x-oauth-scopes"]


async def test_tokens_scopes_and_methods_are_checked(client: AsyncWebClient, emulator: SlackEmulator) -> None:
    assert await error_of(client.api_call("chat.unheardOf", json={})) == "unknown_method"
    assert await error_of(client.auth_test(token="xoxb-other")) == "invalid_auth"
    anonymous = AsyncWebClient(base_url=client.base_url, session=client.session)
    assert await error_of(anonymous.auth_test()) == "not_authed"
    emulator.team.scopes.discard("users:read")
    with pytest.raises(SlackApiError) as caught:
        await client.users_info(user="U0ADA")
    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == "users:read"
    assert "chat:write" in caught.value.response["provided"]


async def test_a_posted_message_stands_and_can_be_found_by_its_metadata(
    client: AsyncWebClient, emulator: SlackEmulator
) -> None:
    parent = await emulator.post("general", "hello")
    posted = await client.chat_postMessage(channel="C0GENERAL", text="hi", thread_ts=parent, metadata=KEY)
    bare = await client.conversations_replies(channel="C0GENERAL", ts=parent)
    assert "metadata" not in bare["messages"][1]
    full = await client.conversations_replies(channel="C0GENERAL", ts=parent, include_all_metadata=True)
    assert [m["ts"] for m in full["messages"]] == [parent, posted["ts"]]
    assert full["messages"][1]["metadata"] == KEY
    assert full["messages"][0]["reply_count"] == 1
    history = await client.conversations_history(channel="C0GENERAL")
    assert [m["ts"] for m in history["messages"]] == [parent]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ({"channel": "C0RANDOM", "text": "x"}, "not_in_channel"),
        ({"channel": "C0GENERAL", "text": " "}, "no_text"),
        ({"channel": "C0GENERAL", "text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
        ({"channel": "C0GENERAL", "text": "x", "thread_ts": "soon"}, "invalid_thread_ts"),
        ({"channel": "C0GENERAL", "text": "x", "blocks": "{"}, "invalid_blocks_format"),
        ({"channel": "C0GENERAL", "text": "x", "markdown_text": "x"}, "markdown_text_conflict"),
        ({"channel": "C0GENERAL", "markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"channel": "C0GENERAL", "text": "x", "metadata": {"event_type": 1}}, "invalid_metadata_schema"),
    ],
)
async def test_what_slack_refuses_to_post(client: AsyncWebClient, arguments: dict[str, Any], error: str) -> None:
    assert await error_of(client.api_call("chat.postMessage", json=arguments)) == error


async def test_long_text_is_truncated_when_posted_and_refused_when_updated(client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0GENERAL", text="x" * 40_010)
    assert len(posted["message"]["text"]) == 40_000
    too_long = client.chat_update(channel="C0GENERAL", ts=posted["ts"], text="x" * 4_001)
    assert await error_of(too_long) == "msg_too_long"


async def test_an_update_with_text_alone_removes_blocks_and_keeps_metadata(
    client: AsyncWebClient, emulator: SlackEmulator
) -> None:
    posted = await client.chat_postMessage(channel="C0GENERAL", text="a", blocks=[section("a")], metadata=KEY)
    await client.chat_update(channel="C0GENERAL", ts=posted["ts"], text="b")
    message = emulator.message("C0GENERAL", posted["ts"])
    assert message is not None
    assert message["text"] == "b"
    assert "blocks" not in message
    assert message["metadata"] == KEY
    assert "edited" in message


async def test_only_own_messages_can_be_updated_and_deleted(client: AsyncWebClient, emulator: SlackEmulator) -> None:
    ts = await emulator.post("general", "mine")
    assert await error_of(client.chat_update(channel="C0GENERAL", ts=ts, text="x")) == "cant_update_message"
    assert await error_of(client.chat_delete(channel="C0GENERAL", ts=ts)) == "cant_delete_message"
    posted = await client.chat_postMessage(channel="C0GENERAL", text="x")
    await client.chat_delete(channel="C0GENERAL", ts=posted["ts"])
    assert await error_of(client.chat_delete(channel="C0GENERAL", ts=posted["ts"])) == "message_not_found"


async def test_a_reply_cannot_be_a_parent(client: AsyncWebClient, emulator: SlackEmulator) -> None:
    parent = await emulator.post("general", "a")
    reply = await emulator.post("general", "b", thread_ts=parent)
    call = client.chat_postMessage(channel="C0GENERAL", text="c", thread_ts=reply)
    assert await error_of(call) == "cannot_reply_to_message"


async def test_a_deleted_parent_leaves_a_tombstone(client: AsyncWebClient, emulator: SlackEmulator) -> None:
    parent = await emulator.post("general", "a")
    await client.chat_postMessage(channel="C0GENERAL", text="b", thread_ts=parent)
    await emulator.delete_message("general", parent)
    replies = await client.conversations_replies(channel="C0GENERAL", ts=parent)
    assert [m.get("subtype") for m in replies["messages"]] == ["tombstone", None]


async def test_ephemeral_messages_are_no_history(client: AsyncWebClient, emulator: SlackEmulator) -> None:
    sent = await client.chat_postEphemeral(channel="C0GENERAL", user="U0GRACE", text="psst")
    message = emulator.message("general", sent["message_ts"])
    assert message is not None
    assert message["ephemeral_for"] == "U0GRACE"
    assert (await client.conversations_history(channel="C0GENERAL"))["messages"] == []
    outsider = client.chat_postEphemeral(channel="C0GENERAL", user="U0NOBODY", text="x")
    assert await error_of(outsider) == "user_not_in_channel"


async def test_history_pages_and_bounds(client: AsyncWebClient, emulator: SlackEmulator) -> None:
    stamps = [await emulator.post("general", str(n)) for n in range(5)]
    first = await client.conversations_history(channel="C0GENERAL", limit=2)
    assert first["has_more"]
    cursor = first["response_metadata"]["next_cursor"]
    second = await client.conversations_history(channel="C0GENERAL", limit=2, cursor=cursor)
    assert [m["ts"] for m in [*first["messages"], *second["messages"]]] == stamps[:0:-1]
    after = await client.conversations_history(channel="C0GENERAL", oldest=stamps[3])
    assert [m["ts"] for m in after["messages"]] == [stamps[4]]
    including = await client.conversations_history(channel="C0GENERAL", oldest=stamps[3], inclusive=True)
    assert [m["ts"] for m in including["messages"]] == [stamps[4], stamps[3]]
    assert await error_of(client.conversations_history(channel="C0GENERAL", cursor="bogus")) == "invalid_cursor"
    assert await error_of(client.conversations_replies(channel="C0GENERAL", ts="1.1")) == "thread_not_found"


async def test_reactions(client: AsyncWebClient, emulator: SlackEmulator) -> None:
    ts = await emulator.post("general", "x")
    await client.reactions_add(channel="C0GENERAL", timestamp=ts, name="eyes")
    again = client.reactions_add(channel="C0GENERAL", timestamp=ts, name="eyes")
    assert await error_of(again) == "already_reacted"
    assert emulator.messages("general")[0]["reactions"] == [{"name": "eyes", "users": ["U0BOT"], "count": 1}]
    await client.reactions_remove(channel="C0GENERAL", timestamp=ts, name="eyes")
    assert "reactions" not in emulator.messages("general")[0]
    gone = client.reactions_remove(channel="C0GENERAL", timestamp=ts, name="eyes")
    assert await error_of(gone) == "no_reaction"


async def test_the_email_needs_a_scope(client: AsyncWebClient, emulator: SlackEmulator) -> None:
    assert (await client.users_info(user="U0ADA"))["user"]["profile"]["email"] == "ada@gateway.example"
    emulator.team.scopes.discard("users:read.email")
    assert "email" not in (await client.users_info(user="U0ADA"))["user"]["profile"]


async def test_a_direct_message_is_opened_once(client: AsyncWebClient) -> None:
    known = await client.conversations_open(users="U0ADA")
    assert known["channel"]["id"] == "D0ADA"
    fresh = await client.conversations_open(users="U0GRACE")
    again = await client.conversations_open(users="U0GRACE")
    assert not fresh["already_open"]
    assert again["already_open"]
    assert fresh["channel"]["id"] == again["channel"]["id"]


async def test_a_second_workspace_has_its_own_token_and_channels(
    client: AsyncWebClient, emulator: SlackEmulator
) -> None:
    other = emulator.add_team("T0OTHER", "Other")
    channel = emulator.add_channel("there", team=other, members=[other.bot.id])
    await client.chat_postMessage(channel=channel.id, text="x", token=other.bot_token)
    elsewhere = client.chat_postMessage(channel=channel.id, text="x")
    assert await error_of(elsewhere) == "channel_not_found"
