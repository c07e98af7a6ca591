"""Whether a gateway runs on this machine, and what stands in for it where none does.

The stand-in listens on the gateway's port for as long as the doctor looks, so that the address can be tried before the
first start. It serves the platforms' own webhooks and takes no delivery: a platform is told to send it again.
"""

import asyncio
import secrets
import socket
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Literal, NoReturn, cast

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.adapter import AdapterContext, Finding, Platform, Reply, SharedReply, ask
from gateway.doctor.database import Database
from gateway.errors import Draining, SettingsError, Unavailable
from gateway.http.application import application
from gateway.model import Envelope
from gateway.settings import GatewaySettings, PlatformSettings

Runs = Literal["gateway", "stranger", "nobody"]
"""Who listens on the gateway's port: a gateway with this database, something else, nobody."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Who was found to listen on the gateway's port of this machine, and what is wrong with it."""

    who: Runs
    problem: str = ""
    """Why nothing can be tried here."""


class Here:
    """This machine's side of the address: the gateway that runs, or the stand-in."""

    def __init__(
        self,
        settings: GatewaySettings,
        database: Database,
        platforms: Mapping[str, Platform],
        blocks: Mapping[str, PlatformSettings],
    ) -> None:
        """``platforms`` and ``blocks`` are those whose webhooks the stand-in serves."""
        self._settings = settings
        self._database = database
        self._platforms = platforms
        self._blocks = blocks
        self._ready = SharedReply(lambda: ask("GET", f"{self.url}/readyz"))
        self._seen: asyncio.Future[Seen] = asyncio.get_running_loop().create_future()

    @property
    def url(self) -> str:
        """The address of the gateway on this machine, below which its routes are found without a prefix too."""
        everywhere = self._settings.host in ("0.0.0.0", "::")  # noqa: S104 (compared, not bound)
        return f"http://127.0.0.1:{self._settings.port}" if everywhere else self._settings.local_url

    async def seen(self) -> Seen:
        """Return what was seen, once ``listening`` has looked."""
        return await asyncio.shield(self._seen)

    async def prove(self) -> Callable[[str], str | None]:
        """Return what makes the proof that whoever answers is this gateway."""
        return await self._database.proof()

    async def proven(self, reply: Reply, nonce: str) -> bool:
        """Return whether an answer of ``/healthz`` to a nonce is of this gateway."""
        return reply.status == 200 and reply.json.get("proof") == (await self.prove())(nonce)

    async def check(self) -> Finding:
        """Say whether a gateway runs here, and whether it is ready."""
        seen = await self.seen()
        if seen.who == "nobody":
            instead = f"; {seen.problem}" if seen.problem else ""
            return Finding("skipped", f"no gateway runs at {self.url}{instead}")
        if seen.who == "stranger":
            fix = "stop what listens there or choose another GATEWAY_PORT; is it a gateway, see its DATABASE_URL"
            return Finding("fail", f"what answers at {self.url} is no gateway with this database", fix)
        told = (await self._ready.get()).json
        status, problems = told.get("status"), told.get("problems")
        if status == "ready":
            return Finding("ok", f"a gateway runs at {self.url} and is ready")
        found = cast("dict[str, object]", problems) if isinstance(problems, dict) else {}
        lines = [f"{name}: {why}" for name, why in found.items()]
        said = f"the gateway at {self.url} is {status or 'in no known state'}: {'; '.join(lines)}"
        return Finding("warn" if status == "degraded" else "fail", said, "mend what it says of itself")

    @asynccontextmanager
    async def listening(self, *, stand_in: bool) -> AsyncGenerator[None]:
        """Look who listens, and with ``stand_in`` listen in the gateway's place where nobody does, until the block
        ends."""
        looking = asyncio.create_task(self._look(stand_in=stand_in))
        try:
            yield
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            if not self._seen.done():
                self._seen.cancel()

    async def _look(self, *, stand_in: bool) -> None:
        nonce = secrets.token_hex(16)
        try:
            reply = await ask("GET", f"{self.url}/healthz?proof={nonce}")
        except Unavailable:
            await self._stand_in(wanted=stand_in)
            return
        self._tell(Seen("gateway" if await self.proven(reply, nonce) else "stranger"))

    def _tell(self, seen: Seen) -> None:
        if not self._seen.done():
            self._seen.set_result(seen)

    async def _stand_in(self, *, wanted: bool) -> None:
        if not wanted or self._settings.port == 0:
            self._tell(Seen("nobody"))
            return
        try:
            listener = _bind(self._settings.host, self._settings.port)
        except OSError as error:
            self._tell(Seen("nobody", f"and the doctor cannot listen there: {error.strerror}"))
            return
        with listener:
            prove = await self.prove()
            try:
                routes = await asyncio.to_thread(self._routes, prove)
            except SettingsError as error:
                self._tell(Seen("nobody", str(error)))
                return
            config = uvicorn.Config(
                application(routes, root_path=self._settings.root_path),
                lifespan="off",
                ws="none",
                access_log=False,
                log_config=None,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
            server = _Server(config, lambda: self._tell(Seen("nobody", "the doctor listens in its place")))
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            try:
                await asyncio.shield(serving)
            finally:
                server.should_exit = True
                await serving

    def _routes(self, prove: Callable[[str], str | None]) -> list[BaseRoute]:
        """Return the stand-in's routes. Imports the SDKs of the platforms, in a thread."""

        async def healthz(request: Request) -> Response:
            return JSONResponse({"status": "starting", "proof": prove(request.query_params.get("proof", ""))})

        context = AdapterContext(max_body_bytes=self._settings.max_body_bytes)
        adapters = [self._platforms[name].adapter(block, context) for name, block in self._blocks.items()]
        return [Route("/healthz", healthz), *(route for each in adapters for route in each.routes(_refuse))]


class _Server(uvicorn.Server):
    """A server that leaves the signals alone and tells when it listens."""

    def __init__(self, config: uvicorn.Config, listens: Callable[[], None]) -> None:
        super().__init__(config)
        self._listens = listens

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the signals to the command."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._listens()


async def _refuse(envelope: Envelope) -> NoReturn:
    """Take no delivery: the platform is answered as by a gateway that ends, and sends it again."""
    raise Draining


def _bind(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener
