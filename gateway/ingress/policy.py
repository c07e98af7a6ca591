"""The access policy: judges by the rules of ``[access]`` who may use the bot. Pure; unknown facts are its third answer.

Theory. Each rule says yes, no or unknown of a person in a place. A ``deny`` rule that says yes denies, whatever else
is said. Where there is an ``allow`` list, one of its rules has to say yes. What is unknown does not admit: whoever asks
finds out more (``AccessFacts.completed``) and asks again, and what then is still unknown denies. So a new deny rule
never lets anybody in, and a further allow rule never keeps anybody out.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from gateway.adapter import Adapter, SupportsAccessFacts
from gateway.errors import SettingsError
from gateway.model import AccessFacts, Event
from gateway.tables import AccessTable, Rule, Tables

Verdict = Literal["admitted", "denied", "unknown"]


class Who(NamedTuple):
    """Who did something, and where, by the ids of the platform."""

    platform: str
    workspace: str
    channel: str
    user: str
    """Empty where the platform does not tell."""

    @classmethod
    def of(cls, event: Event) -> "Who":
        """Return who caused an event."""
        return cls(event.ref.platform, event.ref.workspace, event.ref.channel, event.user.id)


class Policy:
    """The rules of ``[access]``."""

    def __init__(self, table: AccessTable | None = None) -> None:
        self._table = table or AccessTable()
        self.is_open = self._table.is_open
        """Whether everybody may do everything."""
        self.message = self._table.message
        """What a person is told who is refused; empty for the gateway's own words."""
        rules = (*(self._table.allow or ()), *self._table.deny)
        self._allow = None if self._table.allow is None else _Rules(self._table.allow)
        self._deny = _Rules(self._table.deny)
        self._denied_places = _Rules(
            [rule for rule in self._table.deny if rule.kind in ("platform", "workspace", "channel")]
        )
        self._groups = {
            platform: frozenset(rule.id for rule in rules if rule.platform == platform and rule.kind == "group")
            for platform in {rule.platform for rule in rules}
        }

    def groups(self, platform: str) -> frozenset[str]:
        """Return the ids of the groups and roles that rules name on a platform."""
        return self._groups.get(platform, frozenset())

    def judge(self, who: Who, facts: AccessFacts) -> Verdict:
        """Return whether a person is admitted in a place, as far as these facts tell."""
        if not who.user:
            return self._judge_place(who, facts)
        denied = _any(self._deny.say(who, facts, denies=True), *self._kinds(facts))
        allowed = True if self._allow is None else self._allow.say(who, facts)
        if denied is True or allowed is False:
            return "denied"
        return "admitted" if denied is False and allowed is True else "unknown"

    def _judge_place(self, who: Who, facts: AccessFacts) -> Verdict:
        """Judge what nobody in particular did, such as a deletion of which the platform does not tell whose it is: only
        denied places matter."""
        denied = self._denied_places.say(who, facts)
        return "denied" if denied is True else "unknown" if denied is None else "admitted"

    def _kinds(self, facts: AccessFacts) -> Sequence[bool | None]:
        """Return for each kind of people that is denied whether this person is one of them."""
        table = self._table
        asked = ((table.guests, facts.guest), (table.external, facts.external), (table.bots, facts.bot))
        return [known for answer, known in asked if answer == "deny"]


class _Rules:
    """The rules of one list. Those that name people are found at once, however many there are."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._people = {(rule.platform, rule.workspace, rule.id) for rule in rules if rule.kind == "user"}
        self._others: dict[str, list[Rule]] = {}
        for rule in rules:
            if rule.kind != "user":
                self._others.setdefault(rule.platform, []).append(rule)

    def say(self, who: Who, facts: AccessFacts, *, denies: bool = False) -> bool | None:
        """Return whether one of the rules names this person or place; None where none does but one may. A workspace
        that is denied means its people too, wherever they write."""
        platform, user = who.platform, who.user
        if (platform, "", user) in self._people or (platform, who.workspace, user) in self._people:
            return True
        others = self._others.get(platform, ())
        return _any(*[_says(rule, who, facts, denies=denies) for rule in others])


def _says(rule: Rule, who: Who, facts: AccessFacts, *, denies: bool) -> bool | None:
    if rule.workspace and rule.workspace != who.workspace:
        if not denies or rule.kind != "workspace":
            return False
        return None if facts.home is None else facts.home == rule.workspace
    match rule.kind:
        case "platform" | "workspace":
            return True
        case "user":
            return who.user == rule.id
        case "channel":
            if who.channel == rule.id:
                return True
            return None if facts.channels is None else rule.id in facts.channels
        case "group":
            return None if facts.groups is None else rule.id in facts.groups


def _any(*answers: bool | None) -> bool | None:
    """Return True where one answer is, None where none is but one is not known, else False."""
    return True if True in answers else None if None in answers else False


def policy_of(tables: Tables, adapters: Mapping[str, Adapter], platforms: Sequence[str] = ()) -> Policy:
    """Return the policy of ``gateway.toml``. Raises ``SettingsError``, naming the line, for a rule that could never
    match: of an unknown platform, of a kind the platform does not have, or with an id that is none there.

    Args:
        tables: The tables of the file.
        adapters: The platforms that are on.
        platforms: The names of all platforms there are; of one that is off only the name is checked.
    """
    for name, rules in (("allow", tables.access.allow or ()), ("deny", tables.access.deny)):
        for place, rule in enumerate(rules):
            if (fault := _fault(rule, adapters, platforms)) is not None:
                raise SettingsError(f"{tables.document.where('access', name, place)}: {rule.text!r}: {fault}")
    return Policy(tables.access)


def _fault(rule: Rule, adapters: Mapping[str, Adapter], platforms: Sequence[str]) -> str | None:
    adapter = adapters.get(rule.platform)
    if adapter is None:
        known = {*adapters, *platforms}
        return None if rule.platform in known else f"there is no platform {rule.platform}; there are {_listed(known)}"
    if not isinstance(adapter, SupportsAccessFacts):
        return f"{rule.platform} does not tell groups" if rule.kind == "group" else None
    forms = adapter.rule_ids
    if rule.kind not in ("platform", *forms):
        return f"{rule.platform} has no {rule.kind}s that a rule could name; it has {_listed(forms)}"
    for kind, id in (("workspace", rule.workspace), (rule.kind, rule.id)):
        if id and kind in forms and not re.fullmatch(forms[kind].pattern, id):
            return f"{id!r} is no id of a {kind} there; one looks like {forms[kind].example}"
    return None


def _listed(names: "Mapping[str, object] | set[str]") -> str:
    return ", ".join(sorted(names))
