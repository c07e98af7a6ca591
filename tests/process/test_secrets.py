"""A gateway whose bot, platforms and database fail in every way: no configured secret is in anything it writes."""

import base64
import contextlib
import json
import os
import sqlite3
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path

import aiohttp

from gateway.drivers.slack.reading import said
from gateway.emulators.discord.emulator import DiscordEmulator
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.emulators.teams.emulator import TeamsEmulator
from tests.support import forks
from tests.support.process import BotProcess

BOT = """
    import asyncio, base64, json, logging, os, threading, urllib.parse, warnings
    import structlog
    import gateway as cl

    NAMES = os.environ["NAMES_OF_ALL"].split(",")
    SHOWN = [os.environ[name] for name in NAMES]

    class Odd:
        def __repr__(self):
            return f"Odd({SHOWN})"

    class OwnError(Exception):
        def __init__(self, value):
            super().__init__(value)
            self.add_note(f"a note of {value}")

    def all_forms(value):
        return [
            value, repr(value), json.dumps(value), urllib.parse.quote(value, safe=""),
            base64.b64encode(value.encode()).decode(), base64.b64encode(f"bot:{value}".encode()).decode(),
            f"https://bot:{urllib.parse.quote(value, safe='')}@host/?token={value}", f"bearer {value}", value.encode(),
        ]

    def shout(value):
        for form in all_forms(value):
            logging.getLogger("bot").error("had %s and %r", form, {"nested": [form]})
            structlog.get_logger("bot").error("had", form=form, odd=Odd(), nested={"deep": [form]})
        warnings.warn(f"warned of {value}")
        threading.Thread(target=fail, args=(value,)).start()
        asyncio.get_running_loop().call_soon(fail, value)
        asyncio.create_task(fails_later(value))

    def fail(value):
        raise OwnError(f"in a thread {value}")

    async def fails_later(value):
        raise OwnError(f"in a task {value}")

    @cl.on_message
    async def main(message: cl.Message):
        what, _, number = message.content.partition(" ")
        value = SHOWN[int(number)] if number else ""
        if what == "shout":
            shout(value)
            await cl.Message(f"shouted {number}").send()
        elif what == "raise":
            try:
                raise ValueError(f"first {all_forms(value)}")
            except ValueError as error:
                raise OwnError(f"then {all_forms(value)}") from error
        elif what == "group":
            raise ExceptionGroup(f"many {value}", [OwnError(form) for form in all_forms(value)[:4]])
        elif what == "key":
            raise KeyError(value)
        elif what == "cut":
            raise OwnError(("x" * 20 + value)[: 20 + max(12, len(value) * 2 // 3)])
        else:
            await cl.Message(f"echo {message.content}").send()
"""


def forms(secret: str) -> Iterator[str]:
    yield secret
    yield secret[: max(12, len(secret) * 2 // 3)]
    yield json.dumps(secret)[1:-1]
    yield repr(secret)[1:-1]
    yield urllib.parse.quote(secret, safe="")
    yield base64.b64encode(secret.encode()).decode().rstrip("=")[:-1]
    yield base64.b64encode(f"bot:{secret}".encode()).decode().rstrip("=")[6:-1]


def check(where: str, text: str, secrets: Mapping[str, str]) -> None:
    for name, secret in secrets.items():
        for form in forms(secret):
            at = text.find(form)
            assert at < 0, f"{name} is in {where}: …{text[max(0, at - 300) : at + 80]}…"


def inbox(folder: Path, environment: Mapping[str, str]) -> str:
    result = forks.run("inbox", "list", folder=folder, environment={**os.environ, **environment})
    assert result.returncode == 0
    return result.stdout + result.stderr


async def ready(url: str) -> str:
    async with aiohttp.ClientSession() as http, http.get(f"{url}/readyz") as response:
        return await response.text()


async def test_no_configured_secret_is_in_a_log_a_database_error_a_probe_or_the_command_lines_output(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    discord, teams = DiscordEmulator(limits="off"), TeamsEmulator(limits="off")
    async with contextlib.AsyncExitStack() as stack:
        for emulator in (discord, teams):
            await emulator.start()
            stack.push_async_callback(emulator.stop)
        own = {
            "OPENAI_API_KEY": "no-known-shape-0123456789",
            "MY_DATABASE_PASSWORD": "p&ss/w\"rd+'é=7 with blanks",
            "HF_TOKEN": "hf_abcdefghijklmnopqrstuvwxyz01234567",
        }
        platforms = {**slack.environment(), **discord.environment(), **teams.environment()}
        secrets = own | {
            name: value for name, value in platforms.items() if name.endswith(("_TOKEN", "_SECRET", "_PASSWORD"))
        }
        environment = {**platforms, **own, "NAMES_OF_ALL": ",".join(secrets), "GATEWAY_TURN_RETRIES": "0"}
        for form in ("json", "console"):
            folder = tmp_path / form
            folder.mkdir()
            environment["GATEWAY_LOG"] = form
            bot = await stack.enter_async_context(BotProcess(folder, BOT, environment))
            slack.deliver_to(bot.url)
            teams.deliver_to(bot.url)
            await everything_fails(slack, discord, teams, secrets)
            probe = await ready(bot.url)
            await bot.terminate()
            log = "\n".join(bot.log)
            assert log.count("[redacted]") > 100
            check("the log", log, secrets)
            check("/readyz", probe, secrets)
            listed = inbox(folder, environment)
            assert listed.count("attempts") >= 4 * len(secrets)
            check("`gateway inbox list`", listed, secrets)
            with contextlib.closing(sqlite3.connect(folder / ".gateway" / "gateway.db")) as database:
                errors = [row[0] for row in database.execute("SELECT error FROM deliveries WHERE error IS NOT NULL")]
            check("the database's errors", "\n".join(errors), secrets)


async def everything_fails(
    slack: SlackEmulator, discord: DiscordEmulator, teams: TeamsEmulator, secrets: Mapping[str, str]
) -> None:
    for number, _ in enumerate(secrets):
        root = await slack.post("general", f"@gateway shout {number}")
        await said(slack, "general", f"shouted {number}", thread=root)
        for what in ("raise", "group", "key", "cut"):
            root = await slack.post("general", f"@gateway {what} {number}")
            await said(slack, "general", "Reference", thread=root)
    # The platforms: a lost connection, an error whose text is ours to log, a refused login, a body that is no JSON.
    slack.fail_next("chat.postMessage", status="disconnect")
    slack.fail_next("chat.postMessage", error="invalid_auth")
    slack.fail_next("chat.postMessage", status=502)
    await slack.post("general", "@gateway hello")
    discord.fail_next("send", times=2)
    discord.fail_next("send", code=50_013)
    await discord.post("general", "@gateway hello")
    await teams.say("General", "@gateway hello")
    forged = json.dumps({"type": "message", "text": list(secrets.values())}).encode()
    await slack.send_raw(forged, {"X-Slack-Signature": "v0=0", "X-Slack-Request-Timestamp": "1"})
    for body in (forged, forged[:-3], b'{"a":' * 500):
        await slack.send_raw(body, slack.sign(body))
        await teams.send_raw(body)
        await teams.send_raw(body, {"Authorization": f"Bearer {secrets['TEAMS_APP_PASSWORD']}"})
