"""Files out: consent, the upload in one piece or several, and the card that shows the file."""

from typing import Any

import aiohttp
import pytest
from aiohttp import web

from gateway.emulators.common.values import Upload
from gateway.emulators.teams import files
from gateway.emulators.teams.emulator import PersonError, TeamsEmulator
from tests.emulators.teams.bot import JSON, Api, Bot

CONSENT = "application/vnd.microsoft.teams.card.file.consent"
FILE_INFO = "application/vnd.microsoft.teams.card.file.info"
PIECE = 320 * 1024


async def offered(emulator: TeamsEmulator, api: Api, size: int = 9, name: str = "notes.txt") -> str:
    content = {"description": "Notes", "sizeInBytes": size, "acceptContext": {"n": 1}, "declineContext": {"n": 2}}
    attachment = {"contentType": CONSENT, "name": name, "content": content}
    status, body = await api.send(emulator.personal().id, attachments=[attachment])
    assert status == 201
    return str(body["id"])


async def accepted(emulator: TeamsEmulator, bot: Bot, api: Api) -> JSON:
    assert (await emulator.consent("personal", await offered(emulator, api))).ok
    info: JSON = bot.last["value"]["uploadInfo"]
    return info


async def put(http: aiohttp.ClientSession, url: str, data: bytes, content_range: str | None) -> tuple[int, Any]:
    headers = {} if content_range is None else {"Content-Range": content_range}
    async with http.put(url, data=data, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_a_file_goes_out_by_consent(emulator: TeamsEmulator, bot: Bot, api: Api) -> None:
    posted = await offered(emulator, api)
    assert (await emulator.consent("personal", posted)).ok
    assert (bot.last["name"], bot.last["replyToId"]) == ("fileConsent/invoke", posted)
    value = bot.last["value"]
    assert (value["type"], value["action"], value["context"]) == ("fileUpload", "accept", {"n": 1})
    info = value["uploadInfo"]
    assert (info["name"], info["fileType"]) == ("notes.txt", "txt")
    assert info["uploadUrl"].startswith(emulator.world.base)
    assert (await put(api.http, info["uploadUrl"], b"some text", "bytes 0-8/9"))[0] == 201
    attachment = {
        "contentType": FILE_INFO,
        "name": info["name"],
        "contentUrl": info["contentUrl"],
        "content": {"uniqueId": info["uniqueId"], "fileType": info["fileType"]},
    }
    path = f"conversations/{emulator.personal().id}/activities/{posted}"
    status, _ = await api.call("PUT", path, {"type": "message", "attachments": [attachment]})
    assert status == 200
    shown = emulator.snapshot()["messages"][emulator.personal().id][0]["attachments"][0]
    assert (shown["name"], shown["size"]) == ("notes.txt", 9)
    async with api.http.get(shown["url"]) as answer:
        assert (answer.status, await answer.read()) == (200, b"some text")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_declining(emulator: TeamsEmulator, bot: Bot, api: Api) -> None:
    posted = await offered(emulator, api)
    assert (await emulator.consent("personal", posted, accept=False)).ok
    assert bot.last["value"] == {"type": "fileUpload", "action": "decline", "context": {"n": 2}}
    assert emulator.messages("personal")[0]["consents"] == {0: "declined"}
    with pytest.raises(PersonError, match="no file waits"):
        await emulator.consent("personal", posted)


async def test_a_consent_the_bot_did_not_take_can_be_given_again(emulator: TeamsEmulator, bot: Bot, api: Api) -> None:
    posted = await offered(emulator, api)
    bot.answer = lambda _: web.Response(status=500)
    assert (await emulator.consent("personal", posted)).error
    bot.answer = lambda _: None
    assert (await emulator.consent("personal", posted)).ok


async def test_an_upload_in_pieces(emulator: TeamsEmulator, bot: Bot, api: Api) -> None:
    info = await accepted(emulator, bot, api)
    data = bytes(range(256)) * (2 * PIECE // 256) + b"the end"
    total = len(data)
    first = await put(api.http, info["uploadUrl"], data[: 2 * PIECE], f"bytes 0-{2 * PIECE - 1}/{total}")
    assert first[0] == 202
    assert first[1]["nextExpectedRanges"] == [f"{2 * PIECE}-"]
    status, body = await put(api.http, info["uploadUrl"], data[: 2 * PIECE], f"bytes 0-{2 * PIECE - 1}/{total}")
    assert (status, body["error"]["code"]) == (416, "invalidRange")
    last = await put(api.http, info["uploadUrl"], data[2 * PIECE :], f"bytes {2 * PIECE}-{total - 1}/{total}")
    assert (last[0], last[1]["size"], last[1]["id"]) == (201, total, info["uniqueId"])
    found = emulator.backend.files.find(info["uniqueId"])
    assert found is not None
    assert found.content == data


@pytest.mark.parametrize(
    ("size", "content_range", "status"),
    [
        (9, None, 400),
        (9, "bytes 0-8", 400),
        (9, "bytes 0-9/10", 400),
        (9, "bytes 0-8/8", 400),
        (9, "bytes 1-9/10", 416),
        (9, "bytes 0-8/18", 400),
        (9, f"bytes 0-8/{files.MAX_BYTES + 1}", 413),
    ],
)
async def test_refused_pieces(
    emulator: TeamsEmulator, bot: Bot, api: Api, size: int, content_range: str | None, status: int
) -> None:
    info = await accepted(emulator, bot, api)
    answered, body = await put(api.http, info["uploadUrl"], b"x" * size, content_range)
    assert answered == status
    assert body["error"]["code"]
    assert emulator.backend.files.find(info["uniqueId"]) is None


async def test_an_upload_address_is_good_once(emulator: TeamsEmulator, bot: Bot, api: Api) -> None:
    info = await accepted(emulator, bot, api)
    assert (await put(api.http, info["uploadUrl"], b"some text", "bytes 0-8/9"))[0] == 201
    assert (await put(api.http, info["uploadUrl"], b"some text", "bytes 0-8/9"))[0] == 404
    assert (await put(api.http, f"{emulator.world.base}/upload/guessed", b"x", "bytes 0-0/1"))[0] == 404
    async with api.http.get(f"{emulator.world.base}/download/guessed/notes.txt") as answer:
        assert answer.status == 404


async def test_old_contents_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 10)
    emulator = TeamsEmulator()
    kept = [emulator.backend.files.add(Upload(f"{n}.txt", b"1234")) for n in range(4)]
    assert [file.content is not None for file in kept] == [False, False, True, True]
    monkeypatch.setattr(files, "MAX_FILES", 3)
    emulator.backend.files.add(Upload("last.txt", b""))
    assert emulator.backend.files.find(kept[1].id) is None


async def test_the_page_shows_no_uploaded_page(emulator: TeamsEmulator, api: Api) -> None:
    page = Upload("page.html", b"<script>alert(1)</script>", "text/html")
    said = await emulator.say("personal", files=[page])
    shown = emulator.snapshot()["messages"][emulator.personal().id][-1]
    assert shown["id"] == said
    async with api.http.get(shown["attachments"][0]["url"]) as answer:
        assert answer.headers["Content-Disposition"] == "attachment"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    async with api.http.get(f"{emulator.world.base}/playground/files/nothing/x") as answer:
        assert answer.status == 404
