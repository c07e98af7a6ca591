"""The socket that the server listens on."""

import asyncio
import socket

from gateway.serving.server import bind


async def test_no_part_of_an_answer_waits_until_the_client_acknowledged_the_one_before() -> None:
    """asyncio switches Nagle's algorithm off (it costs 40 ms an answer) only where the socket says that it is TCP."""
    asked: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    with bind("127.0.0.1", 0) as listener:
        async with await asyncio.start_server(answer, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            undelayed = await asked
            writer.close()
            await writer.wait_closed()
    assert undelayed
