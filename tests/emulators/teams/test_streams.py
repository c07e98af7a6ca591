"""Streaming: the sequence, the growing text, the end, and every refusal of the document's table."""

from typing import Any

import aiohttp
import pytest

from gateway.emulators.teams.emulator import PersonError, TeamsEmulator
from tests.emulators.teams.bot import JSON, Api, card, error_of, text_block
from tests.emulators.teams.conftest import signed_in

LABEL: JSON = {"type": "https://schema.org/Message", "@type": "Message", "additionalType": ["AIGeneratedContent"]}


@pytest.fixture
def chat(emulator: TeamsEmulator) -> str:
    return emulator.personal().id


async def started(api: Api, chat: str, text: str = "A brown", **more: Any) -> str:
    status, body = await api.stream(chat, text, 1, **more)
    assert status == 201
    return str(body["id"])


async def test_a_stream_from_its_first_notice_to_its_end(emulator: TeamsEmulator, api: Api, chat: str) -> None:
    stream = await started(api, chat, "Searching…", kind="informative")
    shown = emulator.message("personal", stream)
    assert shown is not None
    assert (shown["text"], shown["streaming"]) == ("Searching…", "informative")
    assert await api.stream(chat, "Reading…", 2, stream, kind="informative") == (202, {})
    assert await api.stream(chat, "A brown", 3, stream) == (202, {})
    assert await api.stream(chat, "A brown fox", 5, stream) == (202, {})
    (shown,) = emulator.messages("personal")
    assert (shown["text"], shown["streaming"]) == ("A brown fox", "streaming")
    final = await api.stream(
        chat,
        "A brown fox jumped.",
        None,
        stream,
        kind="final",
        attachments=[card(text_block())],
        entities=[LABEL],
        channelData={"feedbackLoop": {"type": "default"}},
    )
    assert final == (202, {})
    (shown,) = emulator.messages("personal")
    assert (shown["id"], shown["text"], shown["streaming"]) == (stream, "A brown fox jumped.", None)
    assert len(shown["attachments"]) == 1
    assert [call.method for call in emulator.calls if call.method != "token"] == ["stream"] * 5


async def test_a_stream_that_was_only_a_notice_may_end_with_anything(
    emulator: TeamsEmulator, api: Api, chat: str
) -> None:
    stream = await started(api, chat, "Thinking…", kind="informative")
    assert (await api.stream(chat, "Done.", None, stream, kind="final"))[0] == 202
    assert [m["text"] for m in emulator.messages("personal")] == ["Done."]


async def test_personal_chats_only(emulator: TeamsEmulator, api: Api) -> None:
    for place in (emulator.group.id, emulator.general.id):
        refusal = error_of(await api.stream(place, "A", 1))
        assert refusal == (403, "ContentStreamNotAllowed", "Content stream is not allowed")


async def test_streaming_can_be_off(http: aiohttp.ClientSession) -> None:
    emulator = TeamsEmulator(streaming=False, limits="off")
    await emulator.start()
    try:
        api = await signed_in(emulator, http)
        assert error_of(await api.stream(emulator.personal().id, "A", 1))[2] == "Content stream is not allowed"
    finally:
        await emulator.stop()


async def test_one_stream_a_chat(emulator: TeamsEmulator, api: Api, chat: str) -> None:
    stream = await started(api, chat)
    assert error_of(await api.stream(chat, "Another", 1))[:2] == (403, "ContentStreamNotAllowed")
    await started(api, emulator.personal("Grace").id)
    await api.stream(chat, "A brown fox", None, stream, kind="final")
    await started(api, chat)


async def test_text_only_grows(emulator: TeamsEmulator, api: Api, chat: str) -> None:
    stream = await started(api, chat)
    wanted = (
        403,
        "ContentStreamNotAllowed",
        "Request streamed content should contain the previously streamed content",
    )
    assert error_of(await api.stream(chat, "A red", 2, stream)) == wanted
    assert error_of(await api.stream(chat, "A red fox", None, stream, kind="final")) == wanted
    assert (await api.stream(chat, "A brown", 2, stream))[0] == 202
    assert [m["text"] for m in emulator.messages("personal")] == ["A brown"]


async def test_what_comes_late_is_dropped(emulator: TeamsEmulator, api: Api, chat: str) -> None:
    stream = await started(api, chat)
    await api.stream(chat, "A brown fox jumped", 3, stream)
    status, body = await api.stream(chat, "A brown fox", 2, stream)
    assert (status, body["error"]["code"]) == (202, "ContentStreamSequenceOrderPreConditionFailed")
    assert (await api.stream(chat, "A brown fox jumped again", 3, stream))[1]["error"]
    assert [m["text"] for m in emulator.messages("personal")] == ["A brown fox jumped"]


