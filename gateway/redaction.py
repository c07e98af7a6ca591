"""Blanks secrets out of text a person may read: configured values, and whatever has a secret's shape.

A configured secret is known by its value: ``conceal`` remembers the forms the value takes in URLs, JSON and headers,
for the whole process, because a log belongs to the whole process too. ``redact`` blanks out those forms, and then
whatever looks like a token, a signed address or a password."""

import base64
import binascii
import json
import os
import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote, quote_plus, unquote, unquote_to_bytes, urlsplit

BLANK = "[redacted]"
"""The text that replaces a secret."""
MIN_LENGTH = 6
"""Characters of the shortest value that is concealed: a shorter one could be any word of the text around it."""
_LEAST_OF_VARIABLES = 8
"""Characters of the shortest value that is concealed for its variable's name alone (``API_KEY=unused``)."""
_CUT = 10
"""Characters of a value's beginning that are blanked out alone, because an error's text may be cut off in the middle of
a secret."""

SECRET_NAMES = re.compile(
    r"token|secret|passw|passphrase|authorization|cookie|api_?key|access_?key|private_?key|credential", re.IGNORECASE
)
"""Names of fields whose values are secrets."""
_SECRET_VARIABLES = re.compile(
    r"(?:^|_)(?:TOKEN|SECRET|PASSWORD|PASSWD|PASS|PASSPHRASE|CREDENTIALS?|KEY|[A-Z]+KEY|PAT|DSN|WEBHOOK|WEBHOOK_URL|"
    r"CONNECTION_STRING)\d*$"
)
"""Names of environment variables whose values are secrets, the bot's own among them."""

