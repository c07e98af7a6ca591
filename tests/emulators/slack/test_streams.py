"""chat.startStream and its kin: what is required, what is refused, when it ends."""

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from gateway.emulators.slack.emulator import PersonError, SlackEmulator
from tests.emulators.slack.bot import Bot, button
from tests.emulators.slack.test_messages import KEY, error_of

RECIPIENT: dict[str, Any] = {"recipient_team_id": "T0GATEWAY", "recipient_user_id": "U0ADA"}


@pytest.fixture
async def thread(emulator: SlackEmulator) -> str:
    return await emulator.post("general", "@gateway go")


async def started(client: AsyncWebClient, thread: str, **more: Any) -> str:
    answer = await client.chat_startStream(channel="C0GENERAL", thread_ts=thread, **RECIPIENT, **more)
    return str(answer["ts"])


async def test_the_sdks_own_streamer(client: AsyncWebClient, emulator: SlackEmulator, thread: str) -> None:
    stream = await client.chat_stream(channel="C0GENERAL", thread_ts=thread, **RECIPIENT, buffer_size=1)
    await stream.append(markdown_text="Hello ")
    assert emulator.messages("general")[-1]["streaming"]
    await stream.append(markdown_text="**world**")
    actions = {"type": "actions", "elements": [button()]}
    await stream.stop(blocks=[actions], metadata=KEY)
    message = emulator.messages("general", thread)[-1]
    assert message["text"] == "Hello **world**"
    assert [b["type"] for b in message["blocks"]] == ["markdown", "actions"]
    assert message["metadata"] == KEY
    assert "streaming" not in message


async def test_channels_need_a_recipient_and_direct_messages_do_not(
    client: AsyncWebClient, emulator: SlackEmulator, thread: str
) -> None:
    call = client.chat_startStream(channel="C0GENERAL", thread_ts=thread, recipient_user_id="U0ADA")
    assert await error_of(call) == "missing_recipient_team_id"
    call = client.chat_startStream(channel="C0GENERAL", thread_ts=thread, recipient_team_id="T0GATEWAY")
    assert await error_of(call) == "missing_recipient_user_id"
    call = client.api_call("chat.startStream", json={"channel": "C0GENERAL", **RECIPIENT})
    assert await error_of(call) == "invalid_arguments"
    said = await emulator.post(emulator.dm.id, "hi")
    assert (await client.chat_startStream(channel="D0ADA", thread_ts=said))["ok"]


async def test_tasks_and_plans_become_blocks(client: AsyncWebClient, emulator: SlackEmulator, thread: str) -> None:
    ts = await started(client, thread)
    running = {"type": "task_update", "id": "t1", "title": "Look", "status": "in_progress"}
    await client.chat_appendStream(channel="C0GENERAL", ts=ts, chunks=[running])
    done = {**running, "status": "complete", "output": "found"}
    await client.chat_appendStream(channel="C0GENERAL", ts=ts, chunks=[done, {"type": "markdown_text", "text": "So."}])
    await client.chat_stopStream(channel="C0GENERAL", ts=ts)
    blocks = emulator.messages("general")[-1]["blocks"]
    assert [(b["type"], b.get("status")) for b in blocks] == [("task_card", "complete"), ("markdown", None)]
    bad = client.chat_appendStream(channel="C0GENERAL", ts=ts, chunks=[{**running, "status": "resting"}])
    assert await error_of(bad) == "message_not_in_streaming_state"


