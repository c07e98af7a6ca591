"""Files: uploaded, shown, kept or dropped by an edit, fetched from the CDN, refused."""

import io
import time
import zlib
from typing import Any

import aiohttp
import discord
import pytest

from gateway.emulators.discord import cdn
from gateway.emulators.discord.emulator import DiscordEmulator
from gateway.emulators.discord.values import MAX_FILE_BYTES
from tests.emulators.discord.bot import Bot, Rest, errors

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x03\x00\x00\x00\x02\x08\x02\x00\x00\x00"
    + b"\x00\x00\x00\x00"
    + zlib.compress(bytes(20))
)
V2 = 1 << 15


async def fetch(http: aiohttp.ClientSession, url: str) -> tuple[int, bytes]:
    async with http.get(url) as answer:
        return answer.status, await answer.read()


async def test_files_from_the_bot(bot: Bot, http: aiohttp.ClientSession, emulator: DiscordEmulator) -> None:
    files = [
        discord.File(io.BytesIO(PNG), "plan.png", description="a plan"),
        discord.File(io.BytesIO(b"\x00\xff" * 500), "Übersicht (2).bin"),
    ]
    sent = await bot.text_channel(emulator).send("see", files=files)
    image, other = sent.attachments
    assert (image.filename, image.size, image.width, image.height) == ("plan.png", len(PNG), 3, 2)
    assert (image.description, image.content_type) == ("a plan", "image/png")
    assert (other.filename, other.title) == ("Ubersicht_2.bin", "Übersicht (2)")
    assert await fetch(http, other.url) == (200, b"\x00\xff" * 500)
    assert await image.read() == PNG


async def test_files_from_people(bot: Bot, emulator: DiscordEmulator) -> None:
    await emulator.post("general", "", files=[("notes.txt", b"abc", "text/plain")])
    await emulator.voice("general", b"OggS....", duration=2.5)
    await bot.until(lambda: len(bot.named("message")) == 2)
    posted, spoken = bot.named("message")
    assert [(a.filename, a.content_type) for a in posted.attachments] == [("notes.txt", "text/plain; charset=utf-8")]
    assert spoken.flags.voice
    (audio,) = spoken.attachments
    assert audio.is_voice_message()
    assert (audio.duration, len(audio.waveform) > 0, await audio.read()) == (2.5, True, b"OggS....")


async def test_links_are_signed_and_expire(http: aiohttp.ClientSession, emulator: DiscordEmulator) -> None:
    message_id = await emulator.post("general", "", files=[("a.txt", b"abc", "text/plain")])
    shown = emulator.message("general", message_id)
    assert shown is not None
    (file,) = emulator.world.files.values()
    url = shown["attachments"][0]["url"]
    assert await fetch(http, url) == (200, b"abc")
    stale = cdn.link(emulator.world, file, at=time.time() - cdn.LINK_SECONDS - 1)
    for broken in (url.partition("?")[0], url.replace("hm=", "hm=0"), stale):
        assert await fetch(http, broken) == (404, b"This content is no longer available."), broken
    status, avatar = await fetch(http, f"{emulator.world.base}/cdn/avatars/{emulator.ada.id}/x.png")
    assert (status, avatar[:4]) == (200, b"\x89PNG")


async def test_an_edit_says_what_stays(rest: Rest, emulator: DiscordEmulator) -> None:
    many = f"/channels/{emulator.general.id}/messages"
    two = (("a.txt", b"a", "text/plain"), ("b.txt", b"b", "text/plain"))
    _, made = await rest.upload(many, {"content": "x"}, *two)
    a, b = made["attachments"]
    _, same = await rest.patch(f"{many}/{made['id']}", {"content": "y"})
    assert [f["filename"] for f in same["attachments"]] == ["a.txt", "b.txt"]
    body = {"attachments": [{"id": b["id"]}, {"id": 0, "filename": "c.txt"}]}
    _, edited = await rest.upload(f"{many}/{made['id']}", body, ("c.txt", b"c", "text/plain"), method="PATCH")
    assert [f["filename"] for f in edited["attachments"]] == ["b.txt", "c.txt"]
    _, added = await rest.upload(f"{many}/{made['id']}", {}, ("d.txt", b"d", "text/plain"), method="PATCH")
    assert [f["filename"] for f in added["attachments"]] == ["b.txt", "c.txt", "d.txt"]
    _, none = await rest.patch(f"{many}/{made['id']}", {"attachments": []})
    assert none["attachments"] == []
    status, refused = await rest.patch(f"{many}/{made['id']}", {"attachments": [{"id": a["id"]}]})
    assert (status, errors(refused, "attachments", 0)) == (400, ["ATTACHMENT_NOT_FOUND"])


