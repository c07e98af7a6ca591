"""Prints the notes of a release from CHANGELOG.md; refuses a tag that is not the version of pyproject.toml.

Run it with the tag: ``python .ci/release_notes.py v0.1.0``.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def notes(tag: str, *, project: str, changelog: str) -> str:
    """Return the notes of the version that a tag names.

    Args:
        tag: The tag, with or without ``v`` in front.
        project: The text of pyproject.toml.
        changelog: The text of CHANGELOG.md.

    Raises:
        ValueError: The tag is another version than the project's, or the changelog has no notes of it, or no date.
    """
    version = tag.removeprefix("v")
    stated = tomllib.loads(project)["project"]["version"]
    if version != stated:
        raise ValueError(f"the tag {tag} is not the version in pyproject.toml, which is {stated}")
    found = re.search(
        rf"^## \[{re.escape(version)}\] - (?P<when>[^\n]*)\n(?P<text>.*?)(?=^## \[|\Z)", changelog, re.M | re.S
    )
    if found is None or not found["text"].strip():
        raise ValueError(f"CHANGELOG.md has no notes of {version}: a section `## [{version}] - <date>`")
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", found["when"].strip()):
        raise ValueError(f"CHANGELOG.md says {found['when'].strip()!r} of {version}: write the day, as 2026-01-31")
    return found["text"].strip() + "\n"


def main() -> None:
    """Print the notes of the tag that was given; exit code 1 with one line where there are none."""
    try:
        project, changelog = ((ROOT / name).read_text(encoding="utf-8") for name in ("pyproject.toml", "CHANGELOG.md"))
        sys.stdout.write(notes(sys.argv[1], project=project, changelog=changelog))
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
