"""Reads for which workspace a delivery is, where the app is installed in many.

In a channel that organisations share (Slack Connect) ``team_id`` may be that of the sender: ``authorizations`` says for
whom an event is, and a click says it by the message it was made on, which is the bot's own
(https://docs.slack.dev/apis/events-api, https://docs.slack.dev/apis/slack-connect).
"""

from collections.abc import Iterator
from typing import NamedTuple

from adapters.fields import Json, items, obj, text


class Addressee(NamedTuple):
    """A workspace that a delivery may be for."""

    team: str
    """The workspace's id; empty where the delivery tells none."""
    org: str = ""
    """The id of the organisation it belongs to; empty for none."""
    org_wide: bool = False
    """Whether Slack says that the app is installed in the whole organisation."""


def addressees(body: Json) -> list[Addressee]:
    """Return the workspaces that a delivery may be for, the likeliest first."""
    if text(body, "type") == "event_callback":
        return [_of_event(body)]
    org = text(obj(body, "enterprise"), "id") or text(body, "enterprise_id") or text(obj(body, "team"), "enterprise_id")
    org_wide = body.get("is_enterprise_install") in (True, "true")
    teams = dict.fromkeys(team for team in _teams(body) if team)
    return [Addressee(team, org, org_wide) for team in teams] or [Addressee("", org, org_wide)]


def _of_event(body: Json) -> Addressee:
    authorizations = items(body, "authorizations")
    first = authorizations[0] if authorizations else {}
    told = (text(first, "team_id"), text(body, "context_team_id"), text(body, "team_id"))
    # For an organisation's own things Slack may put the organisation in the place of a workspace.
    team = next((each for each in told if each.startswith("T")), "") or next((each for each in told if each), "")
    org = text(first, "enterprise_id") or text(body, "context_enterprise_id") or text(body, "enterprise_id")
    if not team and not org:
        org = text(obj(body, "event"), "enterprise_id")
    return Addressee(team, org, first.get("is_enterprise_install") is True)


def _teams(body: Json) -> Iterator[str]:
    view, message = obj(body, "view"), obj(body, "message")
    yield text(view, "app_installed_team_id")
    if text(message, "bot_id"):
        yield text(message, "team")  # of the bot that wrote it
    yield text(obj(body, "team"), "id")
    yield text(body, "team_id")
    yield text(obj(body, "user"), "team_id")
    yield text(view, "team_id")
