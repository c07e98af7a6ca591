"""Socket Mode, with the real SDK's socket client."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from gateway.emulators.slack.emulator import SlackEmulator
from tests.emulators.slack.test_messages import error_of


class Socket:
    def __init__(self, client: SocketModeClient) -> None:
        self.client = client
        self.requests: list[SocketModeRequest] = []
        self.silent = 0
        self.payload: dict[str, Any] | None = None

    async def receive(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        self.requests.append(request)
        if self.silent:
            self.silent -= 1
            return
        response = SocketModeResponse(envelope_id=request.envelope_id, payload=self.payload)
        await client.send_socket_mode_response(response)


@pytest.fixture
async def emulator(request: pytest.FixtureRequest) -> AsyncIterator[SlackEmulator]:
    """The parameter is how many seconds it waits for an acknowledgement, where that is what the test is about."""
    running = SlackEmulator(
        limits="off", socket_mode=True, retry_delays=(0.0, 0.01, 0.01), ack_timeout=getattr(request, "param", 3.0)
    )
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def socket(emulator: SlackEmulator) -> AsyncIterator[Socket]:
    environment = emulator.environment()
    web_client = AsyncWebClient(base_url=environment["SLACK_API_URL"])
    client = SocketModeClient(app_token=environment["SLACK_APP_TOKEN"], web_client=web_client, trace_enabled=False)
    running = Socket(client)
    client.socket_mode_request_listeners.append(running.receive)
    await client.connect()  # type: ignore[no-untyped-call]
    await asyncio.wait_for(emulator.sockets.arrived.wait(), 5)
    yield running
    await client.close()  # type: ignore[no-untyped-call]


async def test_events_arrive_and_are_acknowledged(emulator: SlackEmulator, socket: Socket) -> None:
    ts = await emulator.post("general", "@gateway hi")
    await emulator.delivered(ts)
    assert [r.type for r in socket.requests] == ["events_api"] * 2
    assert socket.requests[0].payload["event"]["ts"] == ts


@pytest.mark.parametrize("emulator", [0.2], indirect=True)
async def test_an_unacknowledged_event_comes_again(emulator: SlackEmulator, socket: Socket) -> None:
    socket.silent = 1
    await emulator.delivered(await emulator.post("D0ADA", "hi"))
    assert [r.retry_attempt for r in socket.requests] == [0, 1]
    assert socket.requests[1].retry_reason == "timeout"


async def test_commands_and_their_answers(emulator: SlackEmulator, socket: Socket) -> None:
    socket.payload = {"text": "done"}
    assert (await emulator.command("/new")).ok
    assert socket.requests[0].type == "slash_commands"
    assert emulator.messages("general")[-1]["text"] == "done"


async def test_a_refresh_makes_the_client_reconnect(emulator: SlackEmulator, socket: Socket) -> None:
    emulator.sockets.arrived.clear()
    await emulator.sockets.refresh()
    await asyncio.wait_for(emulator.sockets.arrived.wait(), 10)
    await emulator.delivered(await emulator.post("D0ADA", "hi"))


async def test_a_bot_token_opens_no_socket(emulator: SlackEmulator) -> None:
    client = AsyncWebClient(base_url=emulator.environment()["SLACK_API_URL"])
    call = client.apps_connections_open(app_token=emulator.team.bot_token)
    assert await error_of(call) == "not_allowed_token_type"
    assert await error_of(client.apps_connections_open(app_token="xapp-other")) == "invalid_auth"
