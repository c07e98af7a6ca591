"""``BLOB_URL``: what it may be, and what is said of what it may not."""

import socket
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.emulators.slack.emulator import SlackEmulator
from gateway.errors import SettingsError
from gateway.settings import GatewaySettings
from gateway.store.blobs import open_blobs
from tests.blobs.contract import content
from tests.support.bot import register, running_bot


async def test_a_folder_by_its_address(tmp_path: Path) -> None:
    blobs = open_blobs(f"file://{tmp_path}/my%20blobs", folder=tmp_path / "unused")
    await blobs.put("key", b"x")
    assert await content(blobs, "key") == b"x"
    assert (tmp_path / "my blobs" / "key").exists()
    assert not (tmp_path / "unused").exists()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("blobs", "write file:///FOLDER, s3://BUCKET/PREFIX"),
        ("ftp://host/folder", "write file:///FOLDER, s3://BUCKET/PREFIX"),
        ("file://blobs", "an absolute path is needed"),
        ("file:///", "an absolute path is needed"),
        ("s3://", "write file:///FOLDER, s3://BUCKET/PREFIX"),
        ("s3://bucket/a/../b", "'..' in it"),
        ("s3://bucket/a?region=x", "credentials belong into the environment"),
        ("gs://bucket#x", "credentials belong into the environment"),
        ("az://container/a//b", "an empty name"),
        ("http://[bad", "Invalid IPv6 URL"),
    ],
)
def test_an_address_that_cannot_be_used_names_the_setting(tmp_path: Path, url: str, said: str) -> None:
    with pytest.raises(SettingsError, match=r"^BLOB_URL: ") as raised:
        open_blobs(url, folder=tmp_path)
    assert said in str(raised.value)


def test_a_password_in_the_address_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        open_blobs("s3://AKIA:hunter2@bucket", folder=tmp_path)
    assert "hunter2" not in str(raised.value)


def test_azure_without_an_account_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(SettingsError, match=r"BLOB_URL: .*[Aa]ccount"):
        open_blobs("az://container", folder=tmp_path)


@pytest.mark.parametrize(("url", "setting"), [(None, "GATEWAY_DATA_DIR"), ("file://{}/file/blobs", "BLOB_URL")])
def test_a_folder_that_cannot_be_made_names_the_setting(tmp_path: Path, url: str | None, setting: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=f"^{setting}: the folder of blobs cannot be made: .*File exists"):
        open_blobs(url and url.format(tmp_path), folder=tmp_path / "file" / "blobs")


def test_the_setting_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert GatewaySettings.read().blob_url is None
    monkeypatch.setenv("BLOB_URL", "s3://bucket/bot")
    assert GatewaySettings.read().blob_url == "s3://bucket/bot"


async def test_a_cloud_that_does_not_answer_keeps_no_gateway_from_starting(
    slack: SlackEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.app.BLOB_CHECK", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
        with capture_logs() as logs:
            async with running_bot(slack, register(lambda: None), tmp_path, blob_url="s3://bucket"):
                pass
    [line] = [line for line in logs if line["event"] == "blobs.unreachable"]
    assert line["error"] == "no answer within 0.05 s"
