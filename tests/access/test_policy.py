"""The access policy alone: what rules mean, and what holds for all of them."""

from collections.abc import Sequence
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.settings import DiscordSettings
from adapters.slack.adapter import SlackAdapter
from adapters.slack.settings import SlackSettings
from adapters.teams.adapter import TeamsAdapter
from adapters.teams.settings import TeamsSettings
from gateway.adapter import Adapter, AdapterContext
from gateway.errors import SettingsError
from gateway.ingress.policy import Policy, Who, policy_of
from gateway.model import AccessFacts
from gateway.tables import AccessTable, Rule, Tables

KNOWN = AccessFacts(
    guest=False, external=False, bot=False, home="T1", groups=frozenset(("S1",)), channels=frozenset(("C1",))
)
ADA = Who("slack", "T1", "C1", "U1")
BOUND = ("slack:T1:channel:C1", "slack:T1:user:U1", "slack:T1:group:S1")
OTHERS = ("slack:user:U2", "slack:group:S1", "slack:group:S2", "slack:T2:user:U1")


def policy(allow: Sequence[str] | None = None, deny: Sequence[str] = (), **more: str) -> Policy:
    return Policy(
        AccessTable.model_validate({"allow": None if allow is None else list(allow), "deny": list(deny), **more})
    )


@pytest.mark.parametrize(
    "rule",
    ["slack", "slack:T1", "slack:workspace:T1", "slack:channel:C1", "slack:user:U1", "slack:group:S1", *BOUND],
)
def test_a_rule_names_a_person_or_a_place(rule: str) -> None:
    assert policy(allow=[rule]).judge(ADA, KNOWN) == "admitted"
    assert policy(deny=[rule]).judge(ADA, KNOWN) == "denied"


@pytest.mark.parametrize(
    "rule",
    ["discord", "slack:T2", "slack:channel:C2", "slack:user:U2", "slack:group:S2", "slack:T2:user:U1", "teams:user:U1"],
)
def test_a_rule_names_nobody_else(rule: str) -> None:
    assert policy(allow=[rule]).judge(ADA, KNOWN) == "denied"
    assert policy(deny=[rule]).judge(ADA, KNOWN) == "admitted"


def test_an_empty_allow_list_lets_nobody_in() -> None:
    assert policy(allow=[]).judge(ADA, KNOWN) == "denied"


def test_a_thread_is_in_its_channel() -> None:
    inside = replace(KNOWN, channels=frozenset(("thread", "C1")))
    assert policy(deny=["slack:channel:C1"]).judge(ADA._replace(channel="thread"), inside) == "denied"


def test_a_denied_workspace_means_its_people_elsewhere_too() -> None:
    assert policy(deny=["slack:T9"]).judge(ADA, replace(KNOWN, home="T9")) == "denied"
    assert policy(allow=["slack:T9"]).judge(ADA, replace(KNOWN, home="T9")) == "denied"


@pytest.mark.parametrize(
    ("kind", "one", "unknown"),
    [
        ("guests", replace(KNOWN, guest=True), replace(KNOWN, guest=None)),
        ("external", replace(KNOWN, external=True), replace(KNOWN, external=None)),
        ("bots", replace(KNOWN, bot=True), replace(KNOWN, bot=None)),
    ],
)
def test_kinds_of_people_are_denied(kind: str, one: AccessFacts, unknown: AccessFacts) -> None:
    denying = policy(**{kind: "deny"})
    assert denying.judge(ADA, KNOWN) == "admitted"
    assert denying.judge(ADA, one) == "denied"
    assert denying.judge(ADA, unknown) == "unknown"


def test_what_nobody_in_particular_did_is_judged_by_its_place() -> None:
    nobody = ADA._replace(user="")
    assert policy(allow=["slack:user:U1"], guests="deny").judge(nobody, AccessFacts()) == "admitted"
    assert policy(deny=["slack:channel:C1"]).judge(nobody, AccessFacts()) == "denied"


# What holds for all rules

