"""Mentions in a text, and whom a message may notify (``allowed_mentions``).

https://docs.discord.com/developers/resources/message#allowed-mentions-object.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.emulators.common.values import JSON
from gateway.emulators.discord.checker import Checker
from gateway.emulators.discord.permissions import Permission
from gateway.emulators.discord.state import Guild, Pings
from gateway.emulators.discord.world import World

_USER = re.compile(r"<@!?(\d{1,20})>")
_ROLE = re.compile(r"<@&(\d{1,20})>")
_EVERYONE = re.compile(r"@(everyone|here)\b")
_TYPED = re.compile(r"(?<![\w<])([@#])([\w.\-]+(?: [\w.\-]+)?)")


@dataclass(frozen=True, slots=True)
class Allowed:
    """Which of a message's mentions may notify. None in ``users`` or ``roles`` allows all."""

    users: frozenset[str] | None
    roles: frozenset[str] | None
    everyone: bool
    replied_user: bool


ALL = Allowed(None, None, everyone=True, replied_user=True)
"""Whom an ordinary message may notify when it has no ``allowed_mentions``."""
USERS_ONLY = Allowed(None, frozenset(), everyone=False, replied_user=True)
"""Whom an answer to an interaction may notify when it has no ``allowed_mentions``."""


def allowed(checker: Checker, given: Any, *, default: Allowed) -> Allowed:
    """Read ``allowed_mentions`` of a form."""
    if given is None:
        return default
    model = checker.model(given, ("allowed_mentions",))
    if model is None:
        return default
    parse = checker.items(model.get("parse"), ("allowed_mentions", "parse"), most=3)
    for index, kind in enumerate(parse):
        checker.choice(kind, ("allowed_mentions", "parse", index), ("roles", "users", "everyone"))
    found: dict[str, frozenset[str] | None] = {}
    for kind in ("users", "roles"):
        ids = [
            checker.snowflake(each, ("allowed_mentions", kind, index))
            for index, each in enumerate(checker.items(model.get(kind), ("allowed_mentions", kind), most=100))
        ]
        if kind in parse and ids:
            what = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            checker.fail(("allowed_mentions",), "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", what)
        found[kind] = None if kind in parse else frozenset(str(each) for each in ids)
    replied = checker.boolean(model.get("replied_user"), ("allowed_mentions", "replied_user"))
    return Allowed(found["users"], found["roles"], everyone="everyone" in parse, replied_user=replied)


def pings(
    world: World, guild: Guild | None, texts: Sequence[str], rule: Allowed, may: Permission, *, replied: str | None
) -> Pings:
    """Return whom these texts notify, by the rule and by the author's permissions. ``replied`` is the author of the
    message that is replied to."""
    text = "\n".join(texts)
    users = [u for u in _USER.findall(text) if u in world.users and (rule.users is None or u in rule.users)]
    if replied is not None and rule.replied_user:
        users.append(replied)
    found = Pings(list(dict.fromkeys(users)))
    if guild is None:
        return found
    for role_id in dict.fromkeys(_ROLE.findall(text)):
        role = guild.roles.get(role_id)
        allowed_to = role is not None and (role.mentionable or bool(may & Permission.MENTION_EVERYONE))
        if allowed_to and (rule.roles is None or role_id in rule.roles):
            found.roles.append(role_id)
    everyone = _EVERYONE.search(text) is not None
    found.everyone = everyone and rule.everyone and bool(may & Permission.MENTION_EVERYONE)
    return found


def typed(world: World, guild: Guild | None, text: str) -> str:
    """Return what Discord's client makes of typed text: ``@Ada`` becomes a mention, ``#general`` a link."""
    names: JSON = {"@" + user.username: f"<@{user.id}>" for user in world.users.values()}
    names |= {"@" + user.display_name.lower(): f"<@{user.id}>" for user in world.users.values()}
    if guild is not None:
        names |= {"@" + m.display_name.lower(): f"<@{m.user.id}>" for m in guild.members.values()}
        names |= {"@" + r.name.lower(): f"<@&{r.id}>" for r in guild.roles.values() if r.mentionable}
        names |= {"#" + c.name.lower(): f"<#{c.id}>" for c in guild.channels.values()}

    def replace(match: re.Match[str]) -> str:
        whole = match[0]
        words = match[2].split(" ")
        for count in range(len(words), 0, -1):
            wanted = " ".join(words[:count])
            for name in (wanted, wanted.rstrip(".-")):
                found = names.get(match[1] + name.lower())
                if found is not None:
                    return str(found) + whole[1 + len(name) :]
        return whole

    return _TYPED.sub(replace, text)
