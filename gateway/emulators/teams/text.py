"""Turns what a person types into what Teams sends: mentions as ``<at>`` with their entities, and a copy as HTML."""

import html
import re
from typing import NamedTuple

from gateway.emulators.common.values import JSON
from gateway.emulators.teams.world import Conversation, Message, World, text_of

_PREVIEW = 200
_JOINED = re.compile(r"(?<= ) |^ | $", re.MULTILINE)


class Typed(NamedTuple):
    """What Teams makes of typed text: the activity's text, a copy as HTML, and the mention entities."""

    text: str
    html: str
    mentions: list[JSON]

    def names(self, account_id: str) -> bool:
        """Return whether the text mentions an account."""
        return any(m["mentioned"]["id"] == account_id for m in self.mentions)


def typed(world: World, conversation: Conversation, text: str) -> Typed:
    """Return what Teams makes of typed text.

    ``@gateway`` and ``@Ada`` become mentions of members of the conversation; in a personal chat everything is plain
    text.
    """
    accounts: dict[str, JSON] = {}
    if conversation.kind != "personal":
        for member in conversation.members:
            person = world.people[member]
            accounts[person.name.lower()] = accounts[person.given_name.lower()] = person.account()
        accounts[world.bot_name.lower()] = world.bot()
    names = "|".join(re.escape(name) for name in sorted(accounts, key=len, reverse=True))
    pattern = re.compile(rf"@({names})\b" if names else r"(?!)", re.IGNORECASE)
    said, shown, mentions, last = "", "", list[JSON](), 0
    for number, match in enumerate(pattern.finditer(text)):
        account = accounts[match[1].lower()]
        before, tag = text[last : match.start()], f"<at>{account['name']}</at>"
        span = f'<span itemscope itemtype="http://schema.skype.com/Mention" itemid="{number}">{account["name"]}</span>'
        said, shown, last = said + before + tag, shown + _escaped(before) + span, match.end()
        mentioned = {"id": account["id"], "name": account["name"]}
        mentions.append({"type": "mention", "mentioned": mentioned, "text": tag})
    said, shown = said + text[last:], shown + _escaped(text[last:])
    return Typed(said, f"<p>{shown}</p>" if shown else "", mentions)


def quoting(activity: JSON, quoted: Message, author: JSON) -> None:
    """Make an activity the reply to a message.

    It gets an entity, a placeholder before the text, and the quote in its copy as HTML (Teams SDK, class
    *QuotedReplyData*).
    """
    preview = text_of(quoted.activity)[:_PREVIEW]
    data = {"messageId": quoted.id, "senderId": author["id"], "senderName": author["name"], "preview": preview}
    activity["text"] = f'<quoted messageId="{quoted.id}"/> {activity["text"]}'
    entities = activity.get("entities") or []
    activity["entities"] = [*entities, {"type": "quotedReply", "quotedReply": {**data, "time": quoted.id}}]
    who = f'<strong itemprop="mri" itemid="{author["id"]}">{html.escape(author["name"])}</strong>'
    said = f'<span itemprop="time" itemid="{quoted.id}"></span><p itemprop="preview">{_escaped(preview)}</p>'
    kind = f'itemscope="" itemtype="http://schema.skype.com/Reply" itemid="{quoted.id}"'
    copies = [each for each in activity["attachments"] if each["contentType"] == "text/html"]
    for copy in copies:
        copy["content"] = f"<blockquote {kind}>{who}{said}</blockquote>{copy['content']}"


def _escaped(text: str) -> str:
    """Return text as the compose box writes it in HTML, with no-break spaces where HTML would collapse blanks."""
    return _JOINED.sub("&nbsp;", html.escape(text, quote=False)).replace("\n", "<br>")
