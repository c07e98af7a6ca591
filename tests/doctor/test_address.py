"""What the doctor finds of the public address, tried from outside in."""

import datetime
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import gateway as cl
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.emulators.teams.emulator import TeamsEmulator
from tests.doctor.conftest import Examine
from tests.doctor.tunnel import Answers, forwarding, port_of, serving, silent
from tests.support.bot import RunningBot, register, running_bot
from tests.support.emulators import started


@pytest.fixture
async def slack() -> AsyncIterator[SlackEmulator]:
    async with started(SlackEmulator(limits="off")) as emulator:
        yield emulator


@pytest.fixture
async def running(slack: SlackEmulator, tmp_path: Path) -> AsyncIterator[RunningBot]:
    """A gateway that runs, with a bot in Slack."""

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message(message.content).send()

    async with running_bot(slack, register(bot), tmp_path / "data") as found:
        yield found


Look = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def look(running: RunningBot, slack: SlackEmulator, examine: Examine, tmp_path: Path) -> Look:
    """Run the doctor beside the gateway, with the given public address."""

    async def run(public: str, **more: str) -> dict[str, Any]:
        return await examine(
            slack.environment(),
            GATEWAY_PUBLIC_URL=public,
            GATEWAY_PORT=port_of(running.url),
            DATABASE_URL=f"sqlite:///{tmp_path}/data/gateway.db",
            **more,
        )

    return run


async def test_the_address_of_a_gateway_that_runs_is_tried_with_a_signed_request(
    look: Look, running: RunningBot
) -> None:
    async with forwarding(running.url) as proxy:
        found = await look(proxy)
    assert found["gateway"].status == "ok"
    assert found["address"].status == "ok"
    assert found["slack.webhook"].status == "ok"


async def test_a_proxy_that_rewrites_bodies_is_told_from_a_wrong_secret(look: Look, running: RunningBot) -> None:
    """The signature is over the bytes: one blank less, and the gateway refuses."""
    async with forwarding(running.url, body=lambda body: body.replace(b'":  "', b'":"')) as proxy:
        found = await look(proxy)
    assert found["address"].status == "ok"
    assert found["slack.webhook"].status == "fail"
    assert "pass method, path, body and headers on" in found["slack.webhook"].fix


async def test_a_gateway_with_another_signing_secret_is_noticed(look: Look, running: RunningBot) -> None:
    found = await look(running.url, SLACK_SIGNING_SECRET="0123456789abcdef0123456789abcdef")
    assert found["slack.webhook"].status == "fail"
    assert "restart the gateway" in found["slack.webhook"].fix


async def test_a_prefix_that_the_proxy_takes_away_belongs_into_the_address(look: Look, running: RunningBot) -> None:
    async with forwarding(running.url, prefix="/bot") as proxy:
        found = await look(f"{proxy}/bot")
        assert found["slack.webhook"].status == "ok"
        found = await look(proxy)
    assert found["address"].status == "fail"
    assert "HTTP 404" in found["address"].found


async def test_a_prefix_too_many_is_told_with_the_address_that_works(look: Look, running: RunningBot) -> None:
    found = await look(f"{running.url}/bot")
    assert found["address"].status == "fail"
    assert f"GATEWAY_PUBLIC_URL={running.url}," in found["address"].fix
    assert found["slack.webhook"].status == "skipped"


def answer(status: int, text: str = "a page", **headers: str) -> Answers:
    """Answer every request in the same way; an underscore in a header's name is a hyphen."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, text=text, headers=named)

    return handle


@pytest.mark.parametrize(
    ("status", "headers", "found", "fix"),
    [
        (301, {"Location": "https://bot.example/x?token=secret"}, "redirects (HTTP 301) to https://bot.ex", "redirect"),
        (401, {}, "asks for a login", "without a login"),
        (502, {}, "reaches no gateway (HTTP 502)", "GATEWAY_PORT"),
        (404, {"ngrok_error_code": "ERR_NGROK_3200"}, "ERR_NGROK_3200", "not running"),
        (502, {"ngrok_error_code": "ERR_NGROK_8012"}, "ERR_NGROK_8012", "gateway's port"),
        (200, {"ngrok_error_code": "ERR_NGROK_6024"}, "ERR_NGROK_6024", "warning page"),
        (404, {"ngrok_error_code": "ERR_NGROK_9"}, "ERR_NGROK_9", "ngrok.com/docs/errors/ERR_NGROK_9"),
        (200, {}, "is no gateway (HTTP 200)", "DNS"),
        (404, {}, "is no gateway (HTTP 404)", "DNS"),
    ],
)  # fmt: skip
async def test_whatever_else_answers_is_named(
    look: Look, status: int, headers: dict[str, str], found: str, fix: str
) -> None:
    async with serving(answer(status, **headers)) as stranger:
        address = (await look(stranger))["address"]
    assert address.status == "fail"
    assert found in address.found
    assert "secret" not in address.found
    assert fix in address.fix


async def test_a_stranger_cannot_pass_for_the_gateway(look: Look) -> None:
    """A server that answers in the gateway's form has not its key, whatever it says."""
    page = '{"status": "ok", "uptime_seconds": 1.0, "proof": "' + "0" * 64 + '"}'
    async with serving(answer(200, page, Content_Type="application/json")) as stranger:
        address = (await look(stranger))["address"]
    assert (address.status, "with another database" in address.found) == ("fail", True)


