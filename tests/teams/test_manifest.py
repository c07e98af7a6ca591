"""The package is the generated one, and what the schema it names asks for.

The rules are those of teams/v1.22/MicrosoftTeams.schema.json, for the properties the manifest has.
"""

import io
import json
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from adapters.teams.manifest import app_manifest, files, manifest
from gateway.adapter import AppOptions
from gateway.errors import SettingsError

FOLDER = Path(__file__).parents[2] / "manifests" / "teams"
APP = "11111111-2222-3333-4444-555555555555"
OPTIONS = AppOptions(name="Ada's bot", url="https://bot.example/", app_id=APP)
GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
SCOPES = {"team", "personal", "groupChat", "copilot"}


def pixels(png: bytes) -> tuple[int, bytes]:
    """The size of a square picture, and its unfiltered lines of red, green, blue and alpha."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height, depth, color = struct.unpack(">IIBB", png[16:26])
    assert (width, depth, color) == (height, 8, 6)
    length = int.from_bytes(png[33:37], "big")
    assert png[37:41] == b"IDAT"
    return width, zlib.decompress(png[41 : 41 + length])


def test_the_files_in_the_repository_are_the_generated_ones() -> None:
    made = files(AppOptions())
    assert set(made) == {path.name for path in FOLDER.iterdir()}
    assert (FOLDER / "manifest.json").read_bytes() == made["manifest.json"]
    for icon in ("color.png", "outline.png"):
        assert pixels((FOLDER / icon).read_bytes()) == pixels(made[icon])


def test_the_icons_are_of_teams_sizes_and_colours() -> None:
    made = files(OPTIONS)
    size, lines = pixels(made["color.png"])
    assert size == 192
    assert {lines[at + 4] for row in range(size) for at in [row * (4 * size + 1)]} == {255}  # nothing shines through
    size, lines = pixels(made["outline.png"])
    seen = {lines[row * 129 + 1 + 4 * x :][:4] for row in range(size) for x in range(size)}
    assert size == 32
    assert {each[:3] for each in seen} == {b"\xff\xff\xff"}
    assert {0, 255} <= {each[3] for each in seen}


def test_the_package_holds_all_three_and_is_always_the_same() -> None:
    made = app_manifest(OPTIONS)
    assert made == app_manifest(OPTIONS)
    with zipfile.ZipFile(io.BytesIO(made)) as package:
        assert package.namelist() == ["manifest.json", "color.png", "outline.png"]
        assert json.loads(package.read("manifest.json")) == manifest(OPTIONS)


@pytest.mark.parametrize(
    "options", [OPTIONS, AppOptions(), OPTIONS._replace(name="A name that is longer than 30 " * 9)]
)
def test_it_fits_its_schema(options: AppOptions) -> None:
    made = manifest(options)
    check_top(made)
    [bot] = made["bots"]
    assert set(bot) <= {"botId", "scopes", "commandLists", "isNotificationOnly", "supportsFiles"}
    assert bot["botId"] == made["id"] and set(bot["scopes"]) <= SCOPES and len(bot["scopes"]) <= 3
    assert len(bot["commandLists"]) <= 3
    for commands in bot["commandLists"]:
        assert set(commands) == {"scopes", "commands"} and set(commands["scopes"]) <= SCOPES
        assert len(commands["scopes"]) <= 3 and len(commands["commands"]) <= 10
        for command in commands["commands"]:
            assert set(command) == {"title", "description"}
            assert len(command["title"]) <= 32 and len(command["description"]) <= 128  # the page is stricter than that
    assert len(made["validDomains"]) <= 16


def check_top(made: dict[str, Any]) -> None:
    assert f"/v{made['manifestVersion']}/" in made["$schema"] and made["manifestVersion"] == "1.22"
    assert re.fullmatch(r"\d+\.\d+\.\d+", made["version"]) and GUID.fullmatch(made["id"])
    assert set(made) == {
        "$schema", "manifestVersion", "version", "id", "developer", "name", "description", "icons", "accentColor",
        "bots", "validDomains",
    }  # fmt: skip
    assert set(made["developer"]) == {"name", "websiteUrl", "privacyUrl", "termsOfUseUrl"}
    assert 0 < len(made["developer"]["name"]) <= 32
    for name in ("websiteUrl", "privacyUrl", "termsOfUseUrl"):
        assert made["developer"][name].startswith("https://") and len(made["developer"][name]) <= 2048
    names = made["name"]
    assert 0 < len(names["short"]) <= 30 and len(names.get("full", "")) <= 100
    assert names.get("full") != names["short"]
    assert 0 < len(made["description"]["short"]) <= 80 and 0 < len(made["description"]["full"]) <= 4000
    assert made["description"]["short"] != made["description"]["full"]
    assert set(made["icons"]) == {"color", "outline"}
    assert re.fullmatch(r"#[0-9a-fA-F]{6}", made["accentColor"])


def test_where_the_bot_is_and_which_it_is_are_in_it() -> None:
    made = manifest(OPTIONS)
    assert (made["id"], made["validDomains"]) == (APP, ["bot.example"])
    assert {command["title"] for command in made["bots"][0]["commandLists"][0]["commands"]} >= {"/new", "/stop"}


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (AppOptions(), "--app-id"),
        (OPTIONS._replace(app_id="no guid"), "--app-id"),
        (OPTIONS._replace(url="http://bot.example"), "--url"),
    ],
)
def test_what_is_missing_is_named(options: AppOptions, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        app_manifest(options)
