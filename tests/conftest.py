"""What every test shares: no way out of this machine, no clock that judges it, and logs that can be captured."""

from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import settings
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from tests.support import left_out
from tests.support.net import loopback_only

pytest_plugins = ["pytest_gateway"]
"""What the installed package registers as an entry point; here it comes from the source tree."""

# How long an example may take says how busy the machine is, not whether the code is right.
settings.register_profile("gateway", deadline=None)
settings.load_profile("gateway")


_BY_FILE = (
    "tests/admin/",
    "tests/data/test_dynamodb",
    "tests/docs/",
    "tests/integrations/",
    "tests/playground/",
)
"""Where the tests of a file share what takes long to make: a browser, a server, a site, an import."""
_ONE_AT_A_TIME = "tests/cluster/"
"""Tests of several processes each, which share servers."""


class ByWhatIsShared(LoadScopeScheduling):  # type: ignore[misc]
    """Gives tests to workers one by one, and those together that share something, so that each further worker does not
    make it once more. It begins with the largest groups.

    The mark ``xdist_group`` is not used, because pytest-xdist 3.8 does not heed it with pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(_ONE_AT_A_TIME):
            return _ONE_AT_A_TIME
        return nodeid.partition("::")[0] if nodeid.startswith(_BY_FILE) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Say how tests are divided among workers."""
    return ByWhatIsShared(config, log)


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
