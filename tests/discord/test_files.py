"""What users attach: read where Discord keeps it and nowhere else, by a fresh address where the old one ended."""

import asyncio
import time
from dataclasses import replace

import pytest

from gateway.emulators.discord import cdn
from gateway.errors import Gone, Unavailable, Unsupported
from gateway.model import MessageCreated, RemoteFile
from tests.contract.harness import AdapterHarness
from tests.contract.world import File
from tests.discord.world import DiscordWorld


async def attached(world: DiscordWorld, harness: AdapterHarness) -> RemoteFile:
    post = await world.dm("see", files=[File("a.txt", b"mine", "text/plain")])
    [file] = (await harness.take(post)).files
    return file


def stale(world: DiscordWorld, file: RemoteFile) -> RemoteFile:
    """Its address as it is after a day."""
    url = cdn.link(world.discord.world, world.discord.world.files[file.id], at=time.time() - 2 * 86_400)
    return replace(file, url=url)


async def test_an_address_that_has_ended_is_replaced(world: DiscordWorld, harness: AdapterHarness) -> None:
    file = stale(world, await attached(world, harness))
    assert await harness.collect(file) == b"mine"
    assert await harness.collect(replace(file, url=None)) == b"mine"


async def test_what_is_gone_is_said_to_be(world: DiscordWorld, harness: AdapterHarness) -> None:
    file = await attached(world, harness)
    await world.discord.delete_message(file.extra["channel"], file.extra["message"])
    with pytest.raises(Gone):
        await harness.collect(stale(world, file))
    with pytest.raises(Gone):
        await harness.collect(replace(stale(world, file), extra={}))


@pytest.mark.parametrize(
    "url",
    [
        "http://cdn.discordapp.com/a",  # not without TLS
        "https://cdn.discordapp.com.evil.example/a",
        "https://evil.example/cdn.discordapp.com",
        "https://user@evil.example/",
        "//cdn.discordapp.com/a",
        "http://[::1",
    ],
)
async def test_other_hosts_are_not_asked(world: DiscordWorld, harness: AdapterHarness, url: str) -> None:
    file = await attached(world, harness)
    with pytest.raises(Unsupported):
        await harness.collect(replace(file, url=url))


async def test_another_port_of_who_stands_in_for_discord_is(world: DiscordWorld, harness: AdapterHarness) -> None:
    file = await attached(world, harness)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/a.txt"
        assert await harness.collect(replace(file, url=url)) == b"abc"


async def test_an_outage_may_be_tried_again(world: DiscordWorld, harness: AdapterHarness) -> None:
    file = await attached(world, harness)
    async with world.unreachable():
        with pytest.raises(Unavailable):
            await harness.collect(file)


async def test_a_voice_message_is_an_audio_file_with_its_length(world: DiscordWorld, harness: AdapterHarness) -> None:
    await world.discord.voice(world.discord.dm.id, b"OggS" + b"\0" * 99, duration=2.5)
    event = await harness.heard(MessageCreated)
    [file] = event.files
    assert (event.text, file.mime, file.extra["seconds"]) == ("", "audio/ogg", "2.5")
    assert (await harness.collect(file)).startswith(b"OggS")
