"""How the layers connect: by URLs as operators write them, encrypted and verified where that is asked for."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from gateway.data.chainlit_data_layer import ChainlitDataLayer
from gateway.data.sql.layer import SQLDataLayer
from gateway.data.sql_alchemy import SQLAlchemyDataLayer
from tests.data.databases import documented
from tests.support.postgres import database

REFUSAL = b"SFATAL\x00C28000\x00Mnobody may enter\x00\x00"
"""What the server says when somebody is through the door."""

PARAMETERS = {"application_name": "of the test", "connect_timeout": "5", "statement_cache_size": "0"}

Layer = type[SQLAlchemyDataLayer] | type[ChainlitDataLayer]
LAYERS: list[Layer] = [SQLAlchemyDataLayer, ChainlitDataLayer]


def own_certificate(folder: Path) -> ssl.SSLContext:
    """A server's context with a certificate for localhost that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(datetime.now(UTC) - timedelta(days=1))
    made = made.not_valid_after(datetime.now(UTC) + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    pem = folder / "server.pem"
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    certificate = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    pem.write_bytes(key.private_bytes(*plain) + certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


@asynccontextmanager
async def server(context: ssl.SSLContext | None) -> AsyncIterator[str]:
    """The URL of what begins like a PostgreSQL: it answers a request for TLS, with a yes if it has a certificate, and
    turns down whoever logs in then."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = await reader.readexactly(8)
            if asked == b"\x00\x00\x00\x08\x04\xd2\x16\x2f":  # SSLRequest
                writer.write(b"N" if context is None else b"S")
                if context is not None:
                    await writer.start_tls(context)
                asked = await reader.readexactly(8)
            await reader.readexactly(int.from_bytes(asked[:4], "big") - 8)
            writer.write(b"E" + (len(REFUSAL) + 4).to_bytes(4, "big") + REFUSAL)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client hung up
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        yield f"postgresql://ada@localhost:{port}/kept"


async def connect(layer: SQLDataLayer) -> None:
    try:
        await layer.get_user("slack:T1:U1")
    finally:
        await layer.close()


async def test_ssl_require_refuses_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    async with server(own_certificate(tmp_path)) as url:
        with pytest.raises(ssl.SSLCertVerificationError):
            await connect(SQLAlchemyDataLayer(url, ssl_require=True))
        with pytest.raises(ssl.SSLCertVerificationError):
            await connect(SQLAlchemyDataLayer(f"{url}?sslmode=disable", ssl_require=True))


async def test_ssl_require_refuses_a_server_without_tls() -> None:
    async with server(None) as url:
        with pytest.raises(ConnectionError, match="SSL"):
            await connect(SQLAlchemyDataLayer(url, ssl_require=True))


@pytest.mark.parametrize("layer", LAYERS)
async def test_sslmode_is_what_libpq_makes_of_it(layer: Layer, tmp_path: Path) -> None:
    trusted = own_certificate(tmp_path)
    async with server(trusted) as url:
        for entering in ("", "?sslmode=require", f"?sslmode=verify-full&sslrootcert={tmp_path}/server.pem"):
            with pytest.raises(DBAPIError, match="nobody may enter"):
                await connect(layer(url + entering))
        with pytest.raises(ssl.SSLCertVerificationError):
            await connect(layer(f"{url}?sslrootcert=system"))
        with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
            other = url.replace("localhost", "127.0.0.1")
            await connect(layer(f"{other}?sslmode=verify-full&sslrootcert={tmp_path}/server.pem"))
    async with server(None) as url:
        for entering in ("", "?sslmode=disable"):
            with pytest.raises(DBAPIError, match="nobody may enter"):
                await connect(layer(url + entering))
        for refusing in ("?sslmode=require", "?sslrootcert=system"):
            with pytest.raises(ConnectionError, match="SSL"):
                await connect(layer(url + refusing))


async def test_a_url_needs_no_driver(tmp_path: Path) -> None:
    async with documented(tmp_path) as harness:
        layer = SQLAlchemyDataLayer(f"sqlite:///{harness.engine.url.database}")
        assert await layer.get_user("slack:T1:U1") is None
        await layer.close()
    async with database() as url:
        for scheme in ("postgresql", "postgres", "postgresql+asyncpg"):
            named = make_url(url).set(drivername=scheme, query=PARAMETERS)
            layer = SQLAlchemyDataLayer(named.render_as_string(hide_password=False))
            assert await layer.execute_sql("SELECT current_setting('application_name') AS name", {}) == [
                {"name": "of the test"}
            ]
            await layer.close()


@pytest.mark.parametrize(
    ("url", "fix"),
    [
        ("postgresql+psycopg2://ada:hunter2@h/db", r"write postgresql\+asyncpg://"),
        ("sqlite+pysqlite:///chat.db?hunter2", r"write sqlite\+aiosqlite://"),
        ("mysql://ada:hunter2@h/db", "PostgreSQL or SQLite"),
        ("postgresql://ada:hunter2@h:what/db", "percent-encoded"),
        ("hunter2", "write postgresql://"),
        ("postgresql://ada:hunter2@h/db?channel_binding=require", "'channel_binding'.* remove it"),
    ],
)
@pytest.mark.parametrize("layer", LAYERS)
def test_a_url_that_cannot_be_used_is_refused_with_what_to_write(layer: Layer, url: str, fix: str) -> None:
    with pytest.raises(ValueError, match=fix) as error:
        layer(url)
    assert "hunter2" not in str(error.value)
    assert error.value.__cause__ is None


async def test_a_connection_that_the_server_closed_meanwhile_is_replaced() -> None:
    ended = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()"
    async with documented() as harness:
        assert await harness.layer.get_user("slack:T1:U1") is None
        other = await harness.without_storage()
        rows = await other.execute_sql(f"{ended} AND pid <> pg_backend_pid()", {})
        assert rows == [{"pg_terminate_backend": True}]
        assert await harness.layer.get_user("slack:T1:U1") is None
