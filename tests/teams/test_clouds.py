"""The clouds that Teams runs in: a bot takes what its own cloud signs, and gets its tokens there."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from adapters.teams.adapter import TeamsAdapter
from adapters.teams.clouds import CLOUDS
from adapters.teams.settings import TeamsSettings
from gateway.adapter import AdapterContext
from gateway.errors import SettingsError
from gateway.model import Outgoing
from tests.teams.harness import teams_harness
from tests.teams.world import TeamsWorld, adapter_for, teams_world


class ForMany(TeamsWorld):
    """Its adapter is that of a multi-tenant app."""

    def adapter(self, context: AdapterContext, *, wrong_token: bool = False) -> TeamsAdapter:
        return adapter_for(self.teams, context, app_type="MultiTenant", app_tenant_id=None)


@pytest.mark.parametrize("cloud", ["gcc-high", "china"])
@pytest.mark.parametrize("kind", [TeamsWorld, ForMany])
async def test_a_bot_in_another_cloud_is_talked_to(tmp_path: Path, cloud: str, kind: type[TeamsWorld]) -> None:
    async with teams_world(cloud=cloud) as world, teams_harness(kind(world.teams), tmp_path) as harness:
        post, ref = await harness.dm("hello")
        await harness.adapter.send(ref, Outgoing(text="from a cloud"), key="k")
        assert [said.text for said in harness.said(post)] == ["from a cloud"]


async def test_what_the_public_cloud_signs_is_refused_in_another(tmp_path: Path) -> None:
    async with teams_world(cloud="gcc-high") as world, teams_harness(world, tmp_path) as harness:
        teams = world.teams
        teams.keys._issuer = CLOUDS["public"].issuer
        activity = teams.backend.activities.of(teams.personal(), teams.ada, "message", text="hello")
        status, _ = await teams.send_raw(orjson.dumps(activity))
        assert status == 401
        assert harness.attempts == 0


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_cloud_decides_the_addresses_and_one_that_is_set_wins(cloud: Any) -> None:
    settings = TeamsSettings(_env_file=None, cloud=cloud)
    assert (settings.login_url, settings.openid_metadata_url) == (
        CLOUDS[settings.cloud].login_url,
        CLOUDS[settings.cloud].openid_metadata_url,
    )
    assert TeamsSettings(_env_file=None, cloud=cloud, login_url="https://x").login_url == "https://x"


def test_an_unknown_cloud_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMS_CLOUD", "gcch")
    with pytest.raises(SettingsError, match=r"TEAMS_CLOUD: .*'public', 'gcc-high', 'dod' or 'china'"):
        TeamsSettings.read(_env_file=None)
