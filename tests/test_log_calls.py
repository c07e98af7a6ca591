"""Every log call can be made. structlog's own parameter is named ``event``: a field of that name is a TypeError."""

import ast
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
import structlog

from gateway.telemetry.logs import _Handler, configure_logging

ROOT = Path(__file__).parent.parent
LEVELS = {"debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "msg", "log"}
RESERVED = {"event", "level", "timestamp", "logger", "exception", "_record", "_from_structlog"}
"""Names that structlog or our processors fill in themselves."""


def calls() -> Iterator[tuple[str, ast.Call]]:
    for package in ("gateway", "adapters", "examples"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS:
                    on = node.func.value
                    name = on.id if isinstance(on, ast.Name) else on.attr if isinstance(on, ast.Attribute) else ""
                    if name.strip("_").lower() in ("log", "logger"):
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_no_log_call_names_a_field_like_one_of_structlogs_own() -> None:
    found = list(calls())
    assert len(found) > 60
    wrong = [(where, word.arg) for where, call in found for word in call.keywords if word.arg in RESERVED]
    assert wrong == []


def test_every_log_call_says_what_happened_in_its_one_positional_argument() -> None:
    assert [where for where, call in calls() if len(call.args) != 1] == []


class Unprintable:
    def __repr__(self) -> str:
        raise ValueError("it shows xoxb-0123456789-abcdef")

    __str__ = __repr__


@pytest.fixture(params=["json", "console"])
def form(request: pytest.FixtureRequest) -> Iterator[Literal["json", "console"]]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield request.param
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_log_call_never_raises_and_says_that_there_was_something_to_say(
    form: Literal["json", "console"], capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(form=form, debug=False)
    log = structlog.get_logger("ours")
    endless: dict[str, Any] = {}
    endless["itself"] = endless
    fields: list[dict[str, Any]] = [
        {"event": "named like structlog's own"},
        {"value": Unprintable()},
        {"value": {Unprintable(): 1}},
        {"value": endless},
        {"value": "half \ud83d"},
        {"exc_info": Unprintable()},
        {"level": "x", "logger": 3, "timestamp": None},
    ]
    for number, values in enumerate(fields):
        for level in ("debug", "info", "warning", "error", "exception"):
            getattr(log, level)(f"line {number}", **values)
        log.bind(a=1).info(f"bound {number}", **values)
    log.info("100 % sure", n=1)
    log.info("%d of %d", "no number", 2)
    theirs = logging.Logger("theirs")  # not below the root logger, where the test runner listens as well
    theirs.addHandler(next(handler for handler in logging.getLogger().handlers if isinstance(handler, _Handler)))
    theirs.warning("%d", "no number")
    shown = capsys.readouterr().err
    assert "xoxb-0123456789" not in shown
    assert "Logging error" not in shown
    assert "a log line of theirs could not be written: TypeError" in shown
    assert "100 % sure" in shown
    assert "named like structlog's own" in shown
    assert "could not be written" in shown
