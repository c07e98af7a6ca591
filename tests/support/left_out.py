"""What is said at the end of a run in which tests were left out."""

import pytest

UNTESTED = "UNTESTED on PostgreSQL"
"""How the reason of each test that is skipped for want of a PostgreSQL begins."""


def say(reporter: pytest.TerminalReporter) -> None:
    """Write a line of its own on the tests that no PostgreSQL answered."""
    reasons = [
        str(report.longrepr[2]) for report in reporter.stats.get("skipped", []) if UNTESTED in str(report.longrepr)
    ]
    if reasons:
        reporter.write_line(f"!!! {len(reasons)} tests {reasons[0].removeprefix('Skipped: ')}", red=True, bold=True)
