"""What is said at the end of a run in which tests were left out."""

import pytest

UNTESTED = ("UNTESTED on PostgreSQL", "UNTESTED on Azure")
"""How the reasons of tests begin that are skipped for want of a server."""


def say(reporter: pytest.TerminalReporter) -> None:
    """Write a line of its own on the tests of each server that was not there."""
    skipped = [str(report.longrepr[2]) for report in reporter.stats.get("skipped", []) if report.longrepr]
    for begin in UNTESTED:
        reasons = [reason for reason in skipped if begin in reason]
        if reasons:
        reporter.write_line(f"!!! {len(reasons)} tests {reasons[0].removeprefix('Skipped: ')}", red=True, bold=True)
