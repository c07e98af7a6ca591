"""What stands below a text in the platform's own form: cards, plans and select menus."""

import time

import pytest

from gateway.adapter import SupportsLookup
from gateway.errors import RefusedForm, Unavailable
from gateway.model import (
    TASK_ICONS,
    ActionInvoked,
    Card,
    Menu,
    MenuOption,
    Outgoing,
    Plan,
    Receipt,
    TaskUpdate,
    from_json,
    to_json,
)
from tests.contract.harness import AdapterHarness, HouseContract, need
from tests.contract.reading import plan_of
from tests.contract.world import Person

CARD = Card(title="Order 7", text="Two **books**", facts=(("State", "paid"), ("Sum", "<12> & more")))


def menu(count: int, *, name: str = "o") -> Menu:
    """Return a menu with so many options."""
    return Menu(
        placeholder="Choose",
        options=tuple(MenuOption(token=f"{name}:{n}", label=f"{name} {n}") for n in range(count)),
    )


def task(number: int, **changes: object) -> TaskUpdate:
    """Return a task that is being worked on."""
    return TaskUpdate(**{"id": f"t{number}", "title": f"Task {number}", **changes})  # type: ignore[arg-type]


class DrawnContract(HouseContract):
    """Part of ``AdapterContract``."""

    # Cards

    async def test_a_card_is_drawn_changed_and_taken_away(self, harness: AdapterHarness) -> None:
        need(harness.adapter.capabilities.cards, "cards")
        post, ref = await harness.mention()
        sent = await harness.adapter.send(ref, Outgoing(text="see", cards=(CARD,)), key="k")
        [message] = harness.said(post)
        [card] = message.cards
        assert (message.id, message.text) == (sent.id, "see")
        lines = card.splitlines()
        assert lines[0] == "Order 7"
        assert "books" in lines[1]
        assert lines[2:] == ["State: paid", "Sum: <12> & more"]
        changed = Card(title="Order 7", facts=(("State", "sent"),))
        sent = await harness.adapter.edit(from_json(Receipt, to_json(sent)), Outgoing(cards=(changed, CARD)))
        [message] = harness.said(post)
        assert [each.splitlines()[1] for each in message.cards] == ["State: sent", lines[1]]
        await harness.adapter.edit(sent, Outgoing(text="done"))
        [message] = harness.said(post)
        assert (message.text, message.cards) == ("done", ())

    async def test_cards_notify_nobody(self, harness: AdapterHarness) -> None:
        need(harness.adapter.capabilities.cards, "cards")
        post, ref = await harness.mention()
        loud = f"{harness.world.facts.everyone} {harness.world.mention_of('Grace')}"
        card = Card(title=loud, text=loud, facts=((loud, loud),))
        await harness.adapter.send(ref, Outgoing(text="see", cards=(card,)), key="k")
        assert harness.said(post)[-1].pings == ()

    async def test_cards_that_do_not_fit_are_refused_by_name(self, harness: AdapterHarness) -> None:
        need(harness.adapter.capabilities.cards, "cards")
        _, ref = await harness.mention()
        card = Card(title="T" * 500, text="word " * 2_000, facts=tuple((f"n{n}", "v" * 900) for n in range(90)))
        with pytest.raises(RefusedForm) as refused:
            await harness.adapter.send(ref, Outgoing(text="see", cards=(card,) * 9), key="k")
        assert refused.value.parts == {"cards"}

    async def test_what_is_drawn_is_found_when_its_receipt_was_lost(self, harness: AdapterHarness) -> None:
        adapter, limits = harness.adapter, harness.adapter.capabilities
        need(isinstance(adapter, SupportsLookup), "way to look for what was sent")
        need(limits.cards and limits.menus, "cards and menus")
        assert isinstance(adapter, SupportsLookup)
        post, ref = await harness.mention()
        message = Outgoing(text="see", cards=(CARD,), menus=(menu(2),))
        harness.world.fail_next("send", "disconnected", after_effect=True)
        with pytest.raises(Unavailable):
            await adapter.send(ref, message, key="k")
        found = await adapter.find(ref, message, key="k", since=time.time() - 5, claimed=())
        [said] = harness.said(post)
        assert found is not None and found.id == said.id
        await adapter.edit(found, message)
        [said] = harness.said(post)
        assert (len(said.cards), len(said.menus)) == (1, 1)

    # Plans

    @pytest.mark.parametrize("kind", ["tasks", "steps"])
    async def test_a_plan_is_drawn_and_changes(self, harness: AdapterHarness, kind: str) -> None:
        need(harness.adapter.capabilities.plans, "plans")
        post, ref = await harness.mention()
        tasks = [task(0, status="complete", seconds=1.25), task(1, depth=1), task(2, status="pending")]
        plan = Plan(kind=kind, title="Plan <A>", status="Running", tasks=tuple(tasks))  # type: ignore[arg-type]
        sent = await harness.adapter.send(ref, Outgoing(text="see", plan=plan), key="k")
        [message] = harness.said(post)
        assert "Plan <A>" in message.plan[0] and "Running" in message.plan[0]
        for line, each in zip(plan_of(message), tasks, strict=True):
            assert line.startswith(TASK_ICONS[each.status]) and each.title in line
        tasks[1] = task(1, status="error", output="it broke", details="the input")
        plan = Plan(kind=kind, title="Plan <A>", status="Failed", tasks=tuple(tasks))  # type: ignore[arg-type]
        await harness.adapter.edit(from_json(Receipt, to_json(sent)), Outgoing(plan=plan))
        [message] = harness.said(post)
        assert "Failed" in message.plan[0]
        assert any(line.startswith(TASK_ICONS["error"]) and "Task 1" in line for line in plan_of(message))
        await harness.adapter.edit(sent, Outgoing(text="done"))
        [message] = harness.said(post)
        assert (message.text, message.plan) == ("done", ())

    @pytest.mark.parametrize("kind", ["tasks", "steps"])
    async def test_300_tasks_with_much_to_say_are_cut_and_counted(self, harness: AdapterHarness, kind: str) -> None:
        need(harness.adapter.capabilities.plans, "plans")
        post, ref = await harness.mention()
        tasks = tuple(task(n, title=f"Task {n} " * 30, details="d " * 900, output="o " * 900) for n in range(300))
        text = "words " * (harness.adapter.capabilities.text_limit // 12)
        plan = Plan(kind=kind, tasks=tasks)  # type: ignore[arg-type]
        await harness.adapter.send(ref, Outgoing(text=text, plan=plan), key="k")
        [message] = harness.said(post)
        assert any("…" in line and ("more" in line or "earlier" in line) for line in message.plan)

    @pytest.mark.parametrize("kind", ["tasks", "steps"])
    async def test_plans_and_menus_notify_nobody(self, harness: AdapterHarness, kind: str) -> None:
        need(harness.adapter.capabilities.plans and harness.adapter.capabilities.menus, "plans and menus")
        post, ref = await harness.mention()
        loud = f"{harness.world.facts.everyone} @everyone <at>Grace</at> {harness.world.mention_of('Grace')}"
        tasks = (task(0, title=loud, details=loud, output=loud), task(1, title="t", output=f"```{loud}\n{loud}\n```"))
        plan = Plan(kind=kind, title=loud, status=loud, tasks=tasks)  # type: ignore[arg-type]
        choices = Menu(placeholder=loud, options=(MenuOption(token="m", label=loud, description=loud),))
        sent = await harness.adapter.send(ref, Outgoing(text="see", plan=plan, menus=(choices,)), key="k")
        assert harness.said(post)[-1].pings == ()
        await harness.adapter.edit(sent, Outgoing(plan=plan, menus=(choices,)))
        assert harness.said(post)[-1].pings == ()

    # Menus

    async def test_picking_an_option_brings_its_token_back(self, harness: AdapterHarness) -> None:
        need(harness.adapter.capabilities.menus, "menus")
        post, ref = await harness.mention()
        sent = await harness.adapter.send(ref, Outgoing(text="pick", menus=(menu(3), menu(2, name="p"))), key="k")
        [message] = harness.said(post)
        assert message.menus == (("o 0", "o 1", "o 2"), ("p 0", "p 1"))
        people: list[tuple[str, str, Person]] = [("o 2", "o:2", "Ada"), ("o 0", "o:0", "Ada"), ("p 1", "p:1", "Grace")]
        for label, token, person in people:
            await harness.world.click(message, label, user=person)
            event = await harness.heard(ActionInvoked)
            assert (event.token, event.message_id, event.ref.key) == (token, sent.id, ref.key)
            assert event.user.id == harness.world.user(person).id
        await harness.adapter.edit(sent, Outgoing(text="picked"))
        [message] = harness.said(post)
        assert (message.text, message.menus) == ("picked", ())

    async def test_as_many_and_as_large_menus_as_it_claims(self, harness: AdapterHarness) -> None:
        limits = harness.adapter.capabilities
        need(limits.menus, "menus")
        post, ref = await harness.mention()
        fill = "t" * (limits.menu_token_limit - 10)
        options = tuple(
            MenuOption(token=f"{n:03}{fill}", label=f"{n:03} {'long ' * 40}", description="why " * 60)
            for n in range(limits.menu_options)
        )
        sent = await harness.adapter.send(
            ref, Outgoing(text="pick", menus=(Menu(placeholder="p" * 400, options=options),)), key="k"
        )
        [message] = harness.said(post)
        assert [len(labels) for labels in message.menus] == [limits.menu_options]
        await harness.world.click(message, message.menus[0][-1])
        assert (await harness.heard(ActionInvoked)).token == options[-1].token
        small = tuple(menu(20, name=f"m{n}") for n in range(limits.menus_per_message))
        await harness.adapter.edit(sent, Outgoing(text="pick", menus=small))
        [message] = harness.said(post)
        assert len(message.menus) == limits.menus_per_message