RULES = st.lists(
    st.sampled_from(
        ["slack", "discord", "slack:T1", "slack:T2", "slack:channel:C1", "slack:channel:C2", "slack:user:U1", *OTHERS]
    ),
    max_size=4,
)
ANSWERS = st.sampled_from(["allow", "deny"])
MAYBE = st.sampled_from([True, False, None])
PEOPLE = st.builds(
    Who,
    st.sampled_from(["slack", "discord"]),
    st.sampled_from(["T1", "T2"]),
    st.sampled_from(["C1", "C2"]),
    st.sampled_from(["U1", "U2"]),
)
FACTS = st.builds(
    AccessFacts,
    guest=MAYBE,
    external=MAYBE,
    bot=MAYBE,
    home=st.sampled_from(["T1", "T2", None]),
    groups=st.sampled_from([frozenset(), frozenset(("S1",)), frozenset(("S1", "S2")), None]),
    channels=st.sampled_from([frozenset(("C1",)), frozenset(("C1", "C2")), None]),
)
RANK = {"denied": 0, "unknown": 1, "admitted": 2}


@given(allow=st.none() | RULES, deny=RULES, guests=ANSWERS, external=ANSWERS, who=PEOPLE, facts=FACTS, more=RULES)
def test_deny_wins_and_more_of_it_lets_nobody_in(
    allow: list[str] | None, deny: list[str], guests: str, external: str, who: Who, facts: AccessFacts, more: list[str]
) -> None:
    before = policy(allow, deny, guests=guests, external=external).judge(who, facts)
    after = policy(allow, [*deny, *more], guests=guests, external=external).judge(who, facts)
    assert RANK[after] <= RANK[before]
    if policy(deny=deny).judge(who, facts) == "denied":
        assert before == "denied"


@given(allow=RULES, deny=RULES, guests=ANSWERS, who=PEOPLE, facts=FACTS, more=RULES)
def test_more_allow_never_keeps_anybody_out(
    allow: list[str], deny: list[str], guests: str, who: Who, facts: AccessFacts, more: list[str]
) -> None:
    before = policy(allow, deny, guests=guests).judge(who, facts)
    assert RANK[policy([*allow, *more], deny, guests=guests).judge(who, facts)] >= RANK[before]


@given(allow=st.none() | RULES, deny=RULES, guests=ANSWERS, who=PEOPLE, facts=FACTS, more=FACTS)
def test_a_verdict_stays_whatever_more_is_known(
    allow: list[str] | None, deny: list[str], guests: str, who: Who, facts: AccessFacts, more: AccessFacts
) -> None:
    judge = policy(allow, deny, guests=guests).judge
    completed = facts.completed(more)
    if (verdict := judge(who, facts)) != "unknown":
        assert judge(who, completed) == verdict
    if all(getattr(completed, each.name) is not None for each in fields(completed)):
        assert judge(who, completed) != "unknown"


# Rules that could never match

ADAPTERS: dict[str, Adapter] = {
    "slack": SlackAdapter(SlackSettings(_env_file=None, bot_token="xoxb-1", signing_secret="s"), AdapterContext()),
    "discord": DiscordAdapter(DiscordSettings(_env_file=None, bot_token="d"), AdapterContext()),
    "teams": TeamsAdapter(TeamsSettings(_env_file=None, auth="anonymous"), AdapterContext(loopback=True)),
}


@pytest.mark.parametrize(
    ("rule", "hint"),
    [
        ("slak:T1", "there is no platform slak"),
        ("slack:user:ada", "one looks like U0123ABCD"),
        ("slack:acme", "one looks like T0123ABCD"),
        ("slack:channel:general", "one looks like C0123ABCD"),
        ("discord:role:staff", "one looks like"),
        ("teams:group:abc", "teams has no groups"),
        ("teams:user:ada@corp.example", "the object id in Entra"),
    ],
)
def test_a_rule_that_could_never_match_is_refused(rule: str, hint: str) -> None:
    table = AccessTable(deny=(Rule.parse("slack:user:U0123ABCD"), Rule.parse(rule)))
    with pytest.raises(SettingsError, match=r"gateway\.toml") as caught:
        policy_of(Tables(access=table), ADAPTERS, ["slack", "discord", "teams", "chatkit"])
    assert hint in str(caught.value)


def test_rules_of_a_platform_that_is_off_are_left_alone() -> None:
    table = AccessTable(deny=(Rule.parse("chatkit:user:ada"), Rule.parse("slack:user:U1ABC")))
    policy_of(Tables(access=table), {}, ["slack", "chatkit"])
