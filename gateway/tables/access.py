"""The table ``[access]``: who may use the bot, and where."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

RuleKind = Literal["platform", "workspace", "channel", "user", "group"]
"""What a rule names. Discord's roles and Slack's user groups are both ``group``."""
Answer = Literal["allow", "deny"]

_KINDS: Mapping[str, RuleKind] = {
    "workspace": "workspace",
    "server": "workspace",
    "tenant": "workspace",
    "channel": "channel",
    "user": "user",
    "group": "group",
    "role": "group",
}
"""The kinds by the words a rule may say, the platforms' own among them."""
_FORMS = "PLATFORM, PLATFORM:WORKSPACE, PLATFORM:user:ID, PLATFORM:channel:ID or PLATFORM:group:ID"
_WORD = re.compile(r"[a-z][a-z0-9_-]*")
MOST_RULES = 10_000
"""Number of rules in one list at most."""
MOST_WORDS = 1_000
"""Characters of the refusal at most."""


class Rule(NamedTuple):
    """Names people or places: ``slack``, ``slack:T123``, ``discord:role:789``, ``slack:T123:user:U1``."""

    platform: str
    kind: RuleKind
    workspace: str = ""
    """The workspace the rule is bound to; empty for all."""
    id: str = ""
    """The platform's id of the channel, the user or the group; empty for a whole platform or workspace."""
    text: str = ""
    """The rule as it was written."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a rule as operators write it. Raises ``ValueError`` with a sentence that shows how."""
        platform, _, rest = text.strip().partition(":")
        if not _WORD.fullmatch(platform) or text != text.strip() or any(not each.isprintable() for each in text):
            raise ValueError(f"{text!r} is no rule: write {_FORMS}")
        if not rest and ":" not in text:
            return cls(platform, "platform", text=text)
        word, colon, id = rest.partition(":")
        workspace = ""
        if word and word not in _KINDS and colon:
            workspace = word
            word, colon, id = id.partition(":")
            if word not in _KINDS:
                raise ValueError(f"{text!r} is no rule: did you mean {platform}:{workspace}:channel:{word or 'ID'}?")
        if word in _KINDS and not id:
            raise ValueError(f"{text!r} is no rule: the id behind {word!r} is missing")
        if not word:
            raise ValueError(f"{text!r} is no rule: write {_FORMS}")
        if word not in _KINDS:
            return cls(platform, "workspace", workspace=word, text=text)
        if _KINDS[word] == "workspace":
            if workspace:
                raise ValueError(f"{text!r} is no rule: it names two workspaces")
            return cls(platform, "workspace", workspace=id, text=text)
        return cls(platform, _KINDS[word], workspace=workspace, id=id, text=text)


def _rule(value: Any) -> Any:
    if isinstance(value, str):
        return Rule.parse(value)
    if isinstance(value, Rule):
        return value
    raise ValueError(f'a rule is a text like "slack:T0123ABCD", not {value!r}')


AccessRule = Annotated[Rule, BeforeValidator(_rule)]
"""A rule in a list."""


class AccessTable(BaseModel):
    """Who may use the bot. Without an entry everybody may."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    allow: tuple[AccessRule, ...] | None = Field(default=None, max_length=MOST_RULES, strict=False)
    """Who and where it may be used; None for everywhere. A list that is there and does not match denies."""
    deny: tuple[AccessRule, ...] = Field(default=(), max_length=MOST_RULES, strict=False)
    """Who may not use it, and where it may not be used, whatever ``allow`` says."""
    guests: Answer = "allow"
    """Guests of a workspace: Slack's single- and multi-channel guests, guests and anonymous people in Teams."""
    external: Answer = "allow"
    """People of other organisations: Slack Connect, people of other tenants in Teams."""
    bots: Answer = "allow"
    """Reactions and clicks of other bots. Their messages are never answered, because two bots would go on for ever."""
    message: str = Field(default="", max_length=MOST_WORDS)
    """What a person is told who is refused; empty for a sentence of the gateway's own."""

    @property
    def is_open(self) -> bool:
        """Whether everybody may do everything."""
        return self.allow is None and not self.deny and "deny" not in (self.guests, self.external, self.bots)
