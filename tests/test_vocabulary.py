"""One word per idea: names that the design replaced do not come back, and log events read ``component.event``."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
FOLDERS = ("gateway", "adapters", "tests", "benchmarks")
LOG_FOLDERS = ("gateway", "adapters", "benchmarks")
"""Folders whose log events are checked; the log lines in tests are examples for the logging itself."""

REPLACED = {
    "Work", "Stored", "Gate", "Reader", "Lane", "Pace", "lanes", "Wire", "looks", "once", "Standing", "standing",
    "Working", "Surroundings", "Memory", "HeldFolder", "Link", "Kept", "Past", "Around", "Spot", "persistently",
    "_beside", "_turn_down", "_played", "heal", "whole", "House", "handfed", "test_review",
}  # fmt: skip
"""Names of classes, functions and modules that were replaced by the field's own words."""

LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
EVENT = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")


class Module(NamedTuple):
    """What is checked of one module."""

    names: set[str]
    """The name of the module and those of all classes and functions in it."""
    events: list[str]
    """The literal events of all log calls in it."""


@functools.cache
def read(path: Path) -> Module:
    """Read the names and the log events of a module. The syntax tree is dropped: all of them together are large."""
    module = Module({path.stem}, [])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                module.names.add(name)
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name), attr=level),
                args=[ast.Constant(value=str(event)), *_],
            ) if level in LEVELS and name.strip("_").lower() in ("log", "logger"):
                module.events.append(event)
            case _:
                pass
    return module


def modules(folders: tuple[str, ...]) -> Iterator[tuple[str, Module]]:
    """Yield every module in these folders with its path below the root."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), read(path)


def test_no_replaced_name_comes_back() -> None:
    found = {(path, name) for path, module in modules(FOLDERS) for name in module.names & REPLACED}
    assert found == set()


def test_log_events_have_a_component_and_a_dot() -> None:
    found = [(path, event) for path, module in modules(LOG_FOLDERS) for event in module.events]
    assert len(found) > 60
    assert {each for each in found if not EVENT.fullmatch(each[1])} == set()
