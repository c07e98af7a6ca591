"""``gateway check``: reads a bot and what it imports, and says in lines, JSON and the exit code what becomes of it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app

WORKS = "import chainlit as cl\n\n@cl.on_message\nasync def main(message: cl.Message): ...\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["check", *arguments])


def fails(result: Result, *words: str) -> None:
    """Exit code 2, and one line that names what is wrong and what to do."""
    [line] = result.stderr.splitlines()
    assert result.exit_code == 2
    assert [word for word in words if word not in line] == []


@pytest.mark.parametrize(
    ("line", "code", "last"),
    [
        ("cl.Dataframe(data=1)", 0, "2 work, 1 look different, 0 do nothing, 0 fail"),
        ("cl.ElementSidebar", 1, "2 work, 0 look different, 1 do nothing, 0 fail"),
        ("cl.nowhere", 2, "2 work, 0 look different, 0 do nothing, 1 fail"),
    ],
)
def test_the_exit_code_says_the_worst(folder: Path, line: str, code: int, last: str) -> None:
    (folder / "app.py").write_text(f"{WORKS}    {line}\n".replace(": ...", ":"))
    result = run("app.py")
    assert result.exit_code == code, result.stderr
    assert result.stdout.splitlines()[-1].endswith(last)
    assert f"app.py:5  {line.partition('(')[0]}  " in result.stdout
    assert "\x1b" not in result.stdout


def test_files_beside_it_are_read_and_none_is_run(folder: Path) -> None:
    (folder / "app.py").write_text(f"import json\nfrom bot import tools\nimport helper\n{WORKS}open('ran', 'w')\n")
    (folder / "helper.py").write_text("import app\nimport chainlit as cl\ncl.ElementSidebar\n")
    (folder / "bot").mkdir()
    (folder / "bot" / "__init__.py").write_text("")
    (folder / "bot" / "tools.py").write_text("from . import deep\n")
    (folder / "bot" / "deep.py").write_text("# coding: latin-1\nfrom chainlit import gr\xfcn\n", encoding="latin-1")
    result = run("app.py", "--json")
    assert result.exit_code == 2, result.stderr
    told = json.loads(result.stdout)
    files = {each["path"]: each["findings"] for each in told["files"]}
    assert set(files) == {"app.py", "helper.py", "bot/__init__.py", "bot/tools.py", "bot/deep.py"}
    assert [each["kind"] for each in files["helper.py"]] == ["nothing"]
    [finding] = files["bot/deep.py"]
    assert (finding["line"], finding["name"], finding["kind"]) == (2, "chainlit.gr\xfcn", "missing")
    assert told["counts"] == {"works": 2, "degrades": 0, "nothing": 1, "missing": 1}
    assert not (folder / "ran").exists()


def test_a_file_that_cannot_be_read_is_told_in_a_line(folder: Path) -> None:
    fails(run("nowhere.py"), "nowhere.py", "check the path")
    (folder / "odd.py").write_bytes(b"x = '\xff'\n")
    fails(run("odd.py"), "odd.py", "UTF-8")
    (folder / "broken.py").write_text("x = 1\ndef f(:\n")
    fails(run("broken.py"), "broken.py", "line 2")
    (folder / "big.py").write_text("#" * 5_000_001)
    fails(run("big.py"), "big.py", "5 MB")
