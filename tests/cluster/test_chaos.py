"""The short form of ``make chaos``: each kind of fault that takes a moment, on all platforms at once."""

from pathlib import Path

import pytest

from tests.cluster.chaos import chaos_round, outcome
from tests.cluster.server import require_postgres

STEPS = (
    "kill after sends",
    "storm",
    "database killed",
    "duplicates and delays",
    "kill all",
)


@pytest.mark.chaos
@pytest.mark.timeout(300)
async def test_no_fault_loses_doubles_or_disorders_anything(tmp_path: Path) -> None:
    require_postgres()
    tally = await chaos_round(tmp_path, seed="7", kills=0, steps=STEPS, pause=0.5)
    print(outcome(tally))
    assert tally.wrong == {}
    assert tally.kills >= 4
    assert all(account.messages > 20 for account in tally.accounts.values())
