"""What a file uses of the API is found under any name, and judged as it would turn out."""

import re
from pathlib import Path

import pytest

from gateway.chat.web_only import INSTEAD
from gateway.checking.findings import Finding, check
from gateway.checking.shown import ROWS, named
from tests.conformance.report import PLATFORMS_PAGE

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.py"))


def found(source: str) -> list[str]:
    """Return what is found, a line each: ``1 cl.Message works``."""
    findings, _ = check(source)
    return [f"{each.line} {each.name} {each.kind}" for each in findings]


def only(source: str) -> Finding:
    """Return the one finding that is more than that something works."""
    [finding] = [each for each in check(source)[0] if each.kind != "works"]
    return finding


@pytest.mark.parametrize("root", ["chainlit", "gateway"])
def test_names_are_followed_under_whatever_they_are_imported_as(root: str) -> None:
    source = f"""
import {root} as cl
import {root}
from {root} import Message as M, on_stop
from {root}.types import ThreadDict
from {root}.input_widget import Switch

cl.on_message
{root}.on_chat_start
async def f():
    import {root} as inner
    await M("x").send()
    await inner.Message("x").send()
"""
    assert found(source) == [
        f"4 {root}.Message works",
        f"4 {root}.on_stop works",
        f"5 {root}.types.ThreadDict works",
        f"6 {root}.input_widget.Switch works",
        "8 cl.on_message works",
        f"9 {root}.on_chat_start works",
        "12 M works",
        "13 inner.Message works",
    ]


def test_what_is_no_part_of_the_api_is_not_looked_at() -> None:
    source = """
import chainlit as cl
from os import path as Message

def f(cl):
    cl.nothing

def g():
    cl = object()
    cl.nothing

for cl in ():
    pass
"""
    assert found(source) == []


@pytest.mark.parametrize("name", sorted(INSTEAD))
def test_what_needs_a_web_page_does_nothing_and_the_instead_is_named(name: str) -> None:
    finding = only(f"import chainlit as cl\ncl.{name}\n")
    assert finding == Finding(2, f"cl.{name}", "nothing", INSTEAD[name])


@pytest.mark.parametrize(
    ("code", "name", "kind", "word"),
    [
        ("cl.nowhere", "cl.nowhere", "missing", "'nowhere'"),
        ("from chainlit.nowhere import x\nx.y", "chainlit.nowhere", "missing", "no module"),
        ("from chainlit import nowhere", "chainlit.nowhere", "missing", "'nowhere'"),
        ("cl.context.session.socket_id", "cl.context.session.socket_id", "missing", "socket"),
        ("cl.context.emitter.emit('x', 1)", "cl.context.emitter.emit", "missing", "socket"),
        ("cl.user_session.get('http_cookie')", "cl.user_session.get('http_cookie')", "nothing", "cl.context.user"),
        ("cl.context.emitter.set_modes([])", "cl.context.emitter.set_modes", "nothing", "ChatSettings"),
        ("from chainlit.cli import run_chainlit", "chainlit.cli.run_chainlit", "missing", "gateway run"),
        ("cl.user_session['env']", "cl.user_session['env']", "nothing", "empty"),
        ("cl.user_session.set('user', 1)", "cl.user_session.set('user')", "missing", "another key"),
        ("cl.user_session['id'] = 1", "cl.user_session['id']", "missing", "another key"),
        ("cl.Action(name='a', value='x')", "cl.Action(value=…)", "missing", "payload"),
        ("cl.Image(name='a', path='x', zoom=2)", "cl.Image(zoom=…)", "nothing", "not used"),
        ("cl.Image(name='a', path='x', display='side')", "cl.Image(display='side')", "degrades", "a file"),
        ("cl.Message('x', author='Ada')", "cl.Message(author=…)", "degrades", "Discord, Teams: above the text"),
        ("cl.Dataframe(data=1)", "cl.Dataframe", "degrades", "Discord: an aligned code block"),
        ("cl.Task('x', forId='1')", "cl.Task(forId=…)", "degrades", "no link"),
        ("anything.stream_token('x')", "anything.stream_token", "degrades", "Discord: edits"),
        ("m = cl.Message('x')\nm.react('x')", "m.react", "degrades", "Teams: none"),
        ("async def f(m: cl.Message):\n    m.reply()", "m.reply", "missing", "'reply'"),
        ("async def f():\n    async with cl.Message('x') as s:\n        s.no", "s.no", "missing", "'no'"),
        ("from chainlit.config import config\nconfig.ui.name = 1", "config.ui.name", "missing", "cannot be set"),
        ("import chainlit\nchainlit.data.get_data_layer = 1", "chainlit.data.get_data_layer", "missing", "look"),
    ],
)  # fmt: skip
def test_each_kind_of_use_is_judged(code: str, name: str, kind: str, word: str) -> None:
    finding = only(f"import chainlit as cl\n{code}\n")
    assert (finding.name, finding.kind) == (name, kind)
    assert word in finding.words


@pytest.mark.parametrize(
    "code",
    [
        "cl.chat_context.to_openai()",
        "cl.context.session.id",
        "from chainlit.context import get_context\ncl.context.session.id",
        "cl.instrument_openai()",
        "from chainlit.config import config\nconfig.ui.name",
        "cl.context.user.identifier",
        "cl.user_session.get('history')",
        "cl.user_session['x'] = 1",
        "import chainlit.data\nchainlit.data._data_layer = 1",
        "cl.Action(name='a', payload={})",
        "m = cl.Message('x', elements=[], actions=[])\nm.content = 'y'\nm.id",
        "m = cl.Message('x')\nm = other()\nm.whatever",
        "e = cl.Element(name='a', path='x', mime='text/plain')\ne.path",
        "cl.Message(**options)",
    ],
)
def test_what_works_is_not_complained_of(code: str) -> None:
    assert {each.kind for each in check(f"import chainlit as cl\n{code}\n")[0]} <= {"works"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_have_nothing_that_fails(path: Path) -> None:
    findings, _ = check(path.read_text(encoding="utf-8"))
    assert findings
    assert [each for each in findings if each.kind in ("nothing", "missing")] == []


@pytest.mark.parametrize("source", ["def f(:\n", "x = (\n", "a\0b", "-" * 100_000 + "1", "(" * 100_000])
def test_what_is_not_python_is_a_syntax_error(source: str) -> None:
    with pytest.raises(SyntaxError):
        check(source)


def test_the_table_says_what_the_page_of_the_platforms_says() -> None:
    lines = PLATFORMS_PAGE.read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    page = {cells[0]: tuple(cells[1:4]) for cells in rows if len(cells) == 5}
    assert [row for row in ROWS if page.get(row.part) != row.cells] == []
    alike = {"`/settings`, `/profile`", "`chat_context`"}
    unlisted = {part for part in page if named(part)} - {row.part for row in ROWS} - alike
    assert unlisted == set()
