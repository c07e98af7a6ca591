"""For which workspace a delivery is: what Slack tells of it, in many places."""

from typing import Any

import pytest

from adapters.slack.addressees import Addressee, addressees


def authorized(team: str | None, org: str | None = None, *, org_wide: bool = False) -> dict[str, Any]:
    """An event's ``authorizations``."""
    return {"authorizations": [{"team_id": team, "enterprise_id": org, "is_enterprise_install": org_wide}]}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"team_id": "T2", **authorized("T1")}, [Addressee("T1")]),
        ({"team_id": "T2"}, [Addressee("T2")]),
        ({"team_id": "T1", **authorized(None, "E1", org_wide=True)}, [Addressee("T1", "E1", True)]),
        ({"team_id": "E1", "context_team_id": "T1", **authorized("E1", "E1", org_wide=True)},
         [Addressee("T1", "E1", True)]),
        ({"team_id": None, "event": {"enterprise_id": "E1"}}, [Addressee("", "E1")]),
        ({}, [Addressee("")]),
        ({"team_id": 7, "authorizations": "x", "event": []}, [Addressee("")]),
    ],
)  # fmt: skip
def test_an_event_is_for_whom_it_was_authorized(body: dict[str, Any], expected: list[Addressee]) -> None:
    assert addressees({"type": "event_callback", **body}) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"team": {"id": "T1"}, "user": {"team_id": "T1"}}, [Addressee("T1")]),
        ({"team": {"id": "T1"}, "enterprise": {"id": "E1"}}, [Addressee("T1", "E1")]),
        ({"team": None, "user": {"team_id": "T1"}, "enterprise": {"id": "E1"}, "is_enterprise_install": True},
         [Addressee("T1", "E1", True)]),
        ({"team_id": "T1", "enterprise_id": "E1", "is_enterprise_install": "true"}, [Addressee("T1", "E1", True)]),
        # In a shared channel the organisation is that of whoever clicks, not that of the bot.
        ({"team": {"id": "T2"}, "enterprise": {"id": "E2"}, "message": {"bot_id": "B1", "team": "T1"}},
         [Addressee("T1"), Addressee("T2", "E2")]),
        ({"team": {"id": "T2"}, "message": {"user": "U1", "team": "T1"}}, [Addressee("T2")]),
        ({"view": {"app_installed_team_id": "T1"}, "team": {"id": "T2"}}, [Addressee("T1"), Addressee("T2")]),
        ({"team": "x", "user": 3, "message": None}, [Addressee("")]),
    ],
)  # fmt: skip
def test_a_click_is_for_the_bots_workspace_and_else_for_that_of_the_person(
    body: dict[str, Any], expected: list[Addressee]
) -> None:
    assert addressees({"type": "block_actions", **body}) == expected
