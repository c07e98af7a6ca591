"""What ``gateway doctor`` looks at in Teams: the login, the keys of Bot Framework, the clock, the webhook.

Entra says whether the app's id, secret and tenant fit together. What is set in the Azure Bot (messaging endpoint,
channels) no bot can read.
"""

import re
from collections.abc import Mapping

import aiohttp

from adapters.jsons import dump
from adapters.teams.names import CHANNEL, PATHS
from adapters.teams.settings import TeamsSettings
from gateway.adapter import (
    Check,
    Diagnosis,
    DiagnosisContext,
    Finding,
    Probe,
    Reply,
    SharedReply,
    after,
    ask,
    clock_by_header,
)
from gateway.errors import SettingsError, Unavailable
from gateway.settings import PlatformSettings

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_TENANT = re.compile(r"[\w-]++(?:\.[\w-]++)++")
"""A tenant's domain name, which Entra takes in the place of its id."""
_AZURE = "https://portal.azure.com/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~"
_BOTS = "https://portal.azure.com/#browse/Microsoft.BotService%2FbotServices"


def diagnosis(settings: PlatformSettings, context: DiagnosisContext) -> Diagnosis:
    """Return what can be looked at with these settings."""
    assert isinstance(settings, TeamsSettings)
    doctor = _Doctor(settings, context)
    checks = (
        Check("teams.settings", doctor.shape),
        Check("teams.login", doctor.login),
        Check("teams.keys", doctor.keys),
        Check("teams.endpoint", doctor.endpoint),
        after(doctor.document, Check("teams.clock", doctor.clock), named="teams.keys"),
    )
    return Diagnosis(checks, (Probe("teams.webhook", PATHS[0], doctor.request, doctor.judge),))


class _Doctor:
    """Looks at one app's registration."""

    def __init__(self, settings: TeamsSettings, context: DiagnosisContext) -> None:
        self._settings = settings
        self._public_url = context.public_url
        self.document = SharedReply(lambda: ask("GET", settings.openid_metadata_url))

    def _page(self, name: str) -> str:
        app = self._settings.app_id or ""
        return f"{_AZURE}/{name}/appId/{app}" if _GUID.fullmatch(app) else "https://entra.microsoft.com"

    async def shape(self) -> Finding:
        """Look at the form of what is set: what was copied from the wrong place shows without asking anybody."""
        settings = self._settings
        if settings.auth == "anonymous":
            fix = "leave TEAMS_AUTH out: only connectors on this machine are served now, as the Agents Playground is"
            return Finding("warn", "TEAMS_AUTH is anonymous: requests are not verified", fix)
        secret = settings.app_password.get_secret_value() if settings.app_password is not None else ""
        if not _GUID.fullmatch(settings.app_id or ""):
            fix = "copy the Microsoft App ID from the page Configuration of the Azure Bot"
            return Finding("fail", "TEAMS_APP_ID is no id like 00000000-0000-0000-0000-000000000000", fix, _BOTS)
        if _GUID.fullmatch(secret):
            fix = "copy the secret's value: it is shown only when it is made, so make a new one"
            return Finding("fail", "TEAMS_APP_PASSWORD is a secret's id, not its value", fix, self._page("Credentials"))
        tenant = settings.app_tenant_id
        if tenant is not None and not _GUID.fullmatch(tenant) and not _TENANT.fullmatch(tenant):
            fix = "copy the Directory (tenant) ID from the app's page Overview"
            return Finding("fail", "TEAMS_APP_TENANT_ID is neither an id nor a domain", fix, self._page("Overview"))
        anyone = " that serves people of every tenant" if settings.only_tenant is None else ""
        return Finding("ok", f"an app of the type {settings.kind}{anyone}")

    async def login(self) -> Finding:
        """Ask for a token, as the gateway does before it sends."""
        if self._settings.auth == "anonymous":
            return Finding("skipped", "TEAMS_AUTH is anonymous: no token is wanted")
        from adapters.teams.credentials import Credentials  # Bot Framework's SDK, while others wait for answers

        credentials = Credentials(self._settings)
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            credentials.use(session)
            try:
                await credentials.authorization()
            except SettingsError as error:
                page = "Overview" if "TENANT" in str(error) else "Credentials"
                return Finding("fail", "there is no token for sending", str(error), self._page(page))
            except Unavailable as error:
                return Finding("fail", str(error), f"see that {self._settings.login_url} can be reached from here")
        where = "the managed identity" if self._settings.kind == "UserAssignedMSI" else "Entra"
        return Finding("ok", f"{where} gives a token for sending")

    async def keys(self) -> Finding:
        """Fetch the keys that Bot Framework signs with."""
        if self._settings.auth == "anonymous":
            return Finding("skipped", "TEAMS_AUTH is anonymous: requests are not verified")
        from adapters.teams.keys import SigningKeys

        keys = SigningKeys(self._settings.openid_metadata_url)
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            keys.use(session)
            try:
                await keys.fetch()
            except Unavailable as error:
                fix = "let the machine reach it: without the keys no request of Teams is believed"
                return Finding("fail", str(error), fix)
        return Finding("ok", "Bot Framework's keys can be fetched")

    async def endpoint(self) -> Finding:
        """Say what has to be compared by hand."""
        url = f"{self._public_url or 'https://YOUR-HOST'}{PATHS[0]}"
        fix = f"see that the messaging endpoint of the Azure Bot is {url}, and that it has the channel Microsoft Teams"
        return Finding("skipped", "Azure does not tell a bot its messaging endpoint", fix, _BOTS)

    async def clock(self) -> Finding:
        """Compare this machine's clock with Bot Framework's."""
        if self._settings.auth == "anonymous":
            return Finding("skipped", "TEAMS_AUTH is anonymous: nobody is asked")
        told = await self.document.get()
        return clock_by_header(told, "Bot Framework")

    def request(self) -> tuple[Mapping[str, str], bytes]:
        """Return a request without a token, which has to be refused."""
        body = {"type": "typing", "channelId": CHANNEL, "serviceUrl": "https://smba.trafficmanager.net/teams/"}
        return {"Content-Type": "application/json"}, dump(body)

    def judge(self, answer: Reply) -> Finding:
        """Read the answer: 401 is what the webhook says to a request without a token."""
        if answer.status == 401:
            return Finding("ok", f"{PATHS[0]} is served, and refuses a request without a token")
        if answer.status == 503:
            return Finding("fail", f"{PATHS[0]} cannot verify requests now (HTTP 503)", "see the gateway's log")
        if answer.status in (404, 405):
            fix = "start the gateway with TEAMS_APP_ID set"
            return Finding("fail", f"{PATHS[0]} is not served (HTTP {answer.status})", fix)
        if 200 <= answer.status < 300:
            fix = "see what answers there: the gateway does not take requests without a token"
            return Finding("fail", f"{PATHS[0]} takes a request without a token (HTTP {answer.status})", fix)
        return Finding("fail", f"{PATHS[0]} answers HTTP {answer.status} in place of 401", "see the gateway's log")
