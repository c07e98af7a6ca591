"""A file that was written for Chainlit, in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.drivers.slack.reading import from_bot, said
from gateway.emulators.slack.emulator import SlackEmulator
from tests.process.test_cli import clean, fails, gateway
from tests.support.process import BotProcess

APP = """
import chainlit as cl
from chainlit.types import ThreadDict

@cl.on_message
async def main(message: cl.Message):
    await cl.Message(f"Received: {message.content}").send()
"""


async def test_an_app_runs_unchanged(slack: SlackEmulator, tmp_path: Path) -> None:
    async with BotProcess(tmp_path, APP, {**slack.environment(), "GATEWAY_COMPAT": "chainlit"}) as bot:
        slack.deliver_to(bot.url)
        root = await slack.post("general", "@gateway Hi")
        await said(slack, "general", "Received: Hi", thread=root)


async def test_the_files_beside_an_app_are_read(slack: SlackEmulator, tmp_path: Path) -> None:
    (tmp_path / ".chainlit").mkdir()
    (tmp_path / ".chainlit" / "config.toml").write_text("[UI]\ncot = 'hidden'\n[features]\nlatex = true\n")
    source = APP + "    async with cl.Step('look', type='tool') as step:\n        step.output = 'secret'\n"
    async with BotProcess(
        tmp_path, source + "    await cl.Message('end').send()\n", {**slack.environment(), "GATEWAY_COMPAT": "chainlit"}
    ) as bot:
        slack.deliver_to(bot.url)
        root = await slack.post("general", "@gateway Hi")
        await said(slack, "general", "end", thread=root)
        assert "secret" not in str(from_bot(slack, "general", root))
        assert "What means nothing on a chat platform: features.latex" in bot.log


def test_without_the_flag_there_is_a_hint(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    fails(gateway("run", "app.py", cwd=tmp_path), "No module named 'chainlit'", "--compat chainlit")


def test_an_installed_chainlit_without_the_flag_gives_the_same_hint(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import chainlit\n")
    (tmp_path / "chainlit.py").write_text("")
    fails(gateway("run", "app.py", cwd=tmp_path), "registers no handler", "--compat chainlit")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import chainlit as cl\ncl.Message.sent = 1\nfrom chainlit.types import Theed", ("'Theed'", "line 3")),
        ("import chainlit as cl\n\ncl.Message = object", ("chainlit.Message cannot be replaced", "line 3")),
        ("from chainlit.cli import run_chainlit\nrun_chainlit(__file__)", ("which serves it", "line 2")),
        ("from chainlit.server import app\n@app.get('/x')\ndef x(): ...", ("mount_gateway", "line 2")),
        ("import uvicorn\nuvicorn.run('app:app')", ("starts no server of its own", "line 2")),
    ],
)
def test_what_an_app_cannot_do_is_said_with_its_line(tmp_path: Path, source: str, words: tuple[str, ...]) -> None:
    (tmp_path / "app.py").write_text(source)
    fails(gateway("run", "app.py", "--headless", "--port", "0", "--compat", "chainlit", cwd=tmp_path), *words)


def test_there_is_no_other_compat(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    fails(gateway("run", "app.py", "--compat", "streamlit", cwd=tmp_path), "GATEWAY_COMPAT", "'chainlit'")


def test_the_hook_and_the_package_import_no_library() -> None:
    """What costs time at a start is what is imported: nothing beside small modules of the gateway's own."""
    program = (
        "import sys, gateway.cli, gateway.app, gateway.serving.server; before = set(sys.modules)\n"
        "from gateway.compat import config, hook; hook.install(); import chainlit, chainlit.types, chainlit.data\n"
        "print(*(each.partition('.')[0] for each in set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", program], env=clean(), capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) - sys.stdlib_module_names == {"chainlit", "gateway"}
