"""What the doctor finds in Teams."""

from collections.abc import AsyncIterator

import pytest

from gateway.emulators.teams.emulator import TeamsEmulator
from tests.doctor.conftest import Examine
from tests.support.emulators import started

UNKNOWN = "3e59ebf5-aae1-44b1-92b6-3886119cc6ef"
"""An id that nothing has."""


@pytest.fixture
async def teams() -> AsyncIterator[TeamsEmulator]:
    async with started(TeamsEmulator(limits="off")) as emulator:
        yield emulator


async def test_an_app_that_fits_has_nothing_to_mend(teams: TeamsEmulator, examine: Examine) -> None:
    found = await examine(teams.environment())
    assert {name: each.status for name, each in found.items() if name.startswith("teams.")} == {
        "teams.settings": "ok",
        "teams.login": "ok",
        "teams.keys": "ok",
        "teams.endpoint": "skipped",
        "teams.clock": "ok",
        "teams.webhook": "skipped",  # there is no public address
    }


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TEAMS_APP_PASSWORD", "another-secret-entirely", "AADSTS7000215"),
        ("TEAMS_APP_ID", UNKNOWN, "AADSTS700016"),
        ("TEAMS_APP_TENANT_ID", UNKNOWN, "AADSTS90002"),
    ],
)
async def test_what_entra_refuses_is_said_with_the_setting_that_is_wrong(
    teams: TeamsEmulator, examine: Examine, name: str, value: str, said: str
) -> None:
    found = (await examine(teams.environment(), {name: value}))["teams.login"]
    assert found.status == "fail"
    assert said in found.fix
    assert name in found.fix
    assert found.page.startswith("https://portal.azure.com/")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TEAMS_APP_PASSWORD", UNKNOWN, "a secret's id"),
        ("TEAMS_APP_ID", "my-bot", "no id like"),
        ("TEAMS_APP_TENANT_ID", "my tenant", "neither an id nor a domain"),
    ],
)
async def test_what_was_copied_from_the_wrong_place_shows_without_asking(
    teams: TeamsEmulator, examine: Examine, name: str, value: str, said: str
) -> None:
    found = (await examine(teams.environment(), {name: value}))["teams.settings"]
    assert (found.status, said in found.found) == ("fail", True)


async def test_an_app_that_serves_every_tenant_is_named(teams: TeamsEmulator, examine: Examine) -> None:
    found = (await examine(teams.environment(), TEAMS_ANY_TENANT="true"))["teams.settings"]
    assert (found.status, "every tenant" in found.found) == ("ok", True)


async def test_keys_that_cannot_be_fetched(teams: TeamsEmulator, examine: Examine) -> None:
    teams.fail_next("openid", status=500, times=2)
    found = await examine(teams.environment())
    assert found["teams.keys"].status == "fail"
    assert found["teams.login"].status == "ok"


async def test_requests_that_are_not_verified_are_warned_of(examine: Examine) -> None:
    async with started(TeamsEmulator(anonymous=True)) as emulator:
        found = await examine(emulator.environment())
    assert found["teams.settings"].status == "warn"
    assert found["teams.login"].status == "skipped"
