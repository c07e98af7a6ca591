"""The command line: help that helps, and one clear line with exit code 2 for what the operator must mend."""

import asyncio
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway import __version__
from gateway.drivers.slack.reading import said
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.serving.server import bind
from tests.support import forks
from tests.support.process import BotProcess

BOT = "import gateway as cl\n\n@cl.on_message\nasync def main(message): ...\n"


def clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "GATEWAY_"))}


def gateway(*arguments: str, cwd: Any, **environment: str) -> subprocess.CompletedProcess[str]:
    return forks.run(*arguments, folder=cwd, environment={**clean(), **environment})


def from_nothing(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command as a shell does: what is imported is a part of what is tested."""
    command = [sys.executable, "-P", "-m", "gateway.cli", *arguments]
    return subprocess.run(command, cwd=cwd, env=clean(), capture_output=True, text=True, timeout=30)


def fails(result: subprocess.CompletedProcess[str], *words: str) -> None:
    """Exit code 2, and one line that names what is wrong and what to do."""
    lines = [line for line in result.stderr.splitlines() if line.startswith("gateway: ")]
    assert result.returncode == 2, result.stderr
    assert len(lines) == 1, result.stderr
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in lines[0]


def test_help_names_the_commands(tmp_path: Path) -> None:
    result = from_nothing("--help", cwd=tmp_path)
    assert result.returncode == 0
    names = "run hello init inbox outbox manifest db backup restore threads data"
    for command in names.split():
        assert command in result.stdout


def test_version_is_that_of_the_package(tmp_path: Path) -> None:
    result = gateway("--version", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, f"bot-gateway {__version__}\n")


def test_a_missing_bot_file(tmp_path: Path) -> None:
    fails(gateway("run", "nowhere.py", "--headless", "--port", "0", cwd=tmp_path), "nowhere.py", "gateway init")


def test_the_fake_model_answers_a_bot_from_its_first_line_on(tmp_path: Path) -> None:
    ask = "openai.OpenAI().completions.create(model='m', prompt='Say: I am here').choices[0].text"
    (tmp_path / "bot.py").write_text(f"import openai\nraise ValueError({ask})\n")
    named = {"OPENAI_BASE_URL": "", "OPENAI_API_KEY": ""}
    result = gateway("run", "bot.py", "--headless", "--port", "0", "--fake-model", cwd=tmp_path, **named)
    fails(result, "ValueError: I am here")
    assert "The fake model answers at http://127.0.0.1:" in result.stderr


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("import not_there\n", "pip install not_there"),
        ("from chainlit.types import ThreadDict\n", "import gateway as cl"),
        ("x = (\n", "line 1"),
        ("1 / 0\n", "ZeroDivisionError"),
        ("x = 1\n", "@on_message"),
        ("import sys\nsys.exit('no key')\n", "SystemExit: no key (line 2)"),
        ("\nraise ValueError('two\\nlines')\n", "ValueError: two lines (line 2)"),
    ],
)
def test_a_bot_file_that_does_not_load(tmp_path: Path, source: str, word: str) -> None:
    (tmp_path / "bot.py").write_text(source)
    fails(gateway("run", "bot.py", "--headless", "--port", "0", cwd=tmp_path), "bot.py", word)


@pytest.mark.parametrize("name", ["discord.py", "gateway.py", "time.py"])
def test_a_bot_file_that_hides_a_module_the_gateway_needs(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(BOT)
    fails(gateway("run", name, "--headless", "--port", "0", cwd=tmp_path), name, "rename")


def test_a_missing_bot_file_to_watch(tmp_path: Path) -> None:
    fails(gateway("run", "nowhere/bot.py", "--watch", "--headless", cwd=tmp_path), "nowhere", "gateway init")


@pytest.mark.parametrize("command", [("init", "file/bot"), ("manifest", "slack", "-o", "file/slack.yaml")])
def test_a_place_that_cannot_be_written(tmp_path: Path, command: str) -> None:
    (tmp_path / "file").write_text("not a folder")
    fails(gateway(*command, cwd=tmp_path), "file/", "another place")


def test_a_folder_for_files_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text(BOT)
    (tmp_path / "file").write_text("not a folder")
    where = {"DATABASE_URL": f"sqlite:///{tmp_path}/gateway.db", "GATEWAY_DATA_DIR": str(tmp_path / "file")}
    fails(gateway("run", "bot.py", "--headless", "--port", "0", cwd=tmp_path, **where), "file", "GATEWAY_DATA_DIR")


def test_a_taken_port(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text(BOT)
    with bind("127.0.0.1", 0) as listener:
        port = str(listener.getsockname()[1])
        fails(gateway("run", "bot.py", "--headless", "--port", port, cwd=tmp_path), port, "--port")


def test_an_unwritable_data_folder(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text(BOT)
    (tmp_path / "file").write_text("not a folder")
    url = f"sqlite:///{tmp_path}/file/gateway.db"
    fails(gateway("run", "bot.py", "--headless", "--port", "0", cwd=tmp_path, DATABASE_URL=url), "file")


def test_an_unknown_database(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text(BOT)
    result = gateway("run", "bot.py", "--headless", "--port", "0", cwd=tmp_path, DATABASE_URL="mongodb://x")
    fails(result, "DATABASE_URL", "sqlite:///")


def test_no_credentials_where_others_could_reach_the_playground(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text(BOT)
    result = gateway("run", "bot.py", "--headless", "--host", "0.0.0.0", "--port", "0", cwd=tmp_path)
    fails(result, "SLACK_BOT_TOKEN", "0.0.0.0")


async def test_the_address_it_prints_can_be_opened(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text(BOT)
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "gateway.cli", "run", "bot.py", "--headless", "--host", "::1", "--port", "0"),
        cwd=tmp_path,
        env=clean(),
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(45):
            while b"Talk to" not in (line := await process.stderr.readline()):
                assert line
        (url,) = re.findall(r"http://\S+", line.decode())
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            assert response.status == 200
    finally:
        process.terminate()
        await process.communicate()


def test_half_of_the_credentials(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text(BOT)
    result = gateway("run", "bot.py", "--headless", "--port", "0", cwd=tmp_path, SLACK_BOT_TOKEN="xoxb-1")
    fails(result, "SLACK_SIGNING_SECRET")


def test_a_setting_that_does_not_fit(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text(BOT)
    result = gateway("run", "bot.py", "--headless", cwd=tmp_path, GATEWAY_PORT="many")
    fails(result, "GATEWAY_PORT")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("gateway.toml", b"port = 'abc", ("gateway.toml", "TOML")),
        ("gateway.toml", b"GATEWAY_LOG = 'xml'", ("GATEWAY_LOG",)),
        ("gateway.toml", b"GATEWAY_PROT = 8001", ("gateway.toml", "GATEWAY_PROT", "GATEWAY_PORT")),
        ("gateway.toml", b"SLACK_BOT_TOKEN = 'xoxb-1'", ("SLACK_SIGNING_SECRET",)),
        ("gateway.toml", b"discord_shards = 'x'", ("DISCORD_SHARDS",)),
        (".env", b"GATEWAY_HOST=\xff", (".env", "UTF-8")),
    ],
)
def test_a_file_of_settings_that_does_not_do(tmp_path: Path, name: str, text: bytes, words: str) -> None:
    (tmp_path / "bot.py").write_text(BOT)
    (tmp_path / name).write_bytes(text)
    fails(gateway("run", "bot.py", "--headless", "--port", "0", cwd=tmp_path), *words)


def test_a_variable_that_nothing_reads_is_named(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text(BOT)
    result = gateway(
        "run", "bot.py", "--headless", cwd=tmp_path, GATEWAY_PORT="0", GATEWAY_TURN_RETRYS="0", TEAMS_APP_ID="x"
    )
    assert "GATEWAY_TURN_RETRYS; did you mean GATEWAY_TURN_RETRIES?" in result.stderr


async def test_a_watched_bot_reads_env_again_and_opens_one_browser_once_it_listens(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text(BOT + "\nimport os\nprint('word', os.environ.get('WORD'), flush=True)\n")
    (tmp_path / ".env").write_text("WORD=first\n")
    browser = tmp_path / "browser"
    fetch = "from urllib.request import urlopen; print('page', urlopen(sys.argv[1]).status, flush=True)"
    browser.write_text(f"#!{sys.executable}\nimport sys; {fetch}\n")
    browser.chmod(0o755)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "gateway.cli", "run", "bot.py", "--watch", "--port", "0"),
        cwd=tmp_path,
        env={**clean(), "BROWSER": f"{browser} %s"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    lines: list[str] = []

    async def until(wanted: str) -> None:
        assert process.stdout is not None
        while not lines or wanted not in lines[-1]:
            line = await process.stdout.readline()
            assert line, lines
            lines.append(line.decode())

    try:
        async with asyncio.timeout(40):
            await until("page 200")
            assert "word first\n" in lines
            (tmp_path / ".env").write_text("WORD=second\n")
            await until("word second")
            await until("Talk to your bot")
    finally:
        process.terminate()
        rest, _ = await process.communicate()
    assert "page" not in rest.decode()


async def test_a_wrong_token(slack: SlackEmulator, tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text(BOT)
    environment = {**slack.environment(), "SLACK_BOT_TOKEN": "xoxb-wrong"}
    result = await asyncio.to_thread(gateway, "run", "bot.py", "--headless", "--port", "0", cwd=tmp_path, **environment)
    fails(result, "SLACK_BOT_TOKEN")


async def test_a_second_process_on_the_same_database(slack: SlackEmulator, tmp_path: Path) -> None:
    async with BotProcess(tmp_path, BOT, slack.environment()):
        result = await asyncio.to_thread(
            gateway, "run", "bot.py", "--headless", "--port", "0", cwd=tmp_path, **slack.environment()
        )
    fails(result, "gateway.db")


async def test_dead_letters_are_listed_retried_and_dropped_while_the_bot_runs(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    source = """
        import pathlib
        import gateway as cl

        @cl.on_message
        async def main(message: cl.Message):
            if not pathlib.Path("mended").exists():
                raise ValueError("not mended yet")
            await cl.Message("works now").send()
    """
    environment = {**slack.environment(), "GATEWAY_TURN_RETRIES": "0"}
    async with BotProcess(tmp_path, source, environment) as bot:
        slack.deliver_to(bot.url)
        await slack.post("general", "@gateway x")
        told = await said(slack, "general", "Reference")
        listed = await asyncio.to_thread(gateway, "inbox", "list", cwd=tmp_path)
        assert "not mended yet" in listed.stdout
        reference = listed.stdout.split()[0]
        assert reference in str(told)
        unknown = await asyncio.to_thread(gateway, "inbox", "retry", "nonsense", cwd=tmp_path)
        fails(unknown, "nonsense")
        (tmp_path / "mended").touch()
        retried = await asyncio.to_thread(gateway, "inbox", "retry", reference, cwd=tmp_path)
        assert "1 put back" in retried.stdout
        await said(slack, "general", "works now", timeout=20)
        assert "no dead letters" in (await asyncio.to_thread(gateway, "inbox", "list", cwd=tmp_path)).stdout


def test_init_writes_a_bot_that_loads_and_leaves_what_is_there(tmp_path: Path) -> None:
    assert "pytest" in gateway("init", cwd=tmp_path).stdout
    assert (tmp_path / "test_bot.py").exists()
    (tmp_path / "bot.py").write_text("mine")
    assert "already" in gateway("init", cwd=tmp_path).stdout
    assert (tmp_path / "bot.py").read_text() == "mine"


def test_the_manifest_is_printed_for_a_host(tmp_path: Path) -> None:
    result = gateway("manifest", "slack", "--url", "https://bot.example.com", cwd=tmp_path)
    assert result.returncode == 0
    assert "https://bot.example.com/slack/events" in result.stdout
    result = gateway("manifest", "slack", "--socket-mode", cwd=tmp_path)
    assert "socket_mode_enabled: true" in result.stdout
    assert "/slack/events" not in result.stdout
    fails(gateway("manifest", "irc", cwd=tmp_path), "irc", "slack")


async def test_a_running_gateway_closes_silent_connections_and_refuses_endless_headers(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    environment = {**slack.environment(), "GATEWAY_HEADER_TIMEOUT": "0.5", "GATEWAY_CONNECTIONS_PER_ADDRESS": "20"}
    async with BotProcess(tmp_path, BOT, environment) as bot:
        silent = [await asyncio.open_connection("127.0.0.1", bot.port) for _ in range(100)]
        async with asyncio.timeout(10):
            for reader, writer in silent:
                assert await reader.read() == b""
                writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", bot.port)
        writer.write(b"GET /healthz HTTP/1.1\r\nhost: x\r\n" + b"x: y\r\n" * 8_000)
        assert (await reader.readline()).startswith(b"HTTP/1.1 431")
        writer.close()
        async with aiohttp.ClientSession() as http, http.get(f"{bot.url}/healthz") as response:
            assert response.status == 200
        assert len([line for line in bot.log if "http.full" in line]) in (1, 2)


def test_a_proxy_that_is_no_address(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text(BOT)
    environment = {"GATEWAY_TRUSTED_PROXIES": "the balancer", "SLACK_BOT_TOKEN": "", "DISCORD_BOT_TOKEN": ""}
    result = gateway("run", "bot.py", "--headless", "--port", "0", cwd=tmp_path, **environment)
    fails(result, "GATEWAY_TRUSTED_PROXIES", "10.0.0.0/8")


@pytest.mark.parametrize("url", ["https://bot.example", "https://bot.example/", "https://bot.example/below"])
def test_manifests_lead_below_the_root_path(tmp_path: Path, url: str) -> None:
    result = gateway("manifest", "slack", "--url", url, cwd=tmp_path, GATEWAY_ROOT_PATH="/below")
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("https://bot.example/below/slack/events") >= 2
    assert result.stdout.count("https://bot.example") == result.stdout.count("https://bot.example/below/slack/events")


async def test_a_bot_file_may_call_run_sync_while_it_is_imported(slack: SlackEmulator, tmp_path: Path) -> None:
    source = """
        import asyncio
        import gateway as cl

        async def load():
            await asyncio.sleep(0)
            return "loaded"

        WORD = cl.run_sync(load())

        @cl.on_message
        async def main(message: cl.Message):
            await cl.Message(WORD).send()
    """
    async with BotProcess(tmp_path, source, slack.environment()) as bot:
        slack.deliver_to(bot.url)
        await slack.post("general", "@gateway hi")
        await said(slack, "general", "loaded", timeout=20)


def test_data_tells_what_is_wrong(tmp_path: Path) -> None:
    for command in ("export", "erase"):
        for user in ("ada", "slack:T1", "slack:T1:", ""):
            fails(gateway("data", command, "--user", user, cwd=tmp_path), "PLATFORM:WORKSPACE:ID")
        fails(gateway("data", command, "--user", "slack:T1:U1", cwd=tmp_path), "there is none", "DATABASE_URL")
    (tmp_path / "there").touch()
    for arguments in (("there",), ("--files", "there")):
        fails(gateway("data", "export", "--user", "slack:T1:U1", *arguments, cwd=tmp_path), "there exists already")
    fails(gateway("data", "audit", cwd=tmp_path), "there is none")
    assert not (tmp_path / ".gateway").exists()
