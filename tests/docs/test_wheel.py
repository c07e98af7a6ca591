"""The package installs into an empty environment and runs there: commands, a first bot, the playground, types.

Dependencies are those of the environment that runs the tests, because fetching them takes minutes; gateway and adapters
come from the wheel alone, which is built from the source distribution.
"""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import gateway
from tests.docs.blocks import ROOT, files_of

pytestmark = [pytest.mark.timeout(300)]

MYPY = """[mypy]
strict = true
disallow_subclassing_any = false
follow_imports = skip
[mypy-gateway.*]
follow_imports = silent
"""
"""Libraries of others are left out: reading them all takes mypy ten times as long."""


def run(*command: str | Path, cwd: Path, code: int = 0) -> str:
    """Run a command that ends with this code, without what leads Python to the sources; return its output."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GATEWAY_"))}
    result = subprocess.run([*command], cwd=cwd, env=environment, capture_output=True, text=True)
    assert result.returncode == code, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the source distribution and the wheel, as ``python -m build`` makes them."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands of an environment in which nothing but the wheel is installed."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    python = folder / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index")
    run(*pip, "--no-compile", wheel, cwd=folder)
    # A line of a .pth file adds a folder to the path and reads no .pth files in it: the sources stay unknown.
    packages = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def included() -> list[str]:
    """Return the files and folders that pyproject.toml puts into the wheel."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    paths: list[str] = project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    return paths


def test_the_wheel_has_everything_and_nothing_else(wheel: Path) -> None:
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    sources = {
        file.relative_to(ROOT).as_posix()
        for path in included()
        for file in [ROOT / path, *(ROOT / path).rglob("*")]
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert packed == {name.replace("examples/", "gateway/") for name in sources}
    assert {"gateway/py.typed", "adapters/py.typed", "gateway/hello.py"} <= packed


def test_the_image_is_made_of_what_the_wheel_is_made_of() -> None:
    copied = re.findall(r"^COPY (?!--)(.*) \S+$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(included()) <= {name for line in copied for name in line.split()}


def test_the_source_distribution_has_what_a_reader_looks_for(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml", "examples/hello.py", "gateway/py.typed"} <= names
    assert any(name.startswith("manifests/slack") for name in names)


def test_the_package_says_what_it_is(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    metadata = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    text = archive.read(metadata).decode()
    assert f"\nVersion: {gateway.__version__}\n" in text
    assert "\nLicense-Expression: MIT\n" in text
    assert "\nDescription-Content-Type: text/markdown\n" in text


def test_it_says_its_version_and_comes_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    assert run(installed / "gateway", "--version", cwd=tmp_path) == f"bot-gateway {gateway.__version__}\n"
    where = "import adapters, gateway; print(gateway.__file__, adapters.__file__)"
    for file in run(installed / "python", "-c", where, cwd=tmp_path).split():
        assert Path(file).is_relative_to(installed.parent)


@pytest.fixture
def served(installed: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a first bot, which ``gateway init`` wrote and ``gateway run`` serves."""
    run(installed / "gateway", "init", cwd=tmp_path)
    environment = {name: value for name, value in os.environ.items() if name in ("HOME", "LANG", "PATH")}
    command = [str(installed / "gateway"), "run", "bot.py", "--headless", "--port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            lines: list[str] = []
            for line in process.stderr:
                lines.append(line)
                if found := re.search(r"Talk to your bot at (http://\S+)", line):
                    yield found[1]
                    break
            else:
                raise AssertionError("".join(lines))
        finally:
            process.terminate()
            process.communicate(timeout=30)


def test_a_first_bot_runs_and_the_playground_answers(served: str) -> None:
    def ask(path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{served}/playground/api/{path}", data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    with urllib.request.urlopen(served, timeout=20) as page:
        assert b"<title>" in page.read()
    platforms = ask("platforms")
    assert {each["name"] for each in platforms["platforms"]} == {"slack", "discord", "teams"}
    # What is said arrives, and is answered: the events of the platform end with the bot's words.
    with urllib.request.urlopen(f"{served}/playground/api/slack/events", timeout=20) as events:
        channel = ask("slack/snapshot")["channels"][0]["id"]
        ask("slack/act", {"type": "post", "channel": channel, "text": "@gateway hello"})
        assert any(b"You said: hello" in line for line in events)


def test_a_bot_and_an_adapter_see_types(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "mypy.ini").write_text(MYPY)
    (tmp_path / "board_adapter.py").write_text(files_of("docs/adding-a-platform.md")["board_adapter.py"])
    (tmp_path / "right.py").write_text(
        "import gateway as cl\nfrom board_adapter import BoardAdapter, BoardSettings\n"
        "from gateway.adapter import Adapter, AdapterContext\n\n"
        "adapter: Adapter = BoardAdapter(BoardSettings(), AdapterContext())\n\n"
        "@cl.on_message\nasync def main(message: cl.Message) -> None:\n"
        "    answer = await cl.AskUserMessage('Name?').send()\n"
        "    if answer is not None:\n        await cl.Message(answer['output'].upper()).send()\n"
    )
    (tmp_path / "wrong.py").write_text("import gateway as cl\n\ncl.Message(content=3)\ncl.Action(nome='a')\n")
    mypy = (sys.executable, "-m", "mypy", "--no-incremental", "--python-executable", installed / "python")
    said = run(*mypy, "right.py", "wrong.py", cwd=tmp_path, code=1)
    assert 'wrong.py:3: error: Argument "content" to "Message" has incompatible type "int"' in said
    assert 'wrong.py:4: error: Unexpected keyword argument "nome"' in said
    assert "right.py" not in said
    assert "board_adapter.py" not in said