async def test_invalid_appends_change_nothing(client: AsyncWebClient, emulator: SlackEmulator, thread: str) -> None:
    ts = await started(client, thread, markdown_text="a")
    for arguments, error in (
        ({"chunks": [{"type": "sparkle"}]}, "invalid_chunks"),
        ({"markdown_text": "x", "chunks": [{"type": "markdown_text", "text": "y"}]}, "invalid_arguments"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
        ({}, "no_text"),
    ):
        call = client.api_call("chat.appendStream", json={"channel": "C0GENERAL", "ts": ts, **arguments})
        assert await error_of(call) == error
    assert emulator.messages("general")[-1]["text"] == "a"


async def test_a_streamed_message_has_a_ceiling_as_a_whole(client: AsyncWebClient, thread: str) -> None:
    ts = await started(client, thread, markdown_text="x" * 11_000)
    over = client.chat_appendStream(channel="C0GENERAL", ts=ts, markdown_text="y" * 1_001)
    assert await error_of(over) == "msg_too_long"
    await client.chat_appendStream(channel="C0GENERAL", ts=ts, markdown_text="y" * 1_000)


async def test_a_streaming_message_cannot_be_edited(client: AsyncWebClient, thread: str) -> None:
    ts = await started(client, thread, markdown_text="a")
    assert await error_of(client.chat_update(channel="C0GENERAL", ts=ts, text="b")) == "streaming_state_conflict"
    await client.chat_stopStream(channel="C0GENERAL", ts=ts)
    await client.chat_update(channel="C0GENERAL", ts=ts, text="b")
    again = client.chat_stopStream(channel="C0GENERAL", ts=ts)
    assert await error_of(again) == "message_not_in_streaming_state"


async def test_the_state_expires_when_idle(client: AsyncWebClient, emulator: SlackEmulator, thread: str) -> None:
    ts = await started(client, thread, markdown_text="a")
    emulator.backend.stream_idle = 0.0
    late = client.chat_appendStream(channel="C0GENERAL", ts=ts, markdown_text="b")
    assert await error_of(late) == "message_not_in_streaming_state"
    await client.chat_update(channel="C0GENERAL", ts=ts, text="whole")


async def test_the_stop_button(client: AsyncWebClient, emulator: SlackEmulator, bot: Bot, thread: str) -> None:
    with pytest.raises(PersonError):
        await emulator.stop_session("general", thread)
    await client.agents_sessions_setStatus(channel_id="C0GENERAL", thread_ts=thread, status="processing")
    ts = await started(client, thread, markdown_text="a")
    await emulator.stop_session("general", thread)
    await emulator.settled()
    event = next(e["event"] for e in bot.events if e["event"]["type"] == "agent_session_stopped")
    assert (event["channel"], event["thread_ts"], event["user"]) == ("C0GENERAL", thread, "U0ADA")
    assert event["streaming_message_ts"] == [ts]
    late = client.chat_appendStream(channel="C0GENERAL", ts=ts, markdown_text="b")
    assert await error_of(late) == "stopped_by_user"
    assert emulator.status("general", thread)["processing"]
    await client.agents_sessions_setStatus(channel_id="C0GENERAL", thread_ts=thread, status="active")
    assert not emulator.status("general", thread)["processing"]


async def test_status_titles_and_prompts(client: AsyncWebClient, emulator: SlackEmulator) -> None:
    ts = await emulator.post("D0ADA", "hi")
    await client.assistant_threads_setStatus(channel_id="D0ADA", thread_ts=ts, status="is thinking")
    await client.assistant_threads_setTitle(channel_id="D0ADA", thread_ts=ts, title="Greeting")
    assert emulator.status("D0ADA", ts)["text"] == "is thinking"
    await client.chat_postMessage(channel="D0ADA", thread_ts=ts, text="hello")
    assert emulator.status("D0ADA", ts)["text"] == ""
    assert emulator.status("D0ADA", ts)["title"] == "Greeting"
    prompts = [{"title": str(n), "message": f"say {n}"} for n in range(5)]
    arguments = {"channel_id": "D0ADA", "prompts": prompts}
    assert await error_of(client.api_call("assistant.threads.setSuggestedPrompts", json=arguments)) == (
        "invalid_arguments"
    )
    await client.api_call(
        "assistant.threads.setSuggestedPrompts", json={"channel_id": "D0ADA", "thread_ts": ts, "prompts": prompts[:4]}
    )
    assert emulator.prompts("D0ADA") == []  # an agent_view app: with a thread_ts, Slack says ok and shows nothing
    await client.api_call("assistant.threads.setSuggestedPrompts", json={"channel_id": "D0ADA", "prompts": prompts[:4]})
    assert len(emulator.prompts("D0ADA")) == 4
