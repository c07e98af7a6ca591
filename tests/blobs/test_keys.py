"""Every key has a file of its own, below the folder, with names that a disk takes."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.object_storage.keys import file_path, key_of

NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/"), min_size=1, max_size=700)
TRICKY = st.text("%.#+2E53a", min_size=1, max_size=420)
KEYS = st.lists(NAMES | TRICKY, min_size=1, max_size=3).map("/".join)


@given(KEYS)
def test_the_path_of_a_key_leads_back_to_it_and_stays_below_the_folder(key: str) -> None:
    path = file_path(key)
    assert key_of(path) == key
    for name in path.split("/"):
        assert 0 < len(name.encode()) <= 255
        assert not name.startswith(".")
        assert "#" not in name
