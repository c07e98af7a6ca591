"""What is configured as a secret is never shown, in whatever form; nor is what only looks like one. Prose stays."""

import base64
import json
import random
import re
import string
import sys
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import redaction
from gateway.redaction import BLANK, conceal, conceal_variables, redact
from gateway.settings import GatewaySettings, conceal_secrets
from gateway.telemetry.logs import shown

ODD = 'p&ss w/rd+"it\'s"\\%é=7!'
"""A value without any secret's shape, with everything that is escaped somewhere."""


@pytest.fixture(autouse=True)
def only_ours(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(redaction, "_values", {})
    monkeypatch.setattr(redaction, "_forms", [])
    monkeypatch.setattr(redaction, "_beginnings", [])
    yield


FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "in a URL": lambda value: f"https://x.example/?k={urllib.parse.quote(value, safe='')}&n=1",
    "in a form": lambda value: urllib.parse.urlencode({"k": value}),
    "in JSON": lambda value: json.dumps({"k": [value]}),
    "in JSON in JSON": lambda value: json.dumps({"k": json.dumps(value)}),
    "in readable JSON": lambda value: json.dumps(value, ensure_ascii=False),
    "printed": lambda value: repr({"k": value}),
    "printed bytes": lambda value: repr(value.encode()),
    "in HTML": lambda value: f"<b>{value.replace('&', '&amp;')}</b>",
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64 for URLs": lambda value: base64.urlsafe_b64encode(value.encode()).decode(),
    "base64 behind 1": lambda value: base64.b64encode(f"u{value}:x".encode()).decode(),
    "base64 behind 2": lambda value: base64.b64encode(f"u:{value}".encode()).decode(),
    "cut off": lambda value: value[:-3],
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", [ODD, "0123456789abcdef0123456789abcdef", "plain-words-as-a-password"])
def test_a_configured_value_is_blanked_out_in_every_form(form: str, value: str) -> None:
    conceal(value)
    text = FORMS[form](value)
    redacted = redact(f"it said {text} and went on")
    assert BLANK in redacted
    assert redacted.startswith("it said ")
    assert redacted.endswith(" and went on")
    for part in (value[:10], urllib.parse.quote(value, safe="")[:14], base64.b64encode(value.encode()).decode()[4:14]):
        assert part not in redacted


def test_what_the_settings_hold_and_what_the_environment_calls_secret_is_concealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("SLACK_BOT_TOKEN", "DISCORD_BOT_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "key.pem").write_text("x")
    (tmp_path / ".env").write_text("SLACK_SIGNING_SECRET='from the env file'\n")
    (tmp_path / "gateway.toml").write_text("DISCORD_BOT_TOKEN = 'from the toml file'\n")
    monkeypatch.setenv("OPENAI_API_KEY", "unusual-key-of-a-model")
    monkeypatch.setenv("MY_DB", "postgresql://bot:swordfish%21@db.example/x")
    monkeypatch.setenv("TLS_KEY", str(tmp_path / "key.pem"))
    monkeypatch.setenv("PEM_PRIVATE_KEY", "first-line-of-a-long-key\nsecond-line-of-a-long-key")
    monkeypatch.setenv("OTHER_TOKEN", "short")
    conceal_secrets()
    shown = redact(
        "from the env file, from the toml file, unusual-key-of-a-model, swordfish%21, swordfish!, "
        f"second-line-of-a-long-key, {tmp_path}/key.pem, short"
    )
    assert shown == ", ".join([BLANK] * 6 + [f"{tmp_path}/key.pem", "short"])


def test_the_password_in_a_database_url_is_concealed() -> None:
    GatewaySettings(_env_file=None, database_url="postgresql://gateway:hunter2hunter2@db/x")
    assert redact("login with hunter2hunter2 failed") == f"login with {BLANK} failed"


def test_of_two_tokens_that_begin_alike_nothing_is_left() -> None:
    conceal("shared-beginning-of-both-1111", "shared-beginning-of-both-2222222222")
    assert redact("shared-beginning-of-both-2222222222") == BLANK
    assert redact("shared-beginning-of-both-22") == BLANK


def test_no_more_values_are_remembered_than_any_program_has() -> None:
    for number in range(500):
        conceal(f"value-number-{number}")
    assert redact("value-number-499") == BLANK
    assert len(redaction._forms) < 10_000


SHAPES = {
    "Slack bot": "xoxb-1234567890-abcdefghij",
    "Slack rotated": "xoxe.xoxp-1-Mi0yLTEyMzQ1Njc4OTA",
    "Slack refresh": "xoxe-1-My0xLTEyMzQ1Njc4OTA",
    "Slack app": "xapp-1-A0123456789-1234567890-abcdef",
    "Slack webhook": "T012AB3C4/B012AB3C4/XXXXXXXXXXXXXXXXXXXXXXXX",
    "Discord": "MTA1NzQ2OTA5ODM5MjU2NTgyMA.GtAbCd.0123456789abcdefghijklmnopqrstuvwxyzAB",
    "Teams client secret": "abc8Q~0123456789abcdefghijklmnopqrstuvwx",
    "JWT": "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJib3QifQ.c2lnbmF0dXJl",
    "GitHub": "ghp_0123456789abcdefghijklmnopqrstuvwxyz",
    "GitHub fine-grained": "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz",
    "AWS id": "AKIAIOSFODNN7EXAMPLE",
    "Google": "AIzaSyA0123456789abcdefghijklmnopqrstuv",
    "Google OAuth": "ya29.a0AfH6SMBx0123456789-abcdefgh",
    "Hugging Face": "hf_abcdefghijklmnopqrstuvwxyz01234567",
    "OpenAI": "sk-proj-abcdefghijklmnop",
    "Anthropic": "sk-ant-api03-abcdefghijklmnop",
    "Slack cookie": "xoxd-AbCdEf%2F0123456789%2BabcdefghijkLMN%3D",
    "Slack workflow": "xwfp-1234567890-abcdefghij",
    "Google, new": "AQ.Ab8RN6abcdefghijklmnop_qrstuvwxyz0123456789",
    "xAI": "xai-abcdefghijklmnopqrstuvwxyz0123456789",
    "Perplexity": "pplx-abcdefghijklmnopqrstuvwxyz0123456789",
    "LangSmith": "lsv2_pt_abcdef0123456789abcdef0123456789_0123456789",
    "Pinecone": "pcsk_abcdef_0123456789abcdefghijklmnop",
    "Tavily": "tvly-dev-abcdefghijklmnopqrstuvwxyz",
    "NVIDIA": "nvapi-abcdefghijklmnopqrstuvwxyz0123456789",
    "Databricks": "dapi0123456789abcdef0123456789abcdef",
    "SendGrid": "SG.abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    "Stripe webhook": "whsec_abcdefghijklmnopqrstuvwxyz012345",
    "Notion": "ntn_abcdefghijklmnopqrstuvwxyz0123456789",
    "Vault": "hvs.CAESIabcdefghijklmnopqrstuvwxyz",
    "Grafana": "glsa_abcdefghijklmnopqrstuvwxyz012345_0123abcd",
    "Docker": "dckr_pat_abcdefghijklmnopqrstuvwxy",
    "DigitalOcean": "dop_v1_0123456789abcdef0123456789abcdef",
    "GitLab runner": "glrt-abcdefghijklmnopqrst",
    "Atlassian": "ATATT3xFfGF0abcdefghijklmnopqrstuvwxyz",
    "Telegram": "1234567890:AAabcdefghijklmnopqrstuvwxyz0123456",
    "the gateway's own": "gw_0123456789ab_abcdefghijklmnopqrstuvwxyz",
}


@pytest.mark.parametrize("kind", SHAPES)
def test_what_has_a_tokens_shape_is_blanked_out(kind: str) -> None:
    secret = SHAPES[kind]
    before = "https://hooks.slack.com/services/" if kind == "Slack webhook" else ""
    for text in (f"got {before}{secret}", f'{{"k":"{before}{secret}"}}', f"k={before}{secret};"):
        assert secret not in redact(text), text
        assert secret[-12:] not in redact(text), text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("authorization: bearer abcdef0123456789", "abcdef0123456789"),
        ("Authorization: BEARER abcdef0123456789", "abcdef0123456789"),
        ("authorization: Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA"),
        ("basic dXNlcjpwYXNzd29yZA", "dXNlcjpwYXNzd29yZA"),
        ("https://x.blob.core.windows.net/a?se=1&sig=aBc%2FdEf%3D&sp=r", "aBc%2FdEf"),
        ("https://x.blob.core.windows.net/a?se=1\\u0026sig=aBc%2FdEf%3D", "aBc%2FdEf"),
        ("redirect=https%3A%2F%2Fx%2Fa%3Fsig%3DaBcdEfgh%26n%3D1", "aBcdEfgh"),
        ("https://x.sharepoint.com/a?tempauth=v1.abcdefgh", "v1.abcdefgh"),
        ("https://cdn.discordapp.com/a?ex=1&is=2&hm=0123456789abcdef", "0123456789abcdef"),
        ("https://bot.example/files/1?until=2&signature=0123456789abcdef", "0123456789abcdef"),
        ("wss://wss-primary.slack.com/link/?ticket=abcdef-0123&app_id=1", "abcdef-0123"),
        ("https://s3/x?X-Amz-Credential=abcd1234&X-Amz-Signature=0123abcd", "0123abcd"),
        ("https://hooks.slack.com/commands/T01AB/123456/abcDEFghiJKL", "abcDEFghiJKL"),
        ("https://hooks.slack.com/actions/T01AB/123456/abcDEFghiJKL", "abcDEFghiJKL"),
        ("https://hooks.slack.com/triggers/T01AB/123456/abcDEFghiJKL", "abcDEFghiJKL"),
        ("http://127.0.0.1:9/commands/T01AB/123456/abcDEFghiJKL", "abcDEFghiJKL"),
        ("https://files.slack.com/upload/v1/ABC123def456", "ABC123def456"),
        ("{'response_url': 'https://elsewhere/abcdefgh'}", "abcdefgh"),
        ("https://discord.com/api/webhooks/123456789012345678/abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnop"),
        ("https://discord.com/api/v10/interactions/123456789012345678/abcdefghijklmnopqrstuvwxyz/callback", "abcdefgh"),
        ("redis://:swordfish@cache/0", "swordfish"),
        ("postgresql://bot:swordfish@db/x", "swordfish"),
        ("aws_secret_access_key=wJalrXUtnFEMI/K7MDENG", "wJalrXUtnFEMI"),
        ("AccountName=x;AccountKey=abcd1234+/==;EndpointSuffix=y", "abcd1234"),
        ('{"client_secret": "whatever it is"}', "whatever it is"),
        ("{'Authorization': 'whatever it is'}", "whatever it is"),
        ("(b'authorization', b'whatever')", "whatever"),
        ("https://bot.example/slack/oauth_redirect?code=1234.5678.0123456789abcdef0123&state=x", "0123456789abcdef"),
        ("Set-Cookie: session=abcdef.0123456789; Path=/", "abcdef.0123456789"),
        ("https://files.slack.com/files-pri/T1-F1/a.png?pub_secret=0123456789", "0123456789"),
        ("https://storage.googleapis.com/b/o?X-Goog-Expires=60&X-Goog-Signature=0123abcdef", "0123abcdef"),
        ("https://b.s3.amazonaws.com/o?X-Amz-Security-Token=FwoGZXIvYXdzEBYaD", "FwoGZXIvYXdz"),
        (
            "https://prod-1.westus.logic.azure.com/workflows/1/triggers/manual/paths/invoke?sp=%2F&sig=aBcD_efg",
            "aBcD_efg",
        ),
        ("https://d111.cloudfront.net/a?Expires=1&Signature=aBc~dEf__&Key-Pair-Id=K1", "aBc~dEf__"),
        ("client_id=1&client_secret=whatever&scope=x", "whatever"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabcd\nefgh\n-----END RSA PRIVATE KEY-----", "efgh"),
        ("-----BEGIN PRIVATE KEY-----\\nabcd\\nefgh", "efgh"),
    ],
)
def test_what_stands_where_secrets_stand_is_blanked_out(text: str, secret: str) -> None:
    shown = redact(text)
    assert secret not in shown
    assert BLANK in shown


@pytest.mark.parametrize(
    "text",
    [
        "SLACK_SIGNING_SECRET is under Basic Information; TEAMS_APP_PASSWORD: AADSTS7000215: Invalid client secret",
        "basic settings, a bearer of news, token expired, the lease's token is 5, the owner's is 6",
        "risk-assessment-of-many-long-words, task-something-quite-long-here, desk_lamp",
        "delivery=slack:T0GATEWAY:C0GENERAL:1700000000.000100 reference=89abcdef code=50035 key=abcdefgh",
        "gateway.adapters.something_long_here.module.another_part_of_the_name",
        "https://bot.example:8000/slack/events and user@host",
    ],
)
def test_prose_keys_and_addresses_stay(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "piece", ["eyJ", "a", "xoxb", "sk-", "MM", "://a", "secret", '"token', "8Q~", "sig=", "%3D", "AIza"]
)
def test_a_megabyte_of_what_almost_looks_like_a_secret_is_looked_through(piece: str) -> None:
    """With a pattern that goes back over what it has read this would take minutes."""
    redact((piece * 1_000_000)[:1_000_000])


def test_a_long_value_is_cut_in_a_log_and_no_half_of_a_secret_stays() -> None:
    text = "x" * 19_990 + " xoxb-" + "1234567890-" * 10 + " " + "y" * 1_000_000
    for logged in (shown(text), shown({"error": [text]})["error"][0]):
        assert len(logged) < 20_100
        assert "xoxb" not in logged and logged.endswith("… (1,020,107 characters)")


def test_variables_that_only_name_a_file_or_nothing_are_left_alone() -> None:
    conceal_variables(
        {"A_TOKEN": None, "B_SECRET": "", "C_KEY": sys.executable, "D_URL": "http://[", "KEYBOARD": "qwertyuiop"}
    )
    assert redact(f"{sys.executable} qwertyuiop") == f"{sys.executable} qwertyuiop"


ALPHABETS = {
    "word": string.ascii_letters + string.digits,
    "url": string.ascii_letters + string.digits + "-_",
    "hex": "0123456789abcdef",
}
TEMPLATES = {
    "xoxb-{word:24}": "",
    "xoxe.xoxp-1-{word:40}": "",
    "xoxe-1-{word:40}": "",
    "xapp-1-A{word:10}-{word:32}": "",
    "{word:24}": "https://hooks.slack.com/services/T012AB3C4/B012AB3C4/",
    "M{word:23}.{url:6}.{url:38}": "",
    "{url:68}": "https://discord.com/api/webhooks/123456789012345678/",
    "eyJ{word:30}.{word:60}.{url:43}": "",
    "gw_{hex:12}_{url:43}": "",
    "sk-proj-{word:40}": "",
    "ghp_{word:36}": "",
    "pplx-{word:40}": "",
    "xai-{word:60}": "",
    "lsv2_pt_{hex:32}_{hex:10}": "",
    "SG.{url:22}.{url:43}": "",
    "dapi{hex:32}": "",
    "xoxd-{word:12}%2F{word:40}%3D%3D": "",
    "AIza{url:35}": "",
    "{hex:64}": "https://bot.example/files/a?until=1700000000&signature=",
    "{hex:64} ": "https://b.s3.amazonaws.com/o?X-Amz-Date=20260101T000000Z&X-Amz-Signature=",
    "{word:43}%3D": "https://a.blob.core.windows.net/c/b?sv=2024-01-01&sr=b&sig=",
    "{hex:512}": "https://storage.googleapis.com/b/o?X-Goog-Date=20260101T000000Z&X-Goog-Signature=",
}
"""What a secret is made of, and what stands before it where its own shape does not tell it."""
AROUND: dict[str, Callable[[str], str]] = {
    "alone": str,
    "in a sentence": lambda text: f"the platform refused {text}, it said",
    "in JSON": lambda text: json.dumps({"a": [text, 1]}),
    "in JSON in JSON": lambda text: json.dumps({"a": json.dumps({"b": text})}),
    "printed": lambda text: repr({"a": text}),
    "in brackets": lambda text: f"<{text}>",
    "in a URL": lambda text: f"https://x.example/?k={text}&n=1",
    "in a header": lambda text: f"X-Something: {text}\r\nHost: x",
}


@given(st.sampled_from(sorted(TEMPLATES)), st.sampled_from(sorted(AROUND)), st.randoms(use_true_random=False))
def test_no_secret_of_a_known_shape_survives_wherever_it_stands(
    template: str, around: str, chance: random.Random
) -> None:
    def made(found: re.Match[str]) -> str:
        return "".join(chance.choices(ALPHABETS[found[1]], k=int(found[2])))

    secret = re.sub(r"\{(\w+):(\d+)\}", made, template).strip()
    shown = redact(AROUND[around](TEMPLATES[template] + secret))
    assert BLANK in shown
    # No half of it either: ten characters in a row are no accident.
    assert all(secret[at : at + 10] not in shown for at in range(len(secret) - 10))
