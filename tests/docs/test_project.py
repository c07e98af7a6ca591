"""What a newcomer looks for is there: workflows that can be read, templates, releases from one place."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.blocks import ROOT

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
notes = runpy.run_path(str(ROOT / ".ci" / "release_notes.py"))["notes"]
PROJECT = '[project]\nversion = "1.2.0"\n'
CHANGELOG = "# Changelog\n\n## [1.2.0] - 2026-01-31\n\n### Added\n\n- A thing.\n\n## [1.1.0] - 2025-12-01\n\n- Old.\n"


def steps(workflow: Path) -> list[dict[str, Any]]:
    """Return the steps of all jobs of a workflow."""
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


@pytest.mark.parametrize("path", [*WORKFLOWS, *GITHUB.rglob("*.yml"), ROOT / ".pre-commit-config.yaml"], ids=str)
def test_yaml_can_be_read(path: Path) -> None:
    assert yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_write_nothing_that_it_does_not_name(path: Path) -> None:
    text = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert text["permissions"]["contents"] == "read"
    for name, job in text["jobs"].items():
        assert "runs-on" in job, name
        assert set(job.get("needs", []) if isinstance(job.get("needs"), list) else [job.get("needs")]) <= {
            None,
            *text["jobs"],
        }
    # What a stranger writes (titles, branch names) never becomes a part of a script.
    scripts = "\n".join(step.get("run", "") for step in steps(path))
    assert re.findall(r"\$\{\{\s*github\.(?:event|head_ref|ref_name)[^}]*\}\}", scripts) == []


def test_ci_runs_what_a_developer_runs() -> None:
    assert ".ci/run" in [step.get("run") for step in steps(GITHUB / "workflows" / "ci.yml")]


def test_each_action_is_of_a_stated_version() -> None:
    used = [step["uses"] for path in WORKFLOWS for step in steps(path) if "uses" in step]
    assert [each for each in used if not re.search(r"@(v\d+|release/v\d+|[0-9a-f]{40})$", each)] == []


@pytest.mark.parametrize("path", sorted((GITHUB / "ISSUE_TEMPLATE").glob("[bf]*.yml")), ids=lambda path: path.stem)
def test_a_template_of_an_issue_has_the_fields_github_wants(path: Path) -> None:
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert form["name"] and form["description"]
    ids = [field["id"] for field in form["body"] if field["type"] != "markdown"]
    assert len(ids) == len(set(ids)) > 0
    assert all(field["attributes"].get("label") for field in form["body"] if field["type"] != "markdown")


def test_the_notes_of_a_release_are_those_of_its_version() -> None:
    assert notes("v1.2.0", project=PROJECT, changelog=CHANGELOG) == "### Added\n\n- A thing.\n"


@pytest.mark.parametrize(
    ("tag", "changelog", "error"),
    [
        ("v1.3.0", CHANGELOG, "not the version in pyproject.toml, which is 1.2.0"),
        ("v1.2.0", CHANGELOG.replace("1.2.0", "1.0.0"), "no notes of 1.2.0"),
        ("v1.2.0", CHANGELOG.replace("2026-01-31", "unreleased"), "write the day"),
    ],
)
def test_a_release_without_notes_is_refused(tag: str, changelog: str, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        notes(tag, project=PROJECT, changelog=changelog)


def test_the_changelog_has_notes_of_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    version = re.findall(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)[0]
    assert re.search(rf"^## \[{re.escape(version)}\] - ", changelog, re.MULTILINE)


@pytest.mark.parametrize(
    "name",
    [
        "LICENSE",
        "SECURITY.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        ".editorconfig",
        "gateway/py.typed",
        "adapters/py.typed",
    ],
)
def test_what_people_look_for_is_there(name: str) -> None:
    assert (ROOT / name).is_file()
