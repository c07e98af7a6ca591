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
    acting = [team for team in _acting(body) if team]
    # The organisation is that of the person who acts. It says nothing of the workspace of a bot that others see too.
    found = [
        Addressee(team, org, org_wide) if team in acting else Addressee(team)
        for team in dict.fromkeys((*_of_the_bot(body), *acting))
        if team
    ]
    return found or [Addressee("", org, org_wide)]


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


def _of_the_bot(body: Json) -> Iterator[str]:
    """Return the workspace of the bot that opened the form, or wrote the message, on which somebody acts."""
    yield text(obj(body, "view"), "app_installed_team_id")
    message = obj(body, "message")
    if text(message, "bot_id"):
        yield text(message, "team")


def _acting(body: Json) -> Iterator[str]:
    """Return the workspace in which somebody acts, in each of the places where it may be told."""
    yield text(obj(body, "team"), "id")
    yield text(body, "team_id")
    yield text(obj(body, "user"), "team_id")
    yield text(obj(body, "view"), "team_id")
