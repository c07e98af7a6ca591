"""One word per idea: names that the design replaced do not come back, and log events read ``component.event``."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

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
PENDING = {
    ("tests/playground/handfed.py", "handfed"),
}
"""Files and the replaced names or events without a dot that still stand in them. Nothing may be added."""

LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
EVENT = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")


def modules(folders: tuple[str, ...]) -> Iterator[tuple[str, ast.Module]]:
    """Yield the path below the root and the syntax tree of every module in these folders."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def defined(path: str, tree: ast.Module) -> Iterator[str]:
    """Yield the name of a module and those of all classes and functions in it."""
    yield Path(path).stem
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def events(tree: ast.Module) -> Iterator[str]:
    """Yield the literal events of all log calls in a module."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name), attr=level),
                args=[ast.Constant(value=str(event)), *_],
            ) if level in LEVELS and name.strip("_").lower() in ("log", "logger"):
                yield event


def test_no_replaced_name_comes_back() -> None:
    found = {(path, name) for path, tree in modules(FOLDERS) for name in defined(path, tree) if name in REPLACED}
    assert found - PENDING == set()


def test_log_events_have_a_component_and_a_dot() -> None:
    found = [(path, event) for path, tree in modules(LOG_FOLDERS) for event in events(tree)]
    assert len(found) > 60
    assert {each for each in found if not EVENT.fullmatch(each[1])} - PENDING == set()
