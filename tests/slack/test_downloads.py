"""What people attach, down to its bytes: over Slack's own hosts, by what its API says, and truly named."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from gateway.emulators.common.listener import Listener
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.emulators.slack.state import File as SlackFile
from gateway.errors import Forbidden, Gone, PlatformError, Unavailable, Unsupported
from gateway.model import MessageCreated, RemoteFile
from tests.contract.harness import serving
from tests.slack.test_adapter import SlackHarness
from tests.slack.world import slack_world


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[SlackHarness]:
    async with slack_world() as world, serving(world, tmp_path, SlackHarness) as harness:
        yield harness


async def shared(harness: SlackHarness, *files: SlackFile, text: str = "see") -> MessageCreated:
    """The event of a message of Ada's with these files."""
    ts = await harness.slack.post(harness.slack.dm.id, text, files=files)
    await harness.slack.delivered(ts)
    return await harness.heard(MessageCreated)


async def one(harness: SlackHarness, name: str, data: bytes, mime: str, **fields: Any) -> tuple[SlackFile, RemoteFile]:
    """A file at Slack, and what the bot knows of it."""
    kept = harness.slack.add_file(name, data, mime, **fields)
    [file] = (await shared(harness, kept)).files
    return kept, file


# Redirects


async def test_on_an_enterprise_grid_a_download_is_followed_to_slacks_other_host(harness: SlackHarness) -> None:
    harness.slack.world.grid = True
    _, file = await one(harness, "a b ä.png", b"\x89PNG", "image/png")
    assert await harness.collect(file) == b"\x89PNG"


@pytest.mark.parametrize("way", ["page", "redirect"])
async def test_the_sign_in_page_is_known_by_what_it_is(harness: SlackHarness, way: Any) -> None:
    harness.slack.world.sign_in = way
    _, picture = await one(harness, "a.png", b"\x89PNG", "image/png")
    _, page = await one(harness, "a.html", b"<p>mine</p>", "text/html")
    harness.slack.world.tokens.clear()
    for file in (picture, page, replace(page, size=None)):
        # The token has the scope as far as is known: nobody is told to add it.
        with pytest.raises(Forbidden, match="although the token has the scope files:read"):
            await harness.collect(file)


async def test_a_redirect_to_another_host_is_not_followed(harness: SlackHarness) -> None:
    heard: list[str] = []

    async def hear(request: web.BaseRequest) -> web.Response:
        heard.append(request.path)
        return web.Response(body=b"stranger")

    listener = Listener(hear)
    elsewhere = f"{await listener.open('127.0.0.1', 0)}/a.png"
    kept, file = await one(harness, "a.png", b"\x89PNG", "image/png")
    for to in (elsewhere, "https://slack.com.evil.example/a", "http://files.slack.com/a", "//evil.example/a"):
        kept.moved_to = to
        with pytest.raises(Unsupported, match="none of its own hosts"):
            await harness.collect(file)
    await listener.close()
    assert heard == []


async def test_redirects_in_a_circle_have_an_end(harness: SlackHarness) -> None:
    kept, file = await one(harness, "a.png", b"\x89PNG", "image/png")
    kept.moved_to = file.url
    with pytest.raises(Unavailable, match="more than 3"):
        await harness.collect(file)


