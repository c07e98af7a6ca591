"""The documentation's site is built strictly, has the whole API in its reference, and asks no other host."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import gateway
from tests.docs.blocks import ROOT

pytestmark = [pytest.mark.timeout(300)]

REFERENCE: dict[str, dict[str, list[str]]] = yaml.safe_load(
    (ROOT / "docs" / "site" / "reference.yml").read_text("utf-8")
)
OBJECTS = {
    "chat_context": "gateway.chat.history.ChatContext",
    "context": "gateway.chat.context.Context",
    "mount_gateway": "gateway.mounting.mount_gateway",
    "user_session": "gateway.chat.session.UserSession",
}
"""Public names that are documented by their class, or where they are defined."""


class Page:
    """What is looked at of a page."""

    def __init__(self, html: str) -> None:
        article = re.sub(r"^.*?<article|</article>.*$", "", html, flags=re.DOTALL)
        prose = re.sub(r"<(pre|code|style|svg)\b.*?</\1>", "", article, flags=re.DOTALL)
        assets = re.findall(r"<(?:script|img|iframe|source|link rel=\"(?:stylesheet|icon)\")\b[^>]*>", html)
        self.fetched = [found[1] for each in assets if (found := re.search(r"(?:src|href)=\"([^\"]*)", each))]
        """Addresses of what a browser fetches."""
        self.links = re.findall(r"<a\b[^>]* href=\"([^\"]*)", article)
        self.nameless = [each for each in re.findall(r"<img\b[^>]*>", article) if not re.search(r"alt=\"[^\"]", each)]
        """Pictures without a text in their place."""
        self.raw = [
            text
            for text in re.findall(r"<(?:p|li|td)>(.*?)</(?:p|li|td)>", prose, re.DOTALL)
            if re.search(r"(^|\n)\s*([-*] |\|)|```|\]\(|\*\*", text)
        ]
        """Text in paragraphs, items and cells that looks like Markdown."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as ``make docs`` does."""
    folder = tmp_path_factory.mktemp("site")
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "mkdocs",
            "build",
            "--strict",
            "--quiet",
            "-f",
            "docs/site/mkdocs.yml",
            "-d",
            str(folder),
        ],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stdout + result.stderr) == (0, "")
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    return {path.relative_to(site).as_posix(): Page(path.read_text("utf-8")) for path in site.rglob("*.html")}


def test_every_document_is_a_page(pages: dict[str, Page]) -> None:
    assert {f"{path.stem}.html" for path in (ROOT / "docs").glob("*.md")} <= set(pages)
    assert {"settings.html", "contributing.html", "changelog.html", "security-policy.html"} <= set(pages)


def test_no_page_fetches_anything_from_another_host(pages: dict[str, Page], site: Path) -> None:
    assert {each for page in pages.values() for each in page.fetched if re.match(r"(\w+:)?//", each)} == set()
    styles = "".join(path.read_text("utf-8") for path in site.rglob("*.css"))
    assert re.findall(r"(?:@import|url\()\s*[\"']?https?:[^)]*", styles) == []


def test_no_markdown_is_left_unrendered(pages: dict[str, Page]) -> None:
    assert {name: page.raw for name, page in pages.items() if page.raw} == {}


def test_every_picture_has_a_text_in_its_place(pages: dict[str, Page]) -> None:
    assert [(name, each) for name, page in pages.items() for each in page.nameless] == []


def test_the_drawing_is_part_of_the_page(site: Path) -> None:
    for page in ("concepts.html", "architecture.html"):
        html = (site / page).read_text("utf-8")
        assert 'class="event"' in html
        assert '<desc id="event-desc">' in html


def names() -> Iterator[str]:
    """Yield what stands in the reference."""
    for group in REFERENCE.values():
        yield from group["names"]


def test_every_public_name_is_in_the_reference() -> None:
    shown = {each.rpartition(".")[2] for each in names()}
    wanted = {OBJECTS.get(name, f"gateway.{name}").rpartition(".")[2] for name in gateway.__all__}
    assert wanted - shown == set()
    assert len(list(names())) == len(set(names()))


def test_the_reference_says_what_each_parameter_means(site: Path) -> None:
    html = (site / "reference" / "messages.html").read_text("utf-8")
    assert 'id="gateway.Message.stream_token"' in html
    for name in ("content", "author", "elements", "actions"):
        assert re.search(rf"<b><code>.*?{name}.*?</code></b>|<code>{name}</code>", html), name


def test_links_between_pages_lead_somewhere(pages: dict[str, Page], site: Path) -> None:
    """MkDocs looks at links in documents; here are those of the pages that are made of other files, too."""
    missing = [
        (name, link)
        for name, page in pages.items()
        for link in page.links
        if not re.match(r"(\w+:|#|//)", link) and not (site / name).parent.joinpath(link.partition("#")[0]).exists()
    ]
    assert missing == []
