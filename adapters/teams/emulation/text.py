"""What a person types, as Teams sends it: mentions as ``<at>`` with their entities, and a copy as HTML."""

import html
import re
from typing import NamedTuple

from adapters.emulation.values import JSON
from adapters.teams.emulation.world import Conversation, World


class Typed(NamedTuple):
    text: str
    html: str
    mentions: list[JSON]

    def names(self, account_id: str) -> bool:
        return any(m["mentioned"]["id"] == account_id for m in self.mentions)


def typed(world: World, conversation: Conversation, text: str) -> Typed:
    """``@gateway`` and ``@Ada`` become mentions, of those who are there; in a personal chat all is plain text."""
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


def _escaped(text: str) -> str:
    return html.escape(text, quote=False).replace("\n", "<br>")