async def test_a_signed_address_is_asked_without_the_token(
    harness: SlackHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, file = await one(harness, "a.png", b"\x89PNG", "image/png")
    assert file.url is not None
    asked: list[tuple[str, bool]] = []
    session = harness.adapter._http.session
    get = session.get

    def local(url: str, *, headers: dict[str, str], **options: Any) -> Any:
        asked.append((url.partition("?")[0], "Authorization" in headers))
        # What Slack's edge serves to whoever has the signed address, the emulator serves to the token.
        token = {"Authorization": f"Bearer {harness.slack.team.bot_token}"}
        kept.moved_to = None if "slack-edge" in url else "https://a.slack-edge.com/x/a.png?sig=s"
        return get(str(file.url), headers=token, **options)

    monkeypatch.setattr(session, "get", local)
    for origin in ("https://files.slack.com/files-pri/T1-F1/a.png", "https://slack-files.com/T1-F1-abc"):
        assert await harness.collect(replace(file, url=origin)) == b"\x89PNG"
        assert asked == [(origin, True), ("https://a.slack-edge.com/x/a.png", False)]
        asked.clear()


# Pages that are content


@pytest.mark.parametrize(
    ("name", "mime", "fields", "served"),
    [
        ("Spec", "application/vnd.slack-docs", {"mode": "quip", "filetype": "quip", "size": 90}, "text/html"),
        ("Plan", "application/vnd.slack-docs", {"mode": "canvas", "filetype": "canvas"}, "text/html"),
        ("index.html", "text/plain", {"filetype": "html"}, "text/html"),
        ("index.html", "text/html", {}, "text/html"),
        ("notes.txt", "text/plain", {}, "text/html"),
    ],
)
async def test_html_that_a_person_wrote_arrives(
    harness: SlackHarness, name: str, mime: str, fields: dict[str, Any], served: str
) -> None:
    page = (
        b"<!DOCTYPE html><html><head><title>Spec</title></head><body><h1>Sign in</h1> how to, and /signin</body></html>"
    )
    kept, file = await one(harness, name, page, mime, **fields)
    kept.served_as = served
    assert await harness.collect(file) == page
    assert file.mime == ("text/html" if mime.endswith("slack-docs") else mime)


async def test_a_page_in_place_of_a_picture_is_no_picture(harness: SlackHarness) -> None:
    kept, file = await one(
        harness, "a.png", b" <!doctype HTML><html><body>Please wait</body></html>", "image/png", size=6
    )
    kept.served_as = "text/html"
    with pytest.raises(Forbidden):
        await harness.collect(file)


# What kind of file it is


@pytest.mark.parametrize(
    ("name", "mime", "fields", "told"),
    [
        ("audio_message.mp4", "video/mp4", {"subtype": "slack_audio", "media_display_type": "audio"}, "audio/mp4"),
        ("audio_message.webm", "video/webm", {"subtype": "slack_audio"}, "audio/webm"),
        ("audio_message.m4a", "audio/mp4", {"subtype": "slack_audio"}, "audio/mp4"),
        ("voice", "application/octet-stream", {"media_display_type": "audio"}, "audio/mp4"),
        ("clip.mp4", "video/mp4", {"subtype": "slack_video"}, "video/mp4"),
        ("report.pdf", "", {}, "application/pdf"),
        ("IMAGE", "Image/PNG; charset=binary", {}, "image/png"),
    ],
)
async def test_the_type_of_a_file_is_a_true_one(
    harness: SlackHarness, name: str, mime: str, fields: dict[str, Any], told: str
) -> None:
    _, file = await one(harness, name, b"1234567", mime, **fields)
    assert (file.name, file.mime) == (name, told)


KEPT_ELSEWHERE: list[tuple[dict[str, Any], type[PlatformError], str]] = [
    (
        {"mode": "external", "is_external": True, "url_private": "https://docs.example.com/d/1"},
        Unsupported,
        "docs.example.com",
    ),
    (
        {"is_external": True, "external_type": "gdrive", "url_private": "https://drive.example.com/1"},
        Unsupported,
        "outside",
    ),
    ({"mode": "hidden_by_limit", "url_private": "", "url_private_download": ""}, Unsupported, "Slack hides it"),
    ({"mode": "tombstone", "url_private": "", "url_private_download": ""}, Gone, "deleted"),
]


@pytest.mark.parametrize(("fields", "error", "says"), KEPT_ELSEWHERE)
async def test_a_file_without_content_at_slack_says_why(
    harness: SlackHarness, fields: dict[str, Any], error: type[Exception], says: str
) -> None:
    fields = {"url_private_download": "", **fields}
    _, file = await one(harness, "Plan", b"", "application/vnd.google-apps.document", **fields)
    with pytest.raises(error, match=says):
        await harness.collect(file)
    assert harness.slack.calls_to("files.info") == []


# What files.info and the history know


async def test_a_file_known_by_its_id_only_is_completed(harness: SlackHarness) -> None:
    picture = harness.slack.add_file("pic.png", b"\x89PN", "image/png", bare=True)
    event = await shared(harness, picture, harness.slack.add_file("whole.txt", b"w", "text/plain"))
    assert (event.partial, event.files[0].name) == (True, picture.id)
    whole = await harness.adapter.complete(event)
    first, second = whole.files
    assert (first.name, first.mime, first.size, whole.partial) == ("pic.png", "image/png", 3, False)
    assert second == event.files[1]
    assert await harness.collect(first) == await harness.collect(event.files[0]) == b"\x89PN"


async def test_a_file_of_which_nothing_is_told_stays_and_says_why(harness: SlackHarness) -> None:
    event = await shared(harness, harness.slack.add_file("pic.png", b"\x89PN", "image/png", bare=True))
    for change, error in (
        ({"url_private": "", "url_private_download": "", "file_access": "access_denied"}, Forbidden),
        ({"mode": "hidden_by_limit", "url_private": "", "url_private_download": ""}, Unsupported),
    ):
        harness.slack.world.files[event.files[0].id].fields = change
        [file] = (await harness.adapter.complete(event)).files
        with pytest.raises(error):
            await harness.collect(file)


async def mention(harness: SlackHarness, *, thread: str | None = None) -> MessageCreated:
    """A mention with a file, of which only the ``app_mention`` comes, without its files and blocks."""
    slack = harness.slack
    slack.team.events -= {"message.channels"}
    slack.backend.events.mention_lacks = frozenset({"files", "blocks"})
    ts = await slack.post("general", "@gateway look", files=[("a.png", b"\x89PNG", "image/png")], thread_ts=thread)
    await slack.delivered(ts)
    return await harness.heard(MessageCreated)


async def test_a_mention_without_its_files_is_looked_up(harness: SlackHarness) -> None:
    harness.slack.team.events -= {"message.channels"}
    root = await harness.slack.post("general", "hello all")
    for at in range(20):
        await harness.slack.post("general", f"reply {at}", thread_ts=root)
    for thread in (None, root):
        event = await mention(harness, thread=thread)
        assert (event.files, event.partial) == ((), True)
        whole = await harness.adapter.complete(event)
        assert [file.name for file in whole.files] == ["a.png"]
        assert (whole.message_id, whole.ref.key, whole.text) == (event.message_id, event.ref.key, "look")
        assert (whole.addressed, whole.partial, whole.user.id) == (True, False, event.user.id)


async def test_a_mention_that_cannot_be_looked_up_is_taken_as_it_came(harness: SlackHarness) -> None:
    event = await mention(harness)
    harness.slack.fail_next("conversations.replies", retry_after=60)
    assert await harness.adapter.complete(event) == replace(event, partial=False)
    harness.slack.team.scopes -= {"channels:history"}
    assert await harness.adapter.complete(event) == replace(event, partial=False)


async def test_a_mention_is_looked_up_only_once_it_is_known_who_the_bot_is(tmp_path: Path) -> None:
    """Its mention could not be left out of the text."""
    async with slack_world() as world:
        world.fail_next("identify", "server_error")
        async with serving(world, tmp_path, SlackHarness) as harness:
            assert harness.adapter.health() is not None
            assert (await harness.adapter.complete(await mention(harness))).text == "look"


async def test_an_ordinary_mention_of_an_app_that_hears_mentions_only_asks_nothing(harness: SlackHarness) -> None:
    slack: SlackEmulator = harness.slack
    slack.team.events -= {"message.channels"}
    for _ in range(8):
        await slack.delivered(await slack.post("general", "@gateway hello"))
        await harness.heard(MessageCreated)
    await slack.delivered(await slack.post("general", "@gateway hello"))
    assert not (await harness.heard(MessageCreated)).partial
