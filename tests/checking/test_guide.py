"""docs/from-chainlit.md shows what `gateway check` prints, and names only what there is."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.chat.web_only import INSTEAD
from gateway.checking.surface import look_up
from gateway.cli import app
from gateway.compat.config import USED

GUIDE = (Path(__file__).parents[2] / "docs" / "from-chainlit.md").read_text(encoding="utf-8")


def test_the_output_that_is_shown_is_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [source] = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    [shown] = re.findall(r"```\n(app\.py:.*?)```", GUIDE, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(source, encoding="utf-8")
    result = CliRunner().invoke(app, ["check", "app.py"])
    assert result.stdout == shown
    assert result.exit_code == 2


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`@?cl\.([\w.]+)", GUIDE))))
def test_a_name_of_the_guide_is_there(name: str) -> None:
    known = look_up(f"chainlit:{name}")
    assert known.state == ("nothing" if name in INSTEAD else "works")


def test_the_values_of_the_configuration_that_are_used_are_listed() -> None:
    section = GUIDE.partition("## The files beside the app")[2].partition("\n## ")[0]
    listed = {
        name for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for name in re.findall(r"`(.+?)`", row)
    }
    assert listed == {".".join(path) for path in USED}
