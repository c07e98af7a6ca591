"""The example of steps does on every platform what it says."""

import pytest

from gateway.testing import Seen, User
from tests.contract.reading import plan_of, plan_words

TEA = "Tea is made with water of 80 to 100 °C."
COFFEE = "Coffee is made with water of 92 to 96 °C."


@pytest.mark.gateway(bot="../../examples/steps.py")
async def test_the_example_of_steps(user: User) -> None:
    await user.says("hello")
    await user.sees("Say")
    await user.says("research")

    def researched(seen: Seen) -> bool:
        tasks = plan_of(seen.said)
        return len(tasks) == 4 and all(task.startswith("✅") for task in tasks)

    plan = "\n".join(plan_of((await user.sees(researched)).said))
    assert all(title in plan for title in ("research", "read", "write", TEA, COFFEE))
    await user.says("order")
    await user.sees("Paid 250 cents, receipt 4711.")
    await user.sees(lambda seen: any("✅ pay" in task and "4711" in task for task in plan_of(seen.said)))
    await user.says("plan")

    def ready(seen: Seen) -> bool:
        tasks = [task.split(" (")[0] for task in plan_of(seen.said)]
        return tasks == ["✅ Boil water", "✅ Pour it", "✅ Wait"] and "Done" in plan_words(seen.said)

    await user.sees(ready)
