"""Every key has a file of its own, below the folder, with names that a disk takes."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.object_storage.keys import check_key, clean_key, file_path, key_of

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


@given(st.text(max_size=1_500))
def test_any_text_becomes_a_key(text: str) -> None:
    cleaned = clean_key(text)
    assert check_key(cleaned) == cleaned
    assert clean_key(cleaned) == cleaned


@given(
    KEYS.filter(lambda key: len(key.encode()) <= 1_024 and "\\" not in key and not {".", ".."} & set(key.split("/")))
)
def test_a_key_stays_as_it_is(key: str) -> None:
    assert clean_key(key) == key


def test_a_long_name_keeps_its_ending() -> None:
    cleaned = clean_key(f"user/id/{'語' * 500}.tar.gz")
    assert cleaned.startswith("user/id/語")
    assert cleaned.endswith("語.gz")
    assert 1_020 < len(cleaned.encode()) <= 1_024
    assert clean_key(f"user/id/a.{'x' * 2_000}") == clean_key(f"user/id/a.{'x' * 3_000}")
