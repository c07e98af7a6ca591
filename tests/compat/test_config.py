"""``.chainlit/config.toml`` and ``chainlit.md`` beside an app."""

import importlib
from pathlib import Path

import pytest

import gateway as cl
from gateway.compat import config
from gateway.errors import SettingsError
from gateway.settings import GatewaySettings
from tests.contract.reading import reads
from tests.contract.world import File
from tests.slack.world import slack_world
from tests.support.bot import register, running_bot

WRITTEN = """
[project]
session_timeout = 120
user_env = ["OPENAI_API_KEY"]
cache = false
[features]
latex = true
edit_message = true
[features.spontaneous_file_upload]
enabled = true
accept = { "text/plain" = [".txt", ".md"], "image/*" = [] }
max_files = 2
max_size_mb = 500
[features.mcp]
enabled = true
[UI]
name = "Helper"
cot = "tool_call"
custom_css = "/public/a.css"
[meta]
generated_by = "2.12.0"
"""


def written(folder: Path, text: str) -> Path:
    (folder / ".chainlit").mkdir(exist_ok=True)
    (folder / ".chainlit" / "config.toml").write_text(text)
    return folder / "app.py"


def test_what_means_something_becomes_settings_and_the_rest_is_listed(tmp_path: Path) -> None:
    app = written(tmp_path, WRITTEN)
    (tmp_path / "chainlit.md").write_text("# Ask me about orders")
    files = config.read(app)
    assert files.settings == {
        "session_rest": 120.0,
        "cot": "tool_call",
        "max_files": 2,
        "max_file_mb": 25.0,
        "accept": ".txt, .md, image/*",
    }
    *names, name, page = files.unused
    assert names == ["project.user_env", "features.latex", "UI.custom_css"]
    assert name.startswith("UI.name (people see")
    assert page.startswith("chainlit.md")


def test_without_files_or_with_those_that_chainlit_makes_nothing_is_said(tmp_path: Path) -> None:
    assert config.read(tmp_path / "app.py").unused == ()
    app = written(tmp_path, "[features.audio]\nenabled = false\n[UI]\nname = 'Assistant'\nconfirm_new_chat = true\n")
    (tmp_path / "chainlit.md").write_text("# Welcome to Chainlit! 🚀🤖\n")
    assert config.read(app).unused == ()


def test_the_operator_s_settings_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = config.read(written(tmp_path, "[UI]\ncot = 'hidden'\n[project]\nsession_timeout = 60\n"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GATEWAY_COT", "full")
    settings = config.applied(files, GatewaySettings.read())
    assert (settings.cot, settings.session_rest) == ("full", 60.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[UI", "is not TOML"),
        ("[UI]\ncot = 'loud'", "UI.cot is hidden, tool_call or full"),
        ("[UI]\nname = 3", "UI.name has to be str, not 3"),
        ("[features.spontaneous_file_upload]\nmax_files = true", "max_files has to be int"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_what_it_takes(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as error:
        config.read(written(tmp_path, text))
    assert "config.toml" in str(error.value)


@pytest.mark.usefixtures("hooked")
def test_an_app_reads_it_and_cannot_change_it(tmp_path: Path) -> None:
    config.read(written(tmp_path, WRITTEN))
    shown = importlib.import_module("chainlit.config").config
    assert shown.ui.name == "Helper"
    assert shown.features.spontaneous_file_upload.max_files == 2
    assert shown.features.audio.sample_rate == 24000
    assert shown.project.session_timeout == 120
    with pytest.raises(AttributeError, match=r"config\.ui\.name cannot be set: it is read once"):
        shown.ui.name = "Other"
    with pytest.raises(AttributeError, match=r"there is no ui\.colour"):
        _ = shown.ui.colour


async def test_files_that_are_not_taken_are_told_to_the_person(tmp_path: Path) -> None:
    def setup() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message(f"got {[each.name for each in message.elements]}").send()

    notes = [File(f"{n}.txt", b"hello", "text/plain") for n in range(3)]
    async with slack_world() as world:
        async with running_bot(world, register(setup), tmp_path, max_files=2, accept="text/plain"):
            first = await world.dm("these", files=[*notes, File("a.png", b"\x89PNG", "image/png")])
            await reads(world, first, "got ['0.txt', '1.txt']")
            told = await reads(world, first, "a.png is not taken here: please send text/plain.")
            assert "Of one message 2 file(s) are taken" in told.text
        async with running_bot(world, register(setup), tmp_path, max_files=0):
            second = await world.dm("none", files=notes[:1])
            await reads(world, second, "got []")
            await reads(world, second, "Files are not taken here.")
