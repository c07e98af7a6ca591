"""What is said at the end of a run in which tests were left out."""

import pytest

UNTESTED = "UNTESTED on PostgreSQL"
"""How the reason of each test that is skipped for want of a PostgreSQL begins."""
UNTESTED_CLUSTER = "UNTESTED with several replicas"
"""How the reason of each test that is skipped for want of PostgreSQL's programs begins."""
UNTESTED_CLOCK = "UNTESTED with a wrong clock"
"""How the reason of each test that is skipped for want of libfaketime begins."""
UNTESTED_AZURE = "UNTESTED on Azure Blob Storage"
"""How the reason of each test that is skipped for want of Azure's emulator begins."""

UNTESTED_NODE = "UNTESTED with Node"
"""How the reason of each test that is skipped for want of Node or of its packages begins."""
UNTESTED_RUBY = "UNTESTED with Ruby"
"""How the reason of each test that is skipped for want of Ruby begins."""

UNTESTED_KERNEL = "UNTESTED with Semantic Kernel"
"""How the reason of each test that is skipped for want of Semantic Kernel begins."""

UNTESTED_COMPOSE = "UNTESTED with Docker Compose"
"""How the reason of each test that is skipped for want of Docker Compose begins."""
UNTESTED_KUSTOMIZE = "UNTESTED with kubectl"
"""How the reason of each test that is skipped for want of kubectl begins."""


def say(reporter: pytest.TerminalReporter) -> None:
    """Write a line of its own on the tests of each server or language that is not there."""
    skipped = [str(report.longrepr[2]) for report in reporter.stats.get("skipped", []) if report.longrepr]
    for begin in (
        UNTESTED, UNTESTED_CLUSTER, UNTESTED_CLOCK, UNTESTED_AZURE, UNTESTED_NODE, UNTESTED_RUBY, UNTESTED_KERNEL,
        UNTESTED_COMPOSE, UNTESTED_KUSTOMIZE,
    ):  # fmt: skip
        reasons = [reason for reason in skipped if begin in reason]
        if reasons:
            reporter.write_line(f"!!! {len(reasons)} tests {reasons[0].removeprefix('Skipped: ')}", red=True, bold=True)