_SHAPES = re.compile(
    r"xox[a-z](?:\.xox[a-z])?-[\w%-]{6,}|xwfp-[\w-]{6,}"  # Slack: bots, users, refresh tokens, rotated ones, workflows
    r"|xapp-[\w-]{6,}"  # Slack: app-level tokens
    r"|(?<=hooks\.slack\.com/)[\w./%-]{10,}"  # Slack: incoming webhooks, workflows, response URLs
    r"|(?<=/services/)T\w+/\w+/\w{8,}|(?<=/commands/)T\w+/\w+/\w{8,}|(?<=/actions/)T\w+/\w+/\w{8,}"
    r"|(?<=/upload/v1/)[\w.~%-]{8,}"  # Slack: where a file's bytes go
    r"|(?<=Bot )[\w.-]{20,}"  # Discord
    r"|[MNO][\w-]{22,30}\.[\w-]{6}\.[\w-]{25,}"  # the same, alone
    r"|(?<=/webhooks/)\d+/[\w.~-]{20,}|(?<=/interactions/)\d+/[\w.~-]{20,}"  # Discord: who has it may answer
    r"|[\w~.-]{3}\dQ~[\w~.-]{24,}"  # Microsoft Entra: client secrets
    r"|(?<=webhook\.office\.com/)\S{10,}"  # Teams: incoming webhooks
    r"|gw_[0-9a-f]{12}_[\w-]{10,}"  # the gateway's own API keys
    r"|eyJ[\w-]{16,}(?:\.[\w-]*){0,4}"  # JWTs, signed or encrypted
    r"|(?i:(?<=bearer )|(?<=bearer%20))[\w.~+/=-]{8,}"
    r"|(?<=://)[^/@\s:\"']*:[^/@\s\"']+(?=@)"  # user:password in a URL
    r"|(?<![A-Za-z])(?:sk|rk|pk)[-_](?:live_|test_)?[\w-]{16,}"  # model providers, Stripe
    r"|(?<![A-Za-z])gh[opsur]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}"  # GitHub, GitLab
    r"|(?<![A-Z])(?:AKIA|ASIA)[A-Z0-9]{16}"  # AWS: ids of keys
    r"|AIza[\w-]{30,}|ya29\.[\w.-]{20,}|GOCSPX-[\w-]{16,}"  # Google
    r"|(?<![A-Za-z])AQ\.[\w-]{30,}"  # Google: newer keys
    r"|(?<![A-Za-z])(?:hf|gsk|r8|tgp_v1|pcsk|ntn|whsec|lsv2_[a-z]{2}|glsa|glc|dckr_pat|dop_v1|npm|shpat|sbp|sntrys)_\w{20,}"
    r"|(?<![A-Za-z])(?:xai|pplx|tvly|nvapi|csk|pypi|glrt|gldt)-[\w-]{20,}"
    r"|(?<![A-Za-z])(?:hvs\.|ATATT3)[\w-]{20,}|(?<![A-Za-z])dapi[0-9a-f]{32}|(?<![A-Za-z])SG\.[\w-]{16,}\.[\w-]{20,}"
    r"|(?<!\d)\d{8,10}:AA[\w-]{30,}"  # Telegram
    r"|(?<=[?&]code=)[\w.~%-]{20,}"  # OAuth: whoever has it first has the token
    r"|(?i:(?<=cookie: ))[^\s\"'][^\r\n\"']*"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
)
# Parameters of signed addresses, of forms and of connection strings. The value goes, the name stays.
_PARAMETERS = re.compile(
    r"((?:(?<![A-Za-z])|(?<=%3F))(?:"
    r"sig|hm|tempauth|ticket|se?cret|signature|password|passwd|pwd|token|assertion|"
    r"(?:access|refresh|id|client|bot|app|api|auth|bearer|session|security|x-amz-security)[_-]?(?:token|secret)|"
    r"client_assertion|(?:api|access|account|secret|private|shared_?access)[_-]?key|x-(?:amz|goog)-signature|"
    r"x-amz-credential|awsaccesskeyid|aws_secret_access_key|sharedaccesssignature)"
    r"(?:=|%3D)[\"']?)"
    r"(?:(?!%26)[^&\s\"'<>\\,;)\]}]){4,}",
    re.IGNORECASE,
)
# The same as a field of JSON, or of a printed dictionary.
_FIELDS = re.compile(
    r"(\\?[\"'][\w-]{0,40}(?:token|secret|password|passwd|authorization|api_?key|access_?key|private_?key|"
    r"response_url|upload_url)\\?[\"']\s?[:,]\s?b?\\?[\"'])"
    r"[^\"'\\]+",
    re.IGNORECASE,
)
_ESCAPES = re.compile("%[0-9A-F]{2}")
_BASIC = re.compile(r"(basic(?: |%20))([A-Za-z0-9+/_-]{8,}={0,2})", re.IGNORECASE)

_values: dict[str, frozenset[str]] = {}
"""The concealed values, each with the forms it may take."""
_forms: list[str] = []
"""All forms of all concealed values, longest first."""
_beginnings: list[tuple[str, str]] = []
"""The beginning of each long form, enough to tell it by, and the whole form."""
_MOST = 200
"""Number of concealed values remembered, the newest ones: only a program that goes on making secrets has more."""


