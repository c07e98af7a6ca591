"""Names of files as OneDrive takes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.teams.filenames import onedrive_name
from gateway.emulators.teams.files import _REFUSED


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("report.txt", "report.txt"),
        ("Übersicht 2026 (v1.2) #3 100%.xlsx", "Übersicht 2026 (v1.2) #3 100%.xlsx"),
        ("Costs 9:15 <draft>?.txt", "Costs 9-15 (draft).txt"),
        ("a/b\\c|d.txt", "a-b-c-d.txt"),
        ('say "hi"*.md', "say 'hi'-.md"),
        (" lead.txt", "lead.txt"),
        ("trail.txt. ", "trail.txt"),
        ("line\nend\t.txt", "lineend.txt"),
        ("con.txt", "_con.txt"),
        ("LPT1", "_LPT1"),
        ("console.txt", "console.txt"),
        ("desktop.ini", "_desktop.ini"),
        ("~$temp.txt", "$temp.txt"),
        ("a_VTI_b", "a-vti-b"),
        (".profile", "profile"),
        ("?.txt", "file.txt"),
        ("???", "file"),
        ("...", "file"),
        ("", "file"),
        ("half \ud83d.txt", "half .txt"),
        ("x" * 300 + ".txt", "x" * 196 + ".txt"),
        ("y" * 300, "y" * 200),
    ],
)
def test_the_nearest_name_is_taken(name: str, taken: str) -> None:
    assert onedrive_name(name) == taken


PIECES = [*' .~$_*:<>?/\\|"aA1\n\xa0', "con", "_vti_", ".lock"]


@given(st.lists(st.sampled_from(PIECES), max_size=10))
def test_onedrive_takes_what_was_made_of_any_name_and_it_stays_so(pieces: list[str]) -> None:
    taken = onedrive_name("".join(pieces))
    assert not _REFUSED.fullmatch(taken), taken
    assert onedrive_name(taken) == taken
