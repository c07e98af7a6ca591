"""The kill switch switches."""

import asyncio
import socket

import aiohttp
import pytest

from tests.support.net import OutsideNetwork

OUTSIDE = ("192.0.2.1", 9)  # TEST-NET-1: routed nowhere, should the switch fail


async def test_sockets_cannot_leave(outside_attempts: list[str]) -> None:
    with socket.socket() as sock, pytest.raises(OutsideNetwork):
        sock.connect(OUTSIDE)
    with socket.socket() as sock, pytest.raises(OutsideNetwork):
        sock.connect_ex(OUTSIDE)
    with pytest.raises(OutsideNetwork):
        await asyncio.open_connection(*OUTSIDE)
    assert len(outside_attempts) == 3
    outside_attempts.clear()


async def test_names_are_not_looked_up(outside_attempts: list[str]) -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(OutsideNetwork):
            await http.get("http://slack.example/api/auth.test")
    assert outside_attempts == ["look up 'slack.example'"]
    outside_attempts.clear()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_loopback_is_open(host: str) -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection(host, port, family=socket.AF_INET)
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