async def test_malformed_streaming_requests(emulator: TeamsEmulator, api: Api, chat: str) -> None:
    async def refused(text: str, sequence: int | None, stream: str | None = None, **more: Any) -> str:
        status, code, said = error_of(await api.stream(chat, text, sequence, stream, **more))
        assert (status, code) == (400, "BadRequest")
        return said

    assert await refused("", 1) == "Start streaming activities should include text"
    assert "streamSequence" in await refused("A", None)
    assert "streamSequence" in await refused("A", 0)
    assert "streamSequence 1" in await refused("A", 2)
    assert "stream type" in await refused("A", 1, kind="partial")
    assert "1000 characters" in await refused("x" * 1001, 1, kind="informative")
    assert "final" in await refused("A", 1, attachments=[card(text_block())])
    assert "final" in await refused("A", 1, entities=[LABEL])
    assert "final" in await refused("A", 1, channelData={"feedbackLoop": {"type": "default"}})
    assert "Only end streaming" in await refused("A", None, kind="final")
    assert "Only end streaming" in await refused("A", 1, type="message")
    stream = await started(api, chat)
    assert await refused("", 2, stream) == "Continue streaming activities should include text"
    assert "before response streaming" in await refused("Searching…", 2, stream, kind="informative")
    assert "should not include" in await refused("A brown fox", 2, stream, kind="final")
    assert "should be messages" in await refused("A brown fox", None, stream, kind="final", type="typing")
    said = await emulator.say("personal", "hello")
    assert "names no streamed message" in await refused("A brown fox", 2, said)
    assert error_of(await api.stream(chat, "A", 2, "1"))[:2] == (404, "ActivityNotFoundInConversation")


async def test_a_completed_stream_takes_no_more_but_can_be_updated(
    emulator: TeamsEmulator, api: Api, chat: str
) -> None:
    stream = await started(api, chat)
    await api.stream(chat, "A brown fox.", None, stream, kind="final")
    wanted = "Content stream is not allowed on an already completed streamed message"
    assert error_of(await api.stream(chat, "A brown fox. More", 2, stream))[2] == wanted
    assert error_of(await api.stream(chat, "A brown fox. More", None, stream, kind="final"))[2] == wanted
    path = f"conversations/{chat}/activities/{stream}"
    assert (await api.call("PUT", path, {"type": "message", "text": "A red fox."}))[0] == 200


async def test_two_minutes_are_all_there_is(http: aiohttp.ClientSession) -> None:
    emulator = TeamsEmulator(stream_seconds=0.0, limits="off")
    await emulator.start()
    try:
        api, chat = await signed_in(emulator, http), emulator.personal().id
        stream = await started(api, chat)
        wanted = (403, "ContentStreamNotAllowed", "Content stream finished due to exceeded streaming time.")
        assert error_of(await api.stream(chat, "A brown fox", 2, stream)) == wanted
        assert error_of(await api.stream(chat, "A brown fox", None, stream, kind="final")) == wanted
        path = f"conversations/{chat}/activities/{stream}"
        assert (await api.call("PUT", path, {"type": "message", "text": "A brown fox, in time."}))[0] == 200
        (shown,) = emulator.messages("personal")
        assert (shown["text"], shown["streaming"]) == ("A brown fox, in time.", None)
    finally:
        await emulator.stop()


async def test_the_person_stops_it(emulator: TeamsEmulator, api: Api, chat: str) -> None:
    stream = await started(api, chat)
    assert await emulator.stop_stream() == stream
    wanted = (403, "ContentStreamNotAllowed", "Content stream was canceled by user")
    assert error_of(await api.stream(chat, "A brown fox", 2, stream)) == wanted
    assert error_of(await api.stream(chat, "A brown fox", None, stream, kind="final")) == wanted
    path = f"conversations/{chat}/activities/{stream}"
    assert error_of(await api.call("PUT", path, {"type": "message", "text": "Never"})) == wanted
    assert [m["text"] for m in emulator.messages("personal")] == ["A brown"]
    assert (await api.send(chat, "All right."))[0] == 201
    with pytest.raises(PersonError, match="nothing is being streamed"):
        await emulator.stop_stream()


async def test_a_running_stream_is_not_changed_by_an_update(emulator: TeamsEmulator, api: Api, chat: str) -> None:
    stream = await started(api, chat)
    path = f"conversations/{chat}/activities/{stream}"
    assert error_of(await api.call("PUT", path, {"type": "message", "text": "x"}))[0] == 403
    assert (await api.call("DELETE", path))[0] == 200
    await started(api, chat)


async def test_a_stream_is_as_small_as_a_message(emulator: TeamsEmulator, api: Api, chat: str) -> None:
    refusal = error_of(await api.stream(chat, "x" * 52_000, 1))
    assert refusal == (403, "ContentStreamNotAllowed", "Message size too large")


async def test_one_request_a_second(http: aiohttp.ClientSession) -> None:
    emulator = TeamsEmulator(limits="real")
    await emulator.start()
    try:
        api, chat = await signed_in(emulator, http), emulator.personal().id
        stream = await started(api, chat)
        status, body = await api.stream(chat, "A brown fox", 2, stream)
        assert (status, body) == (429, {"error": {"message": "API calls quota exceeded"}})
        assert api.headers["Retry-After"] == "1"
    finally:
        await emulator.stop()
