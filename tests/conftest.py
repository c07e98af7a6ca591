"""What every test shares: no way out of this machine, no clock that judges it, and logs that can be captured."""

from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import settings

from tests.support import left_out
from tests.support.net import loopback_only

pytest_plugins = ["pytest_gateway"]
"""What the installed package registers as an entry point; here it comes from the source tree."""

# How long an example may take says how busy the machine is, not whether the code is right.
settings.register_profile("gateway", deadline=None)
settings.load_profile("gateway")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests that share a fixture of their module on one worker: each further worker would make it once more."""
    for item in items:
        if isinstance(item, pytest.Function) and item.get_closest_marker("xdist_group") is None:
            definitions = item._fixtureinfo.name2fixturedefs.values()
            if any(each[-1].scope == "module" for each in definitions):
                item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say that tests were left out, in a line of its own."""
    left_out.say(terminalreporter)


@pytest.fixture(scope="session", autouse=True)
def outside_attempts() -> Iterator[list[str]]:
    """Every attempt to leave this machine so far; the switch holds for the fixtures of wider scope too."""
    with loopback_only() as attempts:
        yield attempts


@pytest.fixture(autouse=True)
def no_outside_network(outside_attempts: list[str]) -> Iterator[None]:
    """Fail the test that tried, even where its code swallowed the refusal."""
    outside_attempts.clear()
    yield
    if outside_attempts:
        pytest.fail(f"this test tried to leave the machine: {', '.join(outside_attempts)}")


@pytest.fixture(scope="session", autouse=True)
def loggers_without_memory() -> Iterator[None]:
    """Make loggers look up the configuration at each call.

    A logger that kept the configuration of an earlier test would be out of reach of ``capture_logs``.
    """
    configure = structlog.configure

    def uncached(**options: Any) -> None:
        configure(**options | {"cache_logger_on_first_use": False})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(structlog, "configure", uncached)
        yield


@pytest.fixture(autouse=True)
def own_logging(loggers_without_memory: None) -> Iterator[None]:
    """Leave structlog configured as it was, whatever the test configured."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)
