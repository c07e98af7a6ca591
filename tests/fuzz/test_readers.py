"""Every reader of what somebody else wrote, alone, as ``tests.fuzz.guided`` fuzzes it for hours."""

import importlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.choices import Drawn, examples
from tests.fuzz.guided import READERS


class DrawnBytes(Drawn):
    """Choices that hypothesis draws, with bytes behind them."""

    def rest(self) -> bytes:
        """Return any bytes."""
        return self._data.draw(
            st.binary(max_size=300) | st.text(st.characters(codec="utf-8"), max_size=200).map(str.encode)
        )


@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("name", READERS)
def test_a_reader_reads_or_refuses_and_never_breaks(name: str) -> None:
    module, _, function = READERS[name].partition(":")
    read = getattr(importlib.import_module(module), function)()

    @given(st.data())
    @examples(120)
    def check(data: st.DataObject) -> None:
        read(DrawnBytes(data))

    check()
