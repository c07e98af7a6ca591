"""What the documents say of the code is true of it: settings, paths, links, the map of the folders, the concepts."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import gateway
from adapters import PLATFORMS
from gateway.settings import GatewaySettings

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")) if path.is_file()
)
MADE_AT_RUN_TIME = {".gateway"}
"""Paths the documents name that are made by a running gateway."""
SET_BY_OTHERS = {
    "DISCORD_API_URL", "DISCORD_GATEWAY_URL", "IDENTITY_ENDPOINT", "IDENTITY_HEADER", "SLACK_API_URL",
    "SLACK_WEBSOCKET_TOKEN", "TEAMS_LOGIN_URL", "TEAMS_OPENID_METADATA_URL",
}  # fmt: skip
"""Variables that an operator does not set: addresses of emulators, what Azure sets, another name of a variable."""
MOST_CONCEPTS = 42


def read(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def section(document: str, heading: str) -> str:
    """The text of a document below a heading, up to the next one of the same level."""
    return read(document).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def variables() -> Iterator[str]:
    """The names of all environment variables that the gateway and its platforms read."""
    yield from GatewaySettings.variables()
    for platform in PLATFORMS:
        module, _, name = platform.settings_class.partition(":")
        yield from getattr(importlib.import_module(module), name).variables()


def test_the_readme_lists_every_setting_and_no_other() -> None:
    listed = set(
        re.findall(r"`([A-Z][A-Z_]+)`", "".join(re.findall(r"^\|[^|]*\|", section("README.md", "Settings"), re.M)))
    )
    assert listed == set(variables()) - SET_BY_OTHERS


def defaults() -> Iterator[tuple[str, str]]:
    """Each variable in the README's table with the default it states, one for each name of a line."""
    for names, values in re.findall(r"^\| (`.*?) \| (`.*?) \| ", section("README.md", "Settings"), re.M):
        yield from zip(re.findall(r"`(.+?)`", names), re.findall(r"`(.+?)`", values), strict=True)


@pytest.mark.parametrize(("name", "value"), [each for each in defaults() if each[0] in GatewaySettings.variables()])
def test_the_readme_states_the_default_of_a_setting(name: str, value: str) -> None:
    default = GatewaySettings.model_fields[name.removeprefix("GATEWAY_").lower()].default
    assert value == (str(default).lower() if isinstance(default, bool) else str(default))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_and_link_of_a_document_leads_somewhere(document: str) -> None:
    text, beside = read(document), (ROOT / document).parent
    paths = {each.rstrip("/") for each in re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`", text)} - MADE_AT_RUN_TIME
    missing = [each for each in sorted(paths) if not any((base / each).exists() for base in (ROOT, ROOT / "gateway"))]
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        path = beside / file if file else ROOT / document
        if not path.exists() or (anchor and anchor not in anchors(path)):
            missing.append(target)
    assert missing == []


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in headings}


def test_the_handlers_page_names_the_whole_public_api_and_a_page_beside_it_what_needs_a_web_page() -> None:
    page = read("docs/handlers.md") + read("docs/web-only.md")
    assert [name for name in gateway.__all__ if not re.search(rf"\b{name}\b", page)] == []


def concepts() -> Iterator[tuple[str, str]]:
    """Each folder and concept in the table of docs/architecture.md."""
    for folder, cell in re.findall(r"^\| `(\w+)/` \| (.*) \|$", section("docs/architecture.md", "Concepts"), re.M):
        for name in re.findall(r"`([^`]+)`", cell):
            yield folder, name


def test_each_concept_is_a_class_or_value_of_its_folder() -> None:
    for folder, name in concepts():
        sources = [path.read_text(encoding="utf-8") for path in (ROOT / "gateway" / folder).rglob("*.py")]
        if name.endswith("…"):
            assert any(re.search(rf"^class {name[:-1]}\w+\b", source, re.M) for source in sources), name
        else:
            assert any(re.search(rf"^(class {name}\b|{name}\b.* = )", source, re.M) for source in sources), name


def test_the_way_of_one_event_takes_no_more_concepts_than_are_worth_it() -> None:
    count = len(list(concepts()))
    assert f"That is {count}." in section("docs/architecture.md", "Concepts")
    assert count <= MOST_CONCEPTS


def order() -> list[set[str]]:
    """The lines of the map of folders in CONTRIBUTING.md: the modules that are named in each."""
    lines = section("CONTRIBUTING.md", "How the code is laid out").partition("gateway/\n")[2].partition("adapters/")[0]
    return [set(re.findall(r"\w+", line[2:23])) for line in lines.splitlines()]


def test_the_map_of_folders_lists_every_module_and_imports_point_down_it() -> None:
    rank = {name: number for number, names in enumerate(order()) for name in names}
    there = {
        path.stem for path in (ROOT / "gateway").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert set(rank) == there - {"__init__"}
    upward: set[tuple[str, str]] = set()
    for path in (ROOT / "gateway").rglob("*.py"):
        name = path.relative_to(ROOT / "gateway").parts[0].removesuffix(".py")
        imports = re.findall(r"^ *from gateway\.(\w+)[\w.]* import ", path.read_text(encoding="utf-8"), re.M)
        upward |= {(name, each) for each in imports if name != "__init__" and rank[each] < rank[name]}
    assert upward == set()
