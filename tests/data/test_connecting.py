"""How the layer connects: encrypted and verified where that is asked for."""

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

from gateway.data.sql_alchemy import SQLAlchemyDataLayer


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
    """The URL of what begins like a PostgreSQL: it answers the request for TLS, with a yes if it has a certificate."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            assert await reader.readexactly(8) == b"\x00\x00\x00\x08\x04\xd2\x16\x2f"  # SSLRequest
            writer.write(b"N" if context is None else b"S")
            if context is not None:
                await writer.start_tls(context)
            await reader.read()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client hung up
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        yield f"postgresql+asyncpg://ada@localhost:{port}/kept"


async def test_ssl_require_refuses_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    async with server(own_certificate(tmp_path)) as url:
        layer = SQLAlchemyDataLayer(url, ssl_require=True)
        with pytest.raises(ssl.SSLCertVerificationError):
            await layer.get_user("slack:T1:U1")
        await layer.close()


async def test_ssl_require_refuses_a_server_without_tls() -> None:
    async with server(None) as url:
        layer = SQLAlchemyDataLayer(url, ssl_require=True)
        with pytest.raises(ConnectionError, match="SSL"):
            await layer.get_user("slack:T1:U1")
        await layer.close()