async def test_files_in_components_and_embeds(
    rest: Rest, http: aiohttp.ClientSession, emulator: DiscordEmulator
) -> None:
    many = f"/channels/{emulator.general.id}/messages"
    gallery = {"type": 12, "items": [{"media": {"url": "attachment://my plan.png"}}]}
    shown = {"type": 13, "file": {"url": "attachment://a.txt"}}
    files = (("my plan.png", PNG, "image/png"), ("a.txt", b"abc", "text/plain"), ("b.txt", b"b", "text/plain"))
    status, made = await rest.upload(many, {"flags": V2, "components": [gallery, shown]}, *files)
    assert status == 200
    first, second = made["components"]
    media = first["items"][0]["media"]
    assert (media["width"], media["content_type"]) == (3, "image/png")
    assert await fetch(http, media["url"]) == (200, PNG)
    assert (second["name"], second["size"]) == ("a.txt", 3)
    assert [f["filename"] for f in made["attachments"]] == ["b.txt"]
    page = emulator.snapshot()["messages"][emulator.general.id][0]
    assert page["attachments"] == [], "an attachment no component shows is not seen"
    edited = {"components": [shown]}
    status, made = await rest.patch(f"{many}/{made['id']}", edited)
    assert (status, [f["filename"] for f in made["attachments"]]) == (200, ["my_plan.png", "b.txt"])
    embed = {"title": "t", "image": {"url": "attachment://plan.png"}}
    _, made = await rest.upload(many, {"embeds": [embed]}, ("plan.png", PNG, "image/png"))
    assert (made["attachments"], made["embeds"][0]["image"]["width"]) == ([], 3)
    assert await fetch(http, made["embeds"][0]["image"]["url"]) == (200, PNG)


@pytest.mark.usefixtures("impatient")
async def test_a_layout_of_discord_py(bot: Bot, http: aiohttp.ClientSession, emulator: DiscordEmulator) -> None:
    class Shown(discord.ui.LayoutView):
        text: discord.ui.TextDisplay[Any] = discord.ui.TextDisplay("# Plan")
        box: discord.ui.Container[Any] = discord.ui.Container(
            discord.ui.Section("left", accessory=discord.ui.Button(label="Go", custom_id="go")),
            discord.ui.Separator(),
            discord.ui.MediaGallery(discord.MediaGalleryItem("attachment://plan.png", description="a plan")),
            accent_colour=0x5865F2,
        )
        file: discord.ui.File[Any] = discord.ui.File("attachment://a.txt")

    files = [discord.File(io.BytesIO(PNG), "plan.png"), discord.File(io.BytesIO(b"abc"), "a.txt")]
    sent = await bot.text_channel(emulator).send(view=Shown(), files=files)
    assert sent.flags.components_v2
    shown = emulator.message("general", str(sent.id))
    assert shown is not None
    assert [each["type"] for each in shown["components"]] == [10, 17, 13]
    assert (await fetch(http, shown["components"][2]["file"]["url"])) == (200, b"abc")
    edited = await sent.edit(view=Shown())
    assert edited.flags.components_v2
    assert (await emulator.click("general", str(sent.id), label="Go")).error == "This interaction failed"


async def test_what_is_too_much(rest: Rest, emulator: DiscordEmulator) -> None:
    many = f"/channels/{emulator.general.id}/messages"
    big = ("big.bin", bytes(MAX_FILE_BYTES), "application/octet-stream")
    assert (await rest.upload(many, {}, big))[0] == 200
    for files in ([("big.bin", bytes(MAX_FILE_BYTES + 1), "x/y")], [big, big, big]):
        status, body = await rest.upload(many, {}, *files)
        assert (status, body) == (413, {"message": "Request entity too large", "code": 40005})
    small = ("a.txt", b"a", "text/plain")
    status, body = await rest.upload(many, {}, *[small] * 11)
    assert (status, body["code"]) == (400, 30015)
    assert len(emulator.messages("general")) == 1


@pytest.mark.parametrize(
    ("body", "mime", "code"),
    [
        ({"content": "x"}, "audio/ogg", 50159),
        ({}, "text/plain", 50160),
        ({"attachments": [{"id": 0}]}, "audio/ogg", 50161),
    ],
)
async def test_voice_messages_have_rules(
    rest: Rest, emulator: DiscordEmulator, body: dict[str, object], mime: str, code: int
) -> None:
    many = f"/channels/{emulator.general.id}/messages"
    status, answer = await rest.upload(many, {"flags": 1 << 13, **body}, ("v.ogg", b"OggS", mime))
    assert (status, answer["code"]) == (400, code)


async def test_a_voice_message_of_the_bot(rest: Rest, emulator: DiscordEmulator) -> None:
    many = f"/channels/{emulator.general.id}/messages"
    about = [{"id": 0, "duration_secs": 1.5, "waveform": "AAAA"}]
    status, made = await rest.upload(many, {"flags": 1 << 13, "attachments": about}, ("v.ogg", b"OggS", "audio/ogg"))
    assert (status, made["attachments"][0]["duration_secs"]) == (200, 1.5)
    status, body = await rest.patch(f"{many}/{made['id']}", {"content": "x"})
    assert (status, body["code"]) == (400, 50162)


async def test_names_are_cleansed() -> None:
    for given, stored in (
        ("a b.txt", "a_b.txt"),
        ("hello (world).png", "hello_world.png"),
        ("_bug1.png", "bug1.png"),
        ("../../etc/passwd", "etc_passwd"),
        ("naïve.txt", "naive.txt"),
    ):
        assert cdn.stored_name(given) == stored
