"""Checks of the public address, from outside in: who answers there, its certificate, and each platform's webhook."""

import asyncio
import secrets
import ssl
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from gateway.adapter import Check, Finding, Probe, Reply, ask
from gateway.doctor.here import Here
from gateway.errors import Unavailable
from gateway.settings import GatewaySettings

FEW_DAYS = 14
"""Days that a certificate is valid for, from which on the doctor warns: one that is renewed by itself was by then."""
_SKIP = {"ngrok-skip-browser-warning": "1"}
"""A header that ngrok's free tunnels want of what is no browser, in place of a page to click through (ngrok's guide,
*browser warning*)."""
_NGROK = {
    "ERR_NGROK_3200": "the tunnel is not running: start it again",
    "ERR_NGROK_6024": "ngrok shows its warning page to this request: platforms are not shown it",
    "ERR_NGROK_8012": "the tunnel runs, and nothing listens where it leads: let it lead to the gateway's port",
}
"""What ngrok's error codes mean (ngrok's reference of errors)."""


class Address:
    """The address at which the platforms reach the gateway."""

    def __init__(self, settings: GatewaySettings, here: Here, *, wanted: bool) -> None:
        """``wanted``: a platform that is on delivers to the address."""
        self._settings = settings
        self._here = here
        self._wanted = wanted
        self._looking: asyncio.Task[Finding] | None = None

    @property
    def url(self) -> str | None:
        """The address, its prefix included; None where it is not set."""
        return None if self._settings.public_url is None else self._settings.own_url

    async def check(self) -> Finding:
        """Say who answers at the address. It is looked at once."""
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
            self._looking.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(self._looking)

    async def _look(self) -> Finding:
        url = self.url
        if url is None:
            fix = "set GATEWAY_PUBLIC_URL to the address that the platforms are given"
            found = "GATEWAY_PUBLIC_URL is not set, so nothing can be tried from outside"
            return Finding("warn", found, fix) if self._wanted else Finding("skipped", found)
        if not urlsplit(url).hostname:
            return Finding("fail", "GATEWAY_PUBLIC_URL is no address like https://bot.example")
        await self._here.seen()  # by then somebody listens, or nobody will
        nonce = secrets.token_hex(16)
        try:
            reply = await ask("GET", f"{url}/healthz?proof={nonce}", headers=_SKIP)
        except Unavailable as error:
            return Finding("fail", str(error), _fix_of(str(error)))
        if await self._here.proven(reply, nonce):
            return Finding("ok", f"{url} leads to this gateway")
        return await self._stranger(url, reply)

    async def _stranger(self, url: str, reply: Reply) -> Finding:
        """Say what is wrong where the answer was none of this gateway's."""
        if (common := common_trouble(reply, url)) is not None:
            return common
        if reply.status == 200 and "proof" in reply.json:
            fix = "let the address lead here; or run the doctor with that gateway's DATABASE_URL"
            return Finding("fail", f"a gateway answers at {url}, with another database", fix)
        other = await self._found_elsewhere(url)
        if other is not None:
            fix = f"set GATEWAY_PUBLIC_URL={other}, and GATEWAY_ROOT_PATH to the prefix that the proxy shows it under"
            return Finding("fail", f"{url} is answered with HTTP {reply.status}; the gateway is at {other}", fix)
        fix = "see where the address leads: DNS, the proxy's routes, the tunnel's port"
        return Finding("fail", f"what answers at {url} is no gateway (HTTP {reply.status})", fix)

    async def _found_elsewhere(self, url: str) -> str | None:
        """Return the address on the same host at which this gateway does answer, None where it does at none."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        for other in {origin, origin + self._settings.root_path} - {url}:
            nonce = secrets.token_hex(16)
            try:
                if await self._here.proven(await ask("GET", f"{other}/healthz?proof={nonce}", headers=_SKIP), nonce):
                    return other
            except Unavailable:
                continue
        return None

    async def certificate(self) -> Finding:
        """Say how long the address's certificate is valid."""
        parts = urlsplit(self.url or "")
        if parts.scheme != "https" or not parts.hostname:
            return Finding("skipped", "the address is not https" if self.url else "GATEWAY_PUBLIC_URL is not set")
        try:
            ends = await _end_of_certificate(parts.hostname, parts.port or 443)
        except ssl.SSLCertVerificationError as error:
            fix = "renew it, for this name and with its whole chain: platforms accept no other"
            return Finding("fail", f"the certificate of {parts.hostname} is not valid: {error.verify_message}", fix)
        except (OSError, ValueError) as error:
            return Finding("skipped", f"no TLS connection to {parts.hostname}: {type(error).__name__}")
        days = (ends - time.time()) / 86_400
        said = f"the certificate of {parts.hostname} is valid for {days:.0f} days"
        fix = "see that it is renewed by itself (certbot, Caddy, the cloud's load balancer)"
        return Finding("ok", said) if days >= FEW_DAYS else Finding("warn", said, fix)

    def tried(self, probe: Probe) -> Check:
        """Return the check that sends a probe to the address."""
        return Check(probe.name, lambda: self._try(probe))

    async def _try(self, probe: Probe) -> Finding:
        reached = await self.check()
        url = self.url
        if url is None or reached.status == "fail":
            return Finding("skipped", "the address does not lead to this gateway: see `address`")
        finding = await self._send(probe, url)
        if finding.status != "fail":
            return finding
        try:
            here = await self._send(probe, self._here.url)
        except Unavailable:
            return finding  # the gateway is elsewhere, and cannot be tried without what is between
        if here.status == "fail":
            return finding
        fix = "let the proxy pass method, path, body and headers on as they came (no rewriting, no login, no cache)"
        return Finding("fail", f"{finding.found} through {url}; sent to {self._here.url} itself, it is taken", fix)

    async def _send(self, probe: Probe, url: str) -> Finding:
        headers, body = probe.request()
        reply = await ask("POST", url + probe.path, headers={**_SKIP, **headers}, data=body)
        return common_trouble(reply, url) or probe.judge(reply)