def conceal(*values: str | None) -> None:
    """Blank these values out of everything ``redact`` returns from now on. None and values shorter than ``MIN_LENGTH``
    are left out."""
    new = {value for value in values if value is not None and len(value) >= MIN_LENGTH and value not in _values}
    if not new:
        return
    _values.update((value, frozenset(_forms_of(value))) for value in new)
    while len(_values) > _MOST:
        del _values[next(iter(_values))]
    # A complete value is blanked before a part of it.
    _forms[:] = sorted(frozenset[str]().union(*_values.values()), key=len, reverse=True)
    _beginnings[:] = [(form[: max(_CUT, len(form) // 2)], form) for form in _forms if len(form) >= 2 * _CUT]


def conceal_variables(variables: Mapping[str, str | None]) -> None:
    """Conceal the values of environment variables whose names are those of secrets, the passwords in URLs,
    and the headers that go with exported traces."""
    for name, value in variables.items():
        if not value:
            continue
        if _SECRET_VARIABLES.search(name.upper()) and len(value) >= _LEAST_OF_VARIABLES and not _is_path(value):
            # A key in PEM has lines, and an error may quote one of them.
            conceal(value, value.strip(), *(line for line in value.splitlines() if len(line) >= 2 * _CUT))
        if "://" in value:
            conceal_address(value)
        if name.upper().endswith("_HEADERS"):  # OTEL_EXPORTER_OTLP_HEADERS=api-key=SECRET,x-tenant=7
            pairs = (pair.partition("=") for pair in value.split(","))
            conceal(*(each for _, _, given in pairs for each in (given.strip(), unquote(given.strip()))))


def _is_path(value: str) -> bool:
    """Return whether the value is the path of a file that exists. A slash proves nothing: base64 may begin with one."""
    return os.path.isabs(value) and os.path.exists(value)


def conceal_address(url: str) -> None:
    """Conceal the password in a URL, if the URL has one."""
    try:
        password = urlsplit(url).password
    except ValueError:
        return
    if password:
        conceal(password, unquote_to_bytes(password).decode("utf-8", "replace"))


def redact(text: str) -> str:
    """Return the text with every secret in it replaced by ``BLANK``."""
    for form in _forms:
        if form in text:
            text = text.replace(form, BLANK)
    text = _SHAPES.sub(BLANK, text)
    if "=" in text or "%3" in text:
        text = _PARAMETERS.sub(rf"\1{BLANK}", text)
    if '"' in text or "'" in text:
        text = _FIELDS.sub(rf"\1{BLANK}", text)
    text = _BASIC.sub(_basic, text)
    for beginning, form in _beginnings:  # last, because two tokens may begin alike, and a complete one is not cut off
        if beginning in text:
            text = _blank_cut_off(text, beginning, form)
    return text


def _blank_cut_off(text: str, beginning: str, form: str) -> str:
    """Blank every piece of ``form`` that starts at its beginning, however far it goes."""
    shown: list[str] = []
    at = 0
    while (found := text.find(beginning, at)) >= 0:
        shown += text[at:found], BLANK
        at = found + len(beginning)
        for mine, its in zip(form[len(beginning) :], text[at : found + len(form)], strict=False):
            if mine != its:
                break
            at += 1
    return "".join((*shown, text[at:]))


def _basic(found: re.Match[str]) -> str:
    """Return the match with its login blanked out. ``Basic`` is also a word: what follows is a login only if it decodes
    to text with a colon in it."""
    data = found[2].rstrip("=").replace("-", "+").replace("_", "/")
    try:
        login = base64.b64decode(data + "=" * (-len(data) % 4))
    except binascii.Error:
        return found[0]
    return f"{found[1]}{BLANK}" if b":" in login else found[0]


def _in_url(text: str) -> str:
    return quote(text, safe="")


def _in_url_lower(text: str) -> str:
    return _ESCAPES.sub(lambda found: found[0].lower(), quote(text, safe=""))


def _in_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _in_readable_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _printed(text: str) -> str:
    return repr(text)[1:-1]


def _printed_bytes(text: str) -> str:
    return repr(text.encode())[2:-1]


def _in_html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_ESCAPED = (_in_url, _in_url_lower, quote, quote_plus, _in_json, _in_readable_json, _printed, _printed_bytes, _in_html)


def _forms_of(value: str) -> Iterator[str]:
    """Yield the forms in which a value may be written: as it is, escaped once or twice and then in a log line of JSON,
    or in base64. A value of letters and digits has three forms, not hundreds."""
    once = {value, *(escape(value) for escape in _ESCAPED)}
    twice = once | {escape(form) for form in once for escape in (_in_url, _in_json, _in_readable_json, _printed)}
    yield from twice | {_in_json(form) for form in twice}
    data = value.encode()
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + data).decode().rstrip("=")
        # Characters that also hold bits of the text before or behind it are left out.
        own = encoded[-(-offset * 8 // 6) : (offset + len(data)) * 8 // 6]
        if len(own) >= MIN_LENGTH:
            yield own
            yield own.replace("+", "-").replace("/", "_")
            yield quote(own, safe="")
