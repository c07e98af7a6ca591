"""A flood of one warning fills no disk."""

import logging

import pytest
import structlog

from gateway.telemetry import floods
from gateway.telemetry.floods import KINDS, MOST, WINDOW, Floods
from gateway.telemetry.logs import configure_logging

log = structlog.get_logger(__name__)


def test_of_a_flood_the_first_lines_are_written_and_then_how_many_were_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(floods.Floods.__init__, "__defaults__", (lambda: now,))
    configure_logging(form="json", debug=False)
    theirs = logging.getLogger("a.library")
    for number in range(1_000):
        log.warning("disk.full", number=number)
        theirs.warning("cannot write %d", number)
        log.info("all.is_well", number=number)
    log.error("disk.gone")
    lines = capsys.readouterr().err.splitlines()
    assert sum("disk.full" in line for line in lines) == MOST
    assert sum("cannot write" in line for line in lines) == MOST
    assert sum("all.is_well" in line for line in lines) == 1_000
    assert sum("disk.gone" in line for line in lines) == 1
    now = WINDOW
    log.warning("disk.full", number=1_000)
    theirs.warning("cannot write %d", 1_000)
    ours, library = capsys.readouterr().err.splitlines()
    assert f'"suppressed":{1_000 - MOST}' in ours.replace(" ", "")
    assert f"cannot write 1000 (suppressed: {1_000 - MOST} lines like this)" in library


def test_when_everything_is_logged_nothing_is_held_back(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(form="json", debug=True)
    for _ in range(MOST + 50):
        log.warning("disk.full")
    assert capsys.readouterr().err.count("disk.full") == MOST + 50


def test_kinds_are_forgotten_before_they_fill_memory() -> None:
    counts = Floods(clock=lambda: 0.0)
    for number in range(3 * KINDS):
        assert counts.admit("theirs", f"no line is like another {number}") == 0
    assert len(counts._kinds) <= KINDS
