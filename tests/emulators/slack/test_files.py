"""Files in and out."""

import aiohttp
import orjson
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from gateway.emulators.slack.emulator import SlackEmulator
from tests.emulators.slack.bot import Bot, section
from tests.emulators.slack.test_messages import error_of


async def test_the_sdks_own_upload(client: AsyncWebClient, emulator: SlackEmulator, bot: Bot) -> None:
    parent = await emulator.post("general", "send it")
    await client.files_upload_v2(
        channel="C0GENERAL", thread_ts=parent, content=b"a,b\n1,2\n", filename="t.csv", initial_comment="here"
    )
    message = emulator.messages("general", parent)[-1]
    assert (message["text"], message["files"][0]["name"], message["files"][0]["size"]) == ("here", "t.csv", 8)
    info = await client.files_info(file=message["files"][0]["id"])
    assert info["file"]["shares"]["public"]["C0GENERAL"][0]["ts"] == message["ts"]
    await emulator.settled()
    assert bot.events[-1]["event"]["subtype"] == "file_share"


async def test_blocks_instead_of_a_comment(
    client: AsyncWebClient, emulator: SlackEmulator, http: aiohttp.ClientSession
) -> None:
    ticket = await client.files_getUploadURLExternal(filename="a.txt", length=3)
    early = client.files_completeUploadExternal(files=[{"id": ticket["file_id"]}], channel_id="C0GENERAL")
    assert await error_of(early) == "file_not_found"
    async with http.post(ticket["upload_url"], data=b"toolong") as refused:
        assert refused.status == 400
    async with http.post(ticket["upload_url"], data=b"abc") as taken:
        assert await taken.text() == "OK - 3"
    done = await client.files_completeUploadExternal(
        files=[{"id": ticket["file_id"], "title": "A"}],
        channel_id="C0GENERAL",
        blocks=orjson.dumps([section("look")]).decode(),
    )
    assert "shares" not in done["files"][0]
    message = emulator.messages("general")[-1]
    assert message["blocks"][0]["text"]["text"] == "look"
    assert message["files"][0]["title"] == "A"
    again = client.files_completeUploadExternal(files=[{"id": ticket["file_id"]}], channel_id="C0GENERAL")
    assert await error_of(again) == "file_not_found"


@pytest.mark.parametrize(("channel", "error"), [("C0NOWHERE", "channel_not_found"), ("C0RANDOM", "not_in_channel")])
async def test_files_go_only_where_the_bot_is(
    client: AsyncWebClient, http: aiohttp.ClientSession, channel: str, error: str
) -> None:
    ticket = await client.files_getUploadURLExternal(filename="a.txt", length=3)
    async with http.post(ticket["upload_url"], data=b"abc"):
        pass
    call = client.files_completeUploadExternal(files=[{"id": ticket["file_id"]}], channel_id=channel)
    assert await error_of(call) == error


async def test_an_empty_file_is_refused(client: AsyncWebClient) -> None:
    call = client.files_getUploadURLExternal(filename="a.txt", length=0)
    assert await error_of(call) == "invalid_arguments"


async def test_without_the_scope_a_download_is_the_login_page(
    emulator: SlackEmulator, http: aiohttp.ClientSession
) -> None:
    await emulator.post("general", "", files=[("a.bin", b"\x00\x01", "application/octet-stream")])
    url = emulator.messages("general")[-1]["files"][0]["url_private"]
    bearer = {"Authorization": f"Bearer {emulator.team.bot_token}"}
    async with http.get(url, headers=bearer) as answer:
        assert (answer.status, await answer.read()) == (200, b"\x00\x01")
    async with http.get(url) as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
    emulator.team.scopes.discard("files:read")
    async with http.get(url, headers=bearer) as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
        assert b"Sign in" in await answer.read()


async def test_the_page_gets_a_file_that_cannot_run_as_a_page(
    emulator: SlackEmulator, http: aiohttp.ClientSession
) -> None:
    await emulator.post("general", "", files=[("é x.html", b"<script>1</script>", "text/html")])
    shown = emulator.snapshot()["messages"]["C0GENERAL"][-1]["files"][0]
    async with http.get(shown["url"]) as answer:
        assert await answer.read() == b"<script>1</script>"
        assert answer.headers["Content-Disposition"] == "attachment"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox")


async def test_a_deleted_file_is_gone(client: AsyncWebClient, emulator: SlackEmulator) -> None:
    await client.files_upload_v2(channel="C0GENERAL", content=b"abc", filename="a.txt")
    file_id = emulator.messages("general")[-1]["files"][0]["id"]
    await client.files_delete(file=file_id)
    assert await error_of(client.files_info(file=file_id)) == "file_deleted"
    assert emulator.messages("general")[-1]["files"] == []
