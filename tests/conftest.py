"""What every test shares: no way out of this machine, and no clock that judges it."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.support.net import loopback_only

# How long an example may take says how busy the machine is, not whether the code is right.
settings.register_profile("gateway", deadline=None)
settings.load_profile("gateway")


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