async def test_a_tunnel_that_says_nothing_is_given_up(look: Look) -> None:
    async with silent() as tunnel:
        found = await look(tunnel)
    assert found["address"].status == "fail"
    assert "gave no answer within" in found["address"].found
    assert found["slack.webhook"].status == "skipped"
    assert found["slack.bot_token"].status == "ok"


async def test_an_address_where_nobody_listens(look: Look) -> None:
    async with silent() as tunnel:
        pass
    address = (await look(tunnel))["address"]
    assert (address.status, "no connection" in address.found) == ("fail", True)


async def test_a_name_that_is_not_in_the_dns(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def lookup(host: Any, *args: Any, **more: Any) -> Any:
        if host == "bot.invalid":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    found = await look("https://bot.invalid")
    assert found["address"].status == "fail"
    assert "bot.invalid cannot be looked up" in found["address"].found
    assert "DNS" in found["address"].fix
    assert found["certificate"].status == "skipped"


async def test_a_port_that_something_else_has_is_named(examine: Examine, slack: SlackEmulator) -> None:
    async with serving(answer(200)) as stranger:
        found = await examine(slack.environment(), GATEWAY_PORT=port_of(stranger), GATEWAY_PUBLIC_URL=stranger)
    assert (found["gateway"].status, found["address"].status) == ("fail", "fail")


async def test_before_the_first_start_the_doctor_listens_in_the_gateways_place(
    examine: Examine, slack: SlackEmulator, tmp_path: Path
) -> None:
    port = _free_port()
    async with (
        started(TeamsEmulator(limits="off")) as teams,
        forwarding(f"http://127.0.0.1:{port}", prefix="/bot") as proxy,
    ):
        found = await examine(
            *(slack.environment(), teams.environment()),
            GATEWAY_PORT=str(port),
            GATEWAY_PUBLIC_URL=f"{proxy}/bot",
        )
    assert "the doctor listens in its place" in found["gateway"].found
    assert found["address"].status == found["slack.webhook"].status == found["teams.webhook"].status == "ok"
    assert list(tmp_path.iterdir()) == []
    with socket.create_server(("127.0.0.1", port)):
        pass  # it listens no longer


async def test_what_a_platform_delivers_meanwhile_is_to_be_sent_again(examine: Examine, tmp_path: Path) -> None:
    """The stand-in takes nothing that would be lost with it."""
    port = _free_port()
    async with started(SlackEmulator(limits="off", retry_delays=())) as slack:
        slack.deliver_to(f"http://127.0.0.1:{port}")

        async def meanwhile(request: web.BaseRequest) -> web.StreamResponse:
            """Let somebody write to the bot while the doctor's request is on its way."""
            if not slack.deliveries.log:
                await slack.post("general", "hello @gateway")
                await slack.settled()
            return web.Response(status=404)

        async with serving(meanwhile) as proxy:
            await examine(slack.environment(), GATEWAY_PORT=str(port), GATEWAY_PUBLIC_URL=proxy)
        statuses = [attempt.status for each in slack.deliveries.log.values() for attempt in each.attempts]
    assert statuses
    assert set(statuses) == {503}


async def test_without_an_address_that_is_said(examine: Examine, slack: SlackEmulator) -> None:
    found = await examine(slack.environment())
    assert found["address"].status == "warn"
    assert found["slack.webhook"].status == "skipped"
    assert found["gateway"].status == "skipped"


@pytest.mark.parametrize(
    ("name", "days", "status", "said"),
    [
        ("localhost", 90, "ok", "valid for 90 days"),
        ("localhost", 3, "warn", "valid for 3 days"),
        ("localhost", -1, "fail", "certificate has expired"),
        ("other.example", 90, "fail", "not valid for 'localhost'"),
    ],
)
async def test_the_certificate_is_looked_at(
    name: str,
    days: int,
    status: str,
    said: str,
    examine: Examine,
    slack: SlackEmulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = _certificate(tmp_path / "tls", name, days)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    monkeypatch.setenv("SSL_CERT_FILE", str(files[0]))  # what this machine trusts
    runner = web.ServerRunner(web.Server(answer(404), access_log=None))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        found = await examine(slack.environment(), GATEWAY_PUBLIC_URL=f"https://localhost:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()
    assert found["certificate"].status == status
    assert said in found["certificate"].found


async def test_a_certificate_that_nobody_here_trusts(examine: Examine, slack: SlackEmulator, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*_certificate(tmp_path / "tls", "localhost", 90))
    runner = web.ServerRunner(web.Server(answer(200), access_log=None))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        found = await examine(slack.environment(), GATEWAY_PUBLIC_URL=f"https://localhost:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()
    assert found["certificate"].status == found["address"].status == "fail"
    assert "self-signed certificate" in found["address"].found
    assert "renew" in found["address"].fix


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def _certificate(folder: Path, name: str, days: int) -> tuple[Path, Path]:
    """Make a self-signed certificate; return its file and that of its key."""
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=30))
        .not_valid_after(now + datetime.timedelta(days=days, hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files