def common_trouble(reply: Reply, url: str) -> Finding | None:
    """Return what is wrong with an answer that no gateway gives, None where one may have given it.

    Args:
        reply: The answer.
        url: The address it came from.
    """
    if (code := reply.headers.get("ngrok-error-code")) is not None:
        return Finding("fail", f"ngrok answers {code}", _NGROK.get(code, f"see https://ngrok.com/docs/errors/{code}"))
    if 300 <= reply.status < 400:
        to = _without_query(reply.headers.get("Location", ""))
        fix = "let GATEWAY_PUBLIC_URL, and the platforms, name where it leads: they follow no redirect"
        return Finding("fail", f"{url} redirects (HTTP {reply.status}) to {to or 'nowhere'}", fix)
    if reply.status in (401, 403, 407) and _is_page(reply.headers):
        fix = "let the proxy in front take these requests without a login: the gateway verifies them itself"
        return Finding("fail", f"something in front of the gateway asks for a login (HTTP {reply.status})", fix)
    if reply.status in (502, 503, 504, 521, 522, 523, 530) and _is_page(reply.headers):
        fix = "start the gateway where the proxy or tunnel leads to, and see its port (GATEWAY_HOST, GATEWAY_PORT)"
        return Finding("fail", f"the proxy at {url} reaches no gateway (HTTP {reply.status})", fix)
    return None


def _is_page(headers: Mapping[str, str]) -> bool:
    """Return whether an answer is none of the gateway's own, which are JSON or empty."""
    return not headers.get("Content-Type", "").startswith("application/json") and headers.get("Content-Length") != "0"


def _without_query(url: str) -> str:
    return url.partition("?")[0][:200]


def _fix_of(words: str) -> str:
    if "looked up" in words:
        return "see the name in GATEWAY_PUBLIC_URL, and its record in the DNS"
    if "certificate" in words:
        return "renew the certificate, for this name and with its whole chain: platforms accept no other"
    if "no answer" in words:
        return "see the firewall, and whether the tunnel still runs: it takes the connection and says nothing"
    return "see that the proxy or tunnel runs, and that its port is open to the world"


async def _end_of_certificate(host: str, port: int) -> float:
    """Return when the certificate of a server ends, in seconds since the epoch. Raises ``OSError``."""
    reader, writer = await asyncio.open_connection(host, port, ssl=ssl.create_default_context(), server_hostname=host)
    try:
        found = writer.get_extra_info("peercert")
        return float(ssl.cert_time_to_seconds(found["notAfter"]))
    finally:
        writer.close()
        del reader
