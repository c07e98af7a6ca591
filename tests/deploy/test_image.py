"""The image fits what runs it: the port, the user, the probes, the folders, what is installed."""

import tomllib
from pathlib import Path

import httpx
import pytest

from gateway.app import Gateway
from gateway.bootstrap import compose
from gateway.chat.registry import Callbacks
from gateway.database_urls import DRIVERS
from gateway.settings import GatewaySettings
from tests.deploy.files import DEPLOY, KUBERNETES, ROOT, Dockerfile, document, is_setting
from tests.egress.platform import Plain

IMAGE = Dockerfile()


def probed_paths() -> set[str]:
    """The paths that the image, the proxy and Kubernetes ask to see how a gateway is."""
    (container,) = document(KUBERNETES / "deployment.yaml")["spec"]["template"]["spec"]["containers"]
    proxy = (DEPLOY / "Caddyfile").read_text(encoding="utf-8").partition("health_uri ")[2].split()[0]
    return {
        IMAGE.found(rf"urlopen\('http://127\.0\.0\.1:{IMAGE.port}(/\w+)'"),
        proxy,
        *(container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")),
    }


async def test_every_path_that_is_probed_is_answered(tmp_path: Path) -> None:
    settings = GatewaySettings(_env_file=None, data_dir=tmp_path, database_url=f"sqlite:///{tmp_path}/gateway.db")
    running = Gateway(compose(settings=settings, callbacks=Callbacks(), adapters={"plain": Plain()}))
    async with running, httpx.AsyncClient(transport=httpx.ASGITransport(running.asgi), base_url="http://x") as http:
        answers = {path: (await http.get(path)).status_code for path in probed_paths()}
    assert answers == {"/healthz": 200, "/readyz": 200}


def test_the_command_listens_on_the_port_that_is_exposed() -> None:
    assert IMAGE.found(r'^CMD \[.*"--port", "(\d+)"\]$') == str(IMAGE.port)


def test_the_gateway_reads_every_variable_of_the_image() -> None:
    of_others = {"PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "SSL_CERT_FILE"}
    assert {name for name in IMAGE.environment if not is_setting(name)} == of_others


def test_the_image_has_what_the_store_on_postgresql_needs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = IMAGE.found(r'pip install .*"\$\{wheel\}\[(.*)\]"').split(",")
    requirements = [each for extra in extras for each in project["optional-dependencies"][extra]]
    names = {each.partition(">=")[0] for each in requirements}
    # The store's own driver, and SQLAlchemy's, by which the tables are made.
    assert names >= {"psycopg[binary]", DRIVERS["postgresql"], "sqlalchemy[asyncio]"}


@pytest.mark.parametrize("folder", ["/data", "/blobs", "/app"])
def test_folders_that_volumes_are_mounted_at_belong_to_the_gateway(folder: str) -> None:
    # A new named volume gets the owner of the folder that it covers; without one it belongs to root.
    assert folder in IMAGE.folders
