"""Connections of conversations with servers of tools, over all three kinds of transport."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from gateway.drivers.slack.reading import from_bot, said, texts
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.telemetry.logs import configure_logging
from tests.mcp.support import ALLOWED, PATIENCE, Calling, listed, on_loopback, pids, program, rested, runs, until_gone
from tests.support.bot import register, running_bot


async def test_each_conversation_has_a_program_of_its_own(
    slack: SlackEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MADE_UP_TOKEN", "sk-of-the-tools")
    monkeypatch.setenv("NOT_FOR_TOOLS", "of the gateway")
    bot = Calling()
    file = listed(tmp_path, tools=program(tmp_path, env={"TOKEN": "${MADE_UP_TOKEN}", "KIND": "${KIND:-plain}"}))
    async with running_bot(slack, register(bot), tmp_path, mcp=file, **ALLOWED):
        await slack.post(slack.dm.id, 'tools add {"a": 2, "b": 3}')
        await said(slack, slack.dm.id, "add is 5", timeout=PATIENCE)
        assert "add" in bot.tools
        await slack.post(slack.dm.id, 'tools variable {"name": "TOKEN"}')
        await said(slack, slack.dm.id, "variable is sk-of-the-tools")
        await slack.post(slack.dm.id, 'tools variable {"name": "KIND"}')
        await said(slack, slack.dm.id, "variable is plain")
        await slack.post(slack.dm.id, 'tools variable {"name": "NOT_FOR_TOOLS"}')
        await said(slack, slack.dm.id, "variable is not set")
        await slack.post(slack.dm.id, "tools fail")
        await said(slack, slack.dm.id, "fail is error")
        await slack.post(slack.dm.id, "tools count")
        await said(slack, slack.dm.id, "count is 1")
        root = await slack.post("general", "@gateway tools count")
        await said(slack, "general", "count is 1", thread=root, timeout=PATIENCE)
        assert bot.connected == ["tools stdio"] * 2
        assert len(set(pids(tmp_path))) == 2
        assert all(runs(pid) for pid in pids(tmp_path))
        await slack.post(slack.dm.id, "/new")
        await said(slack, slack.dm.id, "Started a new conversation")
        assert bot.disconnected == ["tools 1"]
        await until_gone(pids(tmp_path)[0])
    assert bot.disconnected == ["tools 1"] * 2  # ``user_session`` can still be read when the gateway ends
    assert not any(runs(pid) for pid in pids(tmp_path))


async def test_a_program_that_died_is_started_again_with_the_next_turn(
    slack: SlackEmulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(form="console", debug=False)  # to the standard error that ``capsys`` reads
    bot = Calling()
    file = listed(tmp_path, tools=program(tmp_path))
    async with running_bot(slack, register(bot), tmp_path, mcp=file, **ALLOWED) as running:
        await slack.post(slack.dm.id, "tools die")
        await said(slack, slack.dm.id, "die is failed", timeout=PATIENCE)
        await slack.post(slack.dm.id, "tools count")
        await said(slack, slack.dm.id, "count is 1", timeout=PATIENCE)
        assert bot.connected == ["tools stdio"] * 2
        assert bot.disconnected == ["tools 1"]
        await rested(running)
        await until_gone(*pids(tmp_path))
        assert bot.disconnected[1:] == ["tools 2"]
        await slack.post(slack.dm.id, "tools count")
        await slack.wait_for(lambda: texts(slack, slack.dm.id).count("count is 1") == 2, PATIENCE)
    written = capsys.readouterr().err
    assert "mcp.connection_lost" in written
    assert "the last words" in written
    assert not any(runs(pid) for pid in pids(tmp_path))


@pytest.mark.parametrize("kind", ["sse", "http"])
async def test_a_server_over_http_that_comes_back_is_connected_again(
    kind: Any, slack: SlackEmulator, tmp_path: Path
) -> None:
    bot = Calling()
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(on_loopback(kind))
        port = int(first["url"].split(":")[2].partition("/")[0])
        file = listed(tmp_path, far=first)
        async with running_bot(slack, register(bot), tmp_path, mcp=file):
            await slack.post(slack.dm.id, 'far add {"a": 20, "b": 3}')
            await said(slack, slack.dm.id, "add is 23", timeout=PATIENCE)
            root = await slack.post("general", '@gateway far add {"a": 1, "b": 1}')
            await said(slack, "general", "add is 2", thread=root)
            assert len(bot.connected) == 2
            await stack.aclose()
            async with on_loopback(kind, port):
                await slack.post(slack.dm.id, "far count")
                await slack.wait_for(lambda: texts(slack, slack.dm.id)[1:], PATIENCE)
                await slack.post(slack.dm.id, 'far add {"a": 40, "b": 2}')
                await said(slack, slack.dm.id, "add is 42", timeout=PATIENCE)
                assert len(bot.connected) == 3
    assert len(bot.disconnected) == 3


async def test_a_broken_server_holds_no_turn_up_for_longer_than_the_timeout(
    slack: SlackEmulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(form="console", debug=False)  # to the standard error that ``capsys`` reads
    bot = Calling()
    silent = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    async with silent, on_loopback("http") as there:
        file = listed(
            tmp_path,
            silent={
                "type": "http",
                "url": f"http://127.0.0.1:{port}/mcp",
                "headers": {"Authorization": "Bearer made-up-1"},
            },
            gone={"type": "sse", "url": "http://127.0.0.1:9/sse"},
            ends={"command": "sh", "args": ["-c", "echo cannot find the index >&2; exit 1"]},
            there=there,
        )
        settings: dict[str, Any] = {"mcp_executables": "sh", "mcp_timeout": 1.5}
        async with running_bot(slack, register(bot), tmp_path, mcp=file, **settings):
            await slack.post(slack.dm.id, "which")
            await said(slack, slack.dm.id, "with ['there']")
            assert bot.connected == ["there streamable-http"]
            async with asyncio.timeout(1.4):  # those that failed are left alone for a while
                await slack.post(slack.dm.id, 'there add {"a": 4, "b": 3}')
                await said(slack, slack.dm.id, "add is 7")
    written = capsys.readouterr().err
    assert written.count("mcp.not_connected") == 3
    assert "no answer within 1.5 s (GATEWAY_MCP_TIMEOUT)" in written
    assert "cannot find the index" in written
    assert "made-up-1" not in written
    assert set(texts(slack, slack.dm.id)) == {"with ['there']", "1 step", "add is 7"}  # people are told nothing of it


async def test_a_connect_handler_that_fails_or_waits_leaves_the_server_out(
    slack: SlackEmulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(form="console", debug=False)  # to the standard error that ``capsys`` reads

    def bot() -> None:
        Calling()()

        @cl.on_mcp_connect
        async def connect(connection: Any, session: Any) -> None:
            await cl.Message(f"connecting {connection.name}").send()
            if connection.name == "fails":
                raise ValueError("no such tool")
            await asyncio.Event().wait()

    async with on_loopback("http") as there:
        file = listed(tmp_path, fails=there, waits=there)
        async with running_bot(slack, register(bot), tmp_path, mcp=file, mcp_timeout=2):
            await slack.post(slack.dm.id, "which")
            await said(slack, slack.dm.id, "with []")
    written = capsys.readouterr().err
    assert written.count("mcp.on_connect_failed") == 2
    assert "no such tool" in written
    assert sorted(texts(slack, slack.dm.id)) == ["connecting fails", "connecting waits", "with []"]


async def test_what_connecting_left_in_the_session_outlives_a_turn_that_fails(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    runs: list[Any] = []

    def bot() -> None:
        Calling()()

        @cl.on_message
        async def main(message: cl.Message) -> None:
            runs.append(cl.user_session.get("count"))
            if len(runs) == 1:
                raise ValueError("not yet")
            await cl.Message(f"with {sorted(cl.context.session.mcp_sessions)}").send()

    async with on_loopback("http") as there, running_bot(slack, register(bot), tmp_path, mcp=listed(tmp_path, a=there)):
        await slack.post(slack.dm.id, "go")
        await said(slack, slack.dm.id, "with ['a']")
    assert runs == [1, 1]


async def test_a_profile_that_is_chosen_first_begins_with_connections(slack: SlackEmulator, tmp_path: Path) -> None:
    bot = Calling()

    def with_profiles() -> None:
        bot()

        @cl.set_chat_profiles
        async def profiles(user: cl.User) -> list[cl.ChatProfile]:
            return [cl.ChatProfile(name=name, markdown_description=name) for name in ("Short", "Long")]

    async with on_loopback("http") as there:
        file = listed(tmp_path, a=there)
        async with running_bot(slack, register(with_profiles), tmp_path, mcp=file):
            await slack.post(slack.dm.id, "which")
            await said(slack, slack.dm.id, "with ['a']")
            offer = next(each for each in from_bot(slack, slack.dm.id) if "Long" in str(each.get("blocks")))
            await slack.click(slack.dm.id, offer["ts"], label="Long")
            await slack.wait_for(lambda: len(bot.disconnected) == 1)
            await slack.post(slack.dm.id, "which")
            await slack.wait_for(lambda: texts(slack, slack.dm.id).count("with ['a']") == 2)
    assert len(bot.connected) == 2


async def test_connections_of_conversations_that_rest_make_room(slack: SlackEmulator, tmp_path: Path) -> None:
    bot = Calling()
    async with on_loopback("http") as there:
        file = listed(tmp_path, one=there, two=there)
        async with running_bot(slack, register(bot), tmp_path, mcp=file, mcp_connections=3):
            for closed in (0, 2, 4):
                root = await slack.post("general", "@gateway which")
                await said(slack, "general", "with ['one', 'two']", thread=root)
                async with asyncio.timeout(PATIENCE):
                    while len(bot.disconnected) < closed:
                        await asyncio.sleep(0.01)
            await slack.post("general", "again", thread_ts=root)
            await slack.wait_for(lambda: texts(slack, "general").count("with ['one', 'two']") == 3)
            assert len(bot.connected) == 6


async def test_nothing_is_connected_for_a_bot_that_does_not_ask(slack: SlackEmulator, tmp_path: Path) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message(f"with {dict(cl.context.session.mcp_sessions)}").send()

    async with running_bot(slack, register(bot), tmp_path, mcp=listed(tmp_path, tools=program(tmp_path))):
        await slack.post(slack.dm.id, "hi")
        await said(slack, slack.dm.id, "with {}")
    assert pids(tmp_path) == []
