"""The commands in the documents: those of the gateway are parsed by the command line itself, and some are run."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import pytest
import typer
import typer.main
from typer.core import TyperGroup
from typer.testing import CliRunner

from gateway.cli import app
from tests.docs.blocks import ROOT, blocks, documents

OTHERS = {
    "agentsplayground", "aws", "curl", "docker", "git", "kubectl", "ngrok", "npm", "openssl", "pre-commit", "pytest",
    "source", "syft", "uvicorn",
}  # fmt: skip
"""Programs of others, whose options nothing here knows."""
SAFE = {"--version", "check", "init", "keys", "manifest"}
"""Commands that are run as they stand: they need nothing but a folder."""


@dataclass(frozen=True, slots=True)
class Line:
    """A command in a document, without its variables and its comment."""

    where: str
    words: tuple[str, ...]
    variables: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.where} {' '.join(self.words)}"


def lines() -> Iterator[Line]:
    """Yield every command of the documents' shell blocks."""
    for block in blocks("sh"):
        if block.code.startswith("# .env"):
            continue
        for line in re.sub(r"\\\n\s*", " ", block.code).splitlines():
            words = shlex.split(line, comments=True)
            variables = list(takewhile(lambda each: re.match(r"[A-Z_]+=", each), words))
            words = words[len(variables) :]
            if words:
                yield Line(str(block), tuple(words), tuple(each.partition("=")[0] for each in variables))


LINES = list(lines())
COMMAND = typer.main.get_command(app)


def parse(words: list[str]) -> None:
    """Parse the words behind ``gateway`` as the command line does, which raises an error for what it does not know."""
    command, context = COMMAND, typer.Context(COMMAND, info_name="gateway")
    while isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
        name, found, words = command.resolve_command(context, words)
        assert found is not None
        command, context = found, typer.Context(found, info_name=name, parent=context)
    command.make_context(command.name, list(words), resilient_parsing="--version" in words)


@pytest.mark.parametrize("line", [each for each in LINES if each.words[0] == "gateway"], ids=str)
def test_a_command_of_the_gateway_has_these_options(line: Line) -> None:
    parse(list(line.words[1:]))


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ("run", "Missing parameter: bot"),
        ("run bot.py --fast", "No such option: --fast"),
        ("rum bot.py", "No such command 'rum'"),
        ("keys make", "No such command 'make'"),
    ],
)
def test_a_command_that_is_none_is_noticed(wrong: str, error: str) -> None:
    with pytest.raises(Exception, match=error):
        parse(wrong.split())


def test_every_other_command_is_a_known_one() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    unknown = []
    for line in LINES:
        match line.words:
            case ["gateway", *_]:
                continue
            case ["make", target, *_] if target in targets:
                continue
            case ["pip", "install", *what]:
                extras = re.findall(r"bot-gateway\[([\w,-]+)\]", " ".join(what))
                if {each for found in extras for each in found.split(",")} <= set(project["optional-dependencies"]):
                    continue
            case ["python", script, *_] if (ROOT / script).is_file():
                continue
            case [program, *_] if program in OTHERS or (ROOT / program).is_file() or program == "for":
                continue
        unknown.append(str(line))
    assert unknown == []


@pytest.mark.parametrize(
    "line", [each for each in LINES if each.words[0] == "gateway" and each.words[1] in SAFE], ids=str
)
def test_a_command_that_needs_nothing_runs(line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    bot = next(block.code for block in blocks("python") if block.document == "README.md")
    for name in ("bot.py", "app.py", "helper.py"):
        (tmp_path / name).write_text(bot, encoding="utf-8")
    words = [re.sub(r"^\$\w+$", "made-up", each) for each in line.words[1:]]
    result = CliRunner().invoke(app, words)
    refused = words[:2] == ["keys", "revoke"]  # the id in the document is nobody's
    assert result.exit_code == (2 if refused else 0), result.output


def spans() -> Iterator[Line]:
    """Yield what stands in the documents' running text as code and begins with ``gateway``."""
    for path in documents():
        prose = re.sub(r"^ *```.*?^ *```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        for span in re.findall(r"`gateway ([a-z-][^`]*)`", prose):
            yield Line(path.relative_to(ROOT).as_posix(), tuple(span.replace("\\|", "|").split()))


def test_what_the_text_says_of_commands_is_there() -> None:
    assert [str(line) for line in spans() if "" in said_of(line.words)] == []


def test_a_command_in_the_text_that_is_none_is_noticed() -> None:
    assert "" in said_of(("rum", "bot.py"))
    assert "" in said_of(("run", "bot.py", "--fast"))
    assert "" in said_of(("keys", "create", "|", "forget"))
    assert "" not in said_of(("inbox", "list", "|", "retry", "|", "drop"))


def said_of(words: tuple[str, ...]) -> Iterator[str]:
    """Yield each command and option that is named behind ``gateway``, and an empty text for one that is not there.

    Several commands of one group may stand side by side: ``keys create | list | revoke``.
    """
    command, options = COMMAND, set[str]()
    alternatives = bool({"|", "and", ","} & set(words))
    for word in words:
        if word.startswith("-"):
            options = {each for parameter in command.params for each in (*parameter.opts, *parameter.secondary_opts)}
            yield word if word.partition("=")[0] in options else ""
        elif isinstance(command, TyperGroup) and re.fullmatch(r"[a-z-]+", word) and word != "and":
            found = command.commands.get(word)
            yield word if found is not None else ""
            if found is not None and (isinstance(found, TyperGroup) or not alternatives):
                command = found
