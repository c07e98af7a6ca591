"""Makes the site's pages out of the repository's own files: links that work there and on the code host, documents of
the top level, examples, and the reference of the handler API, whose groups are in ``reference.yml``."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

DOCUMENTS = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security-policy.md",
}
"""Documents of the top level, and the pages they are on the site."""
SECTIONS = {"settings": ("settings.md", "Settings")}
"""Sections of the README that are pages of their own, by their anchors: the page, and its heading."""
SOURCES = {"gateway/__init__.py": "reference/lifecycle.md", "gateway/adapter/base.py": "reference/adapter.md"}
"""Modules that documents link to, and the pages on which they are described."""
GENERATED = ("examples", "reference")
"""Folders of the site in which all pages are made here."""

_LINK = re.compile(r"(?<!\\)(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]+)\)")
_DRAWING = re.compile(r'<img [^>]*src="[./]*images/(\w+\.svg)"[^>]*/?>')
_PATH = re.compile(r"[\w./-]+\.md")
_FENCE = re.compile(r"^\s*(````?|~~~)(?!`)")


def on_files(files: "Files", config: "MkDocsConfig") -> "Files":
    """Add the pages that are made here."""
    for page, text in generated().items():
        files.append(File.generated(config, page, content=text))
    return files


@cache
def generated() -> Mapping[str, str]:
    """Return the pages that are made here, by their paths on the site."""
    pages = {page: (ROOT / document).read_text(encoding="utf-8") for document, page in DOCUMENTS.items()}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for page, heading in SECTIONS.values():
        section = readme.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
        pages[page] = f"# {heading}\n{section}"
    return {**pages, **_examples(), **dict(_reference())}


def _examples() -> dict[str, str]:
    """Return a page for each example, with its docstring above its source, and the page that lists them."""
    pages: dict[str, str] = {}
    rows: list[str] = []
    for file in example_files():
        name = file.relative_to(ROOT).as_posix()
        page = example_page(name)
        source = file.read_text(encoding="utf-8")
        said = re.match(r'"""(.*?)"""|((?:(?://|#)[^\n]*\n)+)', source, re.DOTALL)
        assert said is not None, f"{name} does not begin by saying what it is"
        what = " ".join((said[1] or re.sub(r"^(//|#)", "", said[2], flags=re.MULTILINE)).split())
        language = {".py": "python", ".mjs": "javascript", ".rb": "ruby"}[file.suffix]
        guide = file.parent / "README.md"
        # The guide of a whole program is its page; below stands the program.
        text = guide.read_text(encoding="utf-8") if guide.exists() else f"# {name}\n\n{what}\n"
        pages[page] = f"{text}\n## The file `{name}`\n\n````{language}\n{source}````\n"
        rows.append(f"| [{name}]({posixpath.relpath(page, 'examples')}) | {what.partition('. ')[0].rstrip('.')} |")
    pages["examples/index.md"] = (
        "# Examples\n\nEach is one file that runs as it is; the tests run all of them.\n\n"
        "| file | what it is |\n|---|---|\n" + "\n".join(rows) + "\n"
    )
    return pages


def example_files() -> list[Path]:
    """Return the files of which each is an example by itself."""
    folder = ROOT / "examples"
    return sorted([*folder.glob("*.py"), *folder.glob("apps/*/app.py"), *folder.glob("clients/chat.*")])


def example_page(name: str) -> str:
    """Return the page of an example, given its path in the repository."""
    return re.sub(r"\.(\w+)$", lambda ending: "" if ending[1] == "py" else f"-{ending[1]}", name) + ".md"


def groups() -> Mapping[str, Mapping[str, Any]]:
    """Return the groups of the reference by their pages' names: a title, an introduction, names, and (``own``) whether
    what a class inherits is left out, because the page has the class that it comes from."""
    found: Mapping[str, Mapping[str, Any]] = yaml.safe_load((HERE / "reference.yml").read_text(encoding="utf-8"))
    return found


def _reference() -> Iterator[tuple[str, str]]:
    """Yield a page for each group of the reference."""
    for page, group in groups().items():
        only_own = "    options:\n      inherited_members: false\n" if group.get("own") else ""
        names = "\n".join(f"::: {name}\n{only_own}" for name in group["names"])
        yield f"reference/{page}.md", f"# {group['title']}\n\n{group['text']}\n\n{names}"


def on_page_markdown(markdown: str, page: "Page", config: "MkDocsConfig", files: "Files") -> str:
    """Turn the links of a document, which lead through the repository, into links between pages."""
    there = _source(page.file.src_uri)
    if there is None:
        return markdown
    lines: list[str] = []
    code = False
    for line in markdown.split("\n"):
        if _FENCE.match(line):
            code = not code
        elif not code:
            line = _LINK.sub(lambda link: _linked(link, page.file.src_uri, there, files, config.repo_url), line)
        lines.append(line)
    return "\n".join(lines)


def on_page_content(html: str, page: "Page", config: "MkDocsConfig", files: "Files") -> str:
    """Put drawings into the page itself, so that their colours are those that the reader chose for it."""
    return _DRAWING.sub(lambda image: (HERE.parent / "images" / image[1]).read_text(encoding="utf-8"), html)


def _source(page: str) -> str | None:
    """Return the path in the repository from which the links of a page lead; None for a page whose links need not be
    changed."""
    for document, its_page in DOCUMENTS.items():
        if page == its_page:
            return document
    if page in {its_page for its_page, _ in SECTIONS.values()}:
        return "README.md"
    if page.startswith("examples/apps/"):
        return page.removesuffix("/app.md") + "/README.md"
    return None if page.startswith(GENERATED) else f"docs/{page}"


def _linked(link: "re.Match[str]", page: str, source: str, files: "Files", repository: str | None) -> str:
    """Return a link as the page needs it: to another page of the site, else to the code host if there is one, else its
    text alone."""
    image, label, target = link.groups()
    path, _, anchor = target.partition("#")
    if not path or re.match(r"[a-z]+:", target):
        return link[0]
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    to = _page_of(path, anchor)
    if to is None or files.get_file_from_path(to) is None:
        return f"[{label}]({repository.rstrip('/')}/blob/main/{path})" if repository and not image else label
    ending = f"#{anchor}" if anchor and anchor not in SECTIONS else ""
    if _PATH.fullmatch(label):
        label = _title(path) or label
    return f"{image}[{label}]({posixpath.relpath(to, posixpath.dirname(page) or '.')}{ending})"


@cache
def _title(path: str) -> str | None:
    """Return the heading of a document, None for another file: on the site its path says nothing."""
    found = re.match(r"# (.*)", (ROOT / path).read_text(encoding="utf-8")) if path.endswith(".md") else None
    return found[1] if found else None


def _page_of(path: str, anchor: str) -> str | None:
    """Return the page, or the picture, that a file of the repository is on the site."""
    if path == "README.md":
        return SECTIONS[anchor][0] if anchor in SECTIONS else "index.md"
    if path in DOCUMENTS or path in SOURCES:
        return DOCUMENTS.get(path) or SOURCES[path]
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if path in ("examples", "examples/clients", "examples/apps"):
        return "examples/index.md"
    if path.startswith("examples/apps/"):
        return example_page(f"{posixpath.dirname(path)}/app.py")
    return example_page(path) if path.startswith("examples/") else None
