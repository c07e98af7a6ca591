"""compose.yaml: one gateway as ever, or three replicas with PostgreSQL and a proxy."""

import asyncio
import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.settings import GatewaySettings
from tests.deploy.files import DEPLOY, ROOT, Dockerfile, Document, document, is_setting, seconds
from tests.support.left_out import UNTESTED_COMPOSE

COMPOSE = document(ROOT / "compose.yaml")
SERVICES: dict[str, Document] = COMPOSE["services"]
REPLICAS = {name: service for name, service in SERVICES.items() if service["image"] == "bot-gateway"}
IMAGE = Dockerfile()


def variables(service: Document) -> dict[str, str]:
    """The environment of a service, before Compose has filled in what ``.env`` says."""
    found: dict[str, str] = service.get("environment", {})
    return found


def mounts(service: Document) -> dict[str, str]:
    """What is mounted in a service: the source by its place in the container."""
    return {each.split(":")[1]: each.split(":")[0] for each in service["volumes"]}


def test_without_the_profile_one_gateway_runs_alone() -> None:
    assert [name for name, service in SERVICES.items() if "profiles" not in service] == ["gateway"]
    assert variables(SERVICES["gateway"]) == {}  # what .env and the image say
    assert SERVICES["gateway"]["ports"] == [f"127.0.0.1:{IMAGE.port}:{IMAGE.port}"]
    assert all(not each["required"] for each in SERVICES["gateway"]["depends_on"].values())


def test_the_profile_has_three_replicas_postgresql_and_a_proxy() -> None:
    scaled = {name for name, service in SERVICES.items() if service.get("profiles", ["scale"]) == ["scale"]}
    assert scaled == {*REPLICAS, "postgres", "proxy"}
    assert len(REPLICAS) == 3
    assert set(SERVICES["proxy"]["depends_on"]) == set(REPLICAS)


def test_replicas_share_their_blobs_and_nothing_else_that_is_written() -> None:
    own = [mounts(replica)[IMAGE.environment["GATEWAY_DATA_DIR"]] for replica in REPLICAS.values()]
    assert len(set(own)) == 3
    assert {mounts(replica)["/blobs"] for replica in REPLICAS.values()} == {"blobs"}
    assert all(set(mounts(replica)) == {"/app/bot.py", "/data", "/blobs"} for replica in REPLICAS.values())
    assert set(COMPOSE["volumes"]) >= {*own, "blobs"}


def test_a_replica_may_do_no_more_than_the_gateway_alone() -> None:
    for replica in REPLICAS.values():
        assert replica["read_only"] is True
        assert replica["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in replica["security_opt"]


def test_there_is_time_to_drain() -> None:
    drain = GatewaySettings.model_fields["drain_timeout"].default
    assert all(seconds(replica["stop_grace_period"]) >= drain + 10 for replica in REPLICAS.values())


def test_the_gateway_reads_every_variable_it_is_given() -> None:
    assert [name for replica in REPLICAS.values() for name in variables(replica) if not is_setting(name)] == []


def test_the_proxy_knows_every_replica_and_its_port() -> None:
    upstreams = re.search(r"\{\$PROXY_REPLICAS:(.*?)\}", (DEPLOY / "Caddyfile").read_text(encoding="utf-8"))
    assert upstreams is not None
    assert upstreams[1].split() == [f"{name}:{IMAGE.port}" for name in REPLICAS]


@pytest.mark.parametrize("name", ["DATABASE_URL", "BLOB_URL"])
async def test_a_replica_that_was_not_told_what_is_shared_refuses_to_start_and_says_why(
    name: str, tmp_path: Path
) -> None:
    (given,) = {variables(service)[name] for service in REPLICAS.values() if "profiles" in service}
    fallback = given.removeprefix(f"${{{name}:-").removesuffix("}")
    shutil.copy(ROOT / "examples" / "hello.py", tmp_path / "bot.py")
    environment = {
        **os.environ,
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_SIGNING_SECRET": "secret",
        "GATEWAY_DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/gateway.db",
        name: fallback,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "gateway.cli", "run", "bot.py", "--headless", "--port", "0"),
        cwd=tmp_path,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    assert process.returncode != 0
    assert f"{name} is missing in .env" in " ".join(printed.decode().split())


async def compose() -> list[str]:
    """The command of Docker Compose, without an engine behind it; the test is skipped where there is none."""
    for command in ([shutil.which("docker-compose") or ""], [shutil.which("docker") or "", "compose"]):
        if command[0]:
            process = await asyncio.create_subprocess_exec(
                *command, "version", stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
            )
            if await process.wait() == 0:
                return command
    pytest.skip(f"{UNTESTED_COMPOSE}: there is no `docker compose` on this machine")


async def read_by_compose(folder: Path, *options: str) -> dict[str, Any]:
    """The services as Docker Compose makes them of the file, of ``.env`` and of options."""
    process = await asyncio.create_subprocess_exec(
        *await compose(),
        *options,
        *("config", "--format", "json"),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, complaints = await process.communicate()
    assert (process.returncode, complaints.decode()) == (0, "")
    services: dict[str, Any] = json.loads(printed)["services"]
    return services


async def test_docker_compose_reads_both_forms_without_a_complaint(tmp_path: Path) -> None:
    shutil.copy(ROOT / "compose.yaml", tmp_path)
    (tmp_path / ".env").write_text("SLACK_BOT_TOKEN=xoxb-1\n")
    alone = await read_by_compose(tmp_path)
    assert set(alone) == {"gateway"}
    assert alone["gateway"]["environment"] == {"SLACK_BOT_TOKEN": "xoxb-1"}

    page = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    lines = re.search(r"```sh\n(# \.env\n.*?)```", page, re.S)
    assert lines is not None
    (tmp_path / ".env").write_text(lines[1])
    scaled = await read_by_compose(tmp_path, "--profile", "scale")
    assert set(scaled) == set(SERVICES)
    replicas = [scaled[name]["environment"] for name in REPLICAS]
    assert replicas[0] == replicas[1] == replicas[2]
    password = scaled["postgres"]["environment"]["POSTGRES_PASSWORD"]
    assert replicas[0]["DATABASE_URL"] == f"postgresql://gateway:{password}@postgres:5432/gateway"
    assert replicas[0]["BLOB_URL"] == "file:///blobs"
    assert [name for name in replicas[0] if name.startswith("GATEWAY_") and not is_setting(name)] == []
