"""Turns what a person types into what Slack sends: escaped text with mentions, and the rich_text blocks beside it."""

import re

from gateway.emulators.common.values import JSON
from gateway.emulators.slack.world import Team

_TOKEN = re.compile(
    r"<@(?P<id>[UW]\w+)>|(?<!\w)@(?P<name>[\w.-]+)|(?<!\w)#(?P<channel>[\w-]+)|(?P<url>https?://[^\s<>]+)"
)
_BROADCASTS = {"here", "channel", "everyone"}


def escape(text: str) -> str:
    """Escape the three characters that are special in Slack's text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def typed(team: Team, text: str) -> tuple[str, list[JSON]]:
    """Return the text and the blocks Slack makes of typed text.

    ``@name`` (or ``<@U…>`` of a known user), ``#channel``, ``@here`` and links become Slack's tokens.
    """
    out: list[str] = []
    elements: list[JSON] = []
    names = {user.name: user.id for user in team.users.values()}
    channels = {c.name: c.id for c in team.channels.values() if c.kind != "im"}

    def plain(part: str) -> None:
        if part:
            out.append(escape(part))
            elements.append({"type": "text", "text": part})

    end = 0
    for match in _TOKEN.finditer(text):
        user = match["id"] if match["id"] in team.users else names.get((match["name"] or "").rstrip("."))
        if user:
            token, element, tail = f"<@{user}>", {"type": "user", "user_id": user}, ""
            if match["name"] and match["name"].endswith("."):
                tail = "."
        elif match["name"] in _BROADCASTS:
            token, element, tail = f"<!{match['name']}>", {"type": "broadcast", "range": match["name"]}, ""
        elif match["channel"] in channels:
            found = channels[match["channel"]]
            token, element, tail = f"<#{found}|{match['channel']}>", {"type": "channel", "channel_id": found}, ""
        elif match["url"]:
            token, element, tail = f"<{escape(match['url'])}>", {"type": "link", "url": match["url"]}, ""
        else:
            continue
        plain(text[end : match.start()])
        out.append(token)
        elements.append(element)
        plain(tail)
        end = match.end()
    plain(text[end:])
    section: JSON = {"type": "rich_text_section", "elements": elements}
    return "".join(out), [{"type": "rich_text", "block_id": "rt", "elements": [section]}] if text else []
