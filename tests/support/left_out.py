"""What is said at the end of a run in which tests were left out."""

import pytest

UNTESTED = "UNTESTED on PostgreSQL"
"""How the reason of each test that is skipped for want of a PostgreSQL begins."""
UNTESTED_AZURE = "UNTESTED on Azure Blob Storage"
"""How the reason of each test that is skipped for want of Azure's emulator begins."""


def say(reporter: pytest.TerminalReporter) -> None:
    """Write a line of its own on the tests of each server that did not answer."""
    skipped = [str(report.longrepr[2]) for report in reporter.stats.get("skipped", []) if report.longrepr]
    for begin in (UNTESTED, UNTESTED_AZURE):
        reasons = [reason for reason in skipped if begin in reason]
        if reasons:
            reporter.write_line(f"!!! {len(reasons)} tests {reasons[0].removeprefix('Skipped: ')}", red=True, bold=True)
