"""Buttons, forms, notices and thumbs: what is clicked comes back unchanged and is answered in place, in time."""

import pytest

from gateway.model import (
    ActionInvoked,
    Button,
    DateField,
    FeedbackGiven,
    FileField,
    Form,
    FormErrors,
    FormSubmitted,
    Notice,
    NumberField,
    OpenForm,
    Outgoing,
    SelectField,
    SwitchField,
    TextField,
)
from tests.contract.harness import AdapterHarness, HouseContract, need
from tests.contract.world import File, Person, Said

FORM = Form(
    token="form-1 é:%",
    title="Tell us",
    fields=(
        TextField(id="why", label="Why", multiline=True),
        SelectField(id="how", label="How", options=(("f", "Fast"), ("s", "Slow"))),
        NumberField(id="many", label="How many", minimum=1, maximum=10, required=False),
        SwitchField(id="sure", label="Sure"),
    ),
)
COMMENT = Form(token="comment", title="Feedback", fields=(TextField(id="comment", label="Why?", required=False),))


async def with_button(harness: AdapterHarness, *, opens_form: bool = False) -> Said:
    """Send a direct message with a button "Go", and return it."""
    post, ref = await harness.dm()
    button = Button(token="tok", label="Go", opens_form=opens_form)
    await harness.adapter.send(ref, Outgoing(text="pick", buttons=(button,)), key="k")
    [message] = harness.said(post)
    return message


class InteractionContract(HouseContract):
    """Checks buttons, forms, notices and thumbs; ``AdapterContract`` includes it."""

    # Buttons

    async def test_a_click_brings_the_buttons_token_and_who_clicked(self, harness: AdapterHarness) -> None:
        post, ref = await harness.mention()
        buttons = (Button(token="t:1 %é", label="Yes"), Button(token="t2", label="No", style="danger"))
        sent = await harness.adapter.send(ref, Outgoing(text="pick", buttons=buttons), key="k")
        [message] = harness.said(post)
        assert (message.id, message.text, message.buttons) == (sent.id, "pick", ("Yes", "No"))
        clicks: list[tuple[Button, Person]] = [(buttons[0], "Grace"), (buttons[1], "Ada")]
        for button, person in clicks:
            await harness.world.click(message, button.label, user=person)
            event = await harness.heard(ActionInvoked)
            assert (event.token, event.message_id, event.ref.key) == (button.token, sent.id, ref.key)
            assert event.user.id == harness.world.user(person).id

    async def test_two_clicks_on_one_button_are_two_things(self, harness: AdapterHarness) -> None:
        message = await with_button(harness)
        for _ in range(2):
            await harness.world.click(message, "Go")
            await harness.heard(ActionInvoked)

    @pytest.mark.parametrize("character", ["x", "é", "語"])
    async def test_as_many_and_as_large_buttons_as_it_claims(self, harness: AdapterHarness, character: str) -> None:
        limits = harness.adapter.capabilities
        post, ref = await harness.mention()
        room = limits.action_token_limit - 3
        fill = character * (room // len(character.encode()))
        buttons = tuple(
            Button(token=f"{n:03}{fill}", label=f"{n:03}".ljust(limits.button_label_limit, "x"))
            for n in range(limits.buttons_per_message)
        )
        sent = await harness.adapter.send(ref, Outgoing(text="pick", buttons=buttons, feedback="m1"), key="k")
        [message] = harness.said(post)
        assert message.buttons == tuple(button.label for button in buttons)
        await harness.world.click(message, buttons[-1].label)
        event = await harness.heard(ActionInvoked)
        assert (event.token, event.message_id) == (buttons[-1].token, sent.id)

    async def test_a_notice_is_for_the_one_who_clicked(self, harness: AdapterHarness) -> None:
        post, ref = await harness.mention()
        await harness.adapter.send(ref, Outgoing(text="pick", buttons=(Button(token="t", label="Go"),)), key="k")
        harness.answer = lambda event: Notice(text="Not yours to press") if isinstance(event, ActionInvoked) else None
        [message] = harness.said(post)
        await harness.world.click(message, "Go", user="Grace")
        await harness.world.wait_for(lambda: any("Not yours" in text for text in harness.world.told("Grace")))
        assert harness.world.told("Ada") == []
        assert [each.text for each in harness.said(post)] == ["pick"]

    # Forms

    async def test_a_form_opens_and_comes_back_with_its_values(self, harness: AdapterHarness) -> None:
        need(harness.adapter.capabilities.forms, "forms")
        world = harness.world
        post, ref = await harness.mention()
        go = Button(token="tok", label="Go", opens_form=True)
        await harness.adapter.send(ref, Outgoing(text="pick", buttons=(go,)), key="k")
        harness.answer = lambda event: OpenForm(form=FORM) if isinstance(event, ActionInvoked) else None
        [message] = harness.said(post)
        await world.click(message, "Go")
        assert (await harness.heard(ActionInvoked)).token == "tok"
        form = await world.wait_for(lambda: world.form())
        assert form is not None
        assert form.title == "Tell us"
        assert form.labels == ("Why", "How", "How many", "Sure")
        await world.submit({"Why": "because\nof it", "How": "s", "How many": 7, "Sure": True})
        event = await harness.heard(FormSubmitted)
        assert (event.token, event.ref.key, event.user.id) == (FORM.token, ref.key, world.user("Ada").id)
        assert event.values == {"why": "because\nof it", "how": "s", "many": 7, "sure": True}
        assert world.form() is None

    async def test_what_is_wrong_in_a_form_is_shown_and_can_be_mended(self, harness: AdapterHarness) -> None:
        need(harness.adapter.capabilities.forms, "forms")
        world = harness.world
        message = await with_button(harness, opens_form=True)
        harness.answer = lambda event: (
            OpenForm(form=FORM) if isinstance(event, ActionInvoked) else FormErrors(errors={"why": "Say more, please"})
        )
        await world.click(message, "Go")
        await world.wait_for(lambda: world.form())
        await world.submit({"Why": "x", "How": "f"})
        await world.wait_for(lambda: any("Say more, please" in text for text in world.told()))
        harness.answer = lambda event: OpenForm(form=FORM) if isinstance(event, ActionInvoked) else None
        if world.form() is None:  # where it cannot stay open it is opened again
            await world.click(message, "Go")
            await world.wait_for(lambda: world.form())
        await world.submit({"Why": "because", "How": "f"})
        await harness.until(lambda: any(_why(event) == "because" for event in harness.events))

    async def test_a_day_and_a_choice_come_back_as_they_were_chosen(self, harness: AdapterHarness) -> None:
        need(harness.adapter.capabilities.forms, "forms")
        options = (("f", "Fast"), ("s", "Slow"))
        fields = (
            DateField(id="when", label="When", hint="The day it begins", minimum="2026-01-01", initial="2026-11-01"),
            SelectField(id="how", label="How", hint="As you like", options=options, style="buttons", initial=("f",)),
        )
        message = await with_button(harness, opens_form=True)
        harness.answer = lambda event: (
            OpenForm(form=Form(token="t", title="T", fields=fields)) if isinstance(event, ActionInvoked) else None
        )
        await harness.world.click(message, "Go")
        await harness.world.wait_for(lambda: harness.world.form())
        await harness.world.submit({"When": "2026-11-28", "How": "s"})
        assert (await harness.heard(FormSubmitted)).values == {"when": "2026-11-28", "how": "s"}

    async def test_fields_left_empty_come_back_empty(self, harness: AdapterHarness) -> None:
        need(harness.adapter.capabilities.forms, "forms")
        fields = (
            TextField(id="why", label="Why", required=False),
            NumberField(id="many", label="How many", required=False),
            SelectField(id="all", label="Which", options=(("a", "A"), ("b", "B")), multiple=True, required=False),
            SwitchField(id="sure", label="Sure"),
        )
        message = await with_button(harness, opens_form=True)
        harness.answer = lambda event: (
            OpenForm(form=Form(token="t", title="T", fields=fields)) if isinstance(event, ActionInvoked) else None
        )
        await harness.world.click(message, "Go")
        await harness.world.wait_for(lambda: harness.world.form())
        await harness.world.submit({})
        event = await harness.heard(FormSubmitted)
        assert not any(event.values.values())
        assert event.values.get("sure") in (False, None)

    async def test_a_file_comes_with_a_form(self, harness: AdapterHarness) -> None:
        need(harness.adapter.capabilities.form_files, "files in forms")
        form = Form(token="f", title="Upload", fields=(FileField(id="proof", label="Proof", max_files=2),))
        message = await with_button(harness, opens_form=True)
        harness.answer = lambda event: OpenForm(form=form) if isinstance(event, ActionInvoked) else None
        await harness.world.click(message, "Go")
        await harness.world.wait_for(lambda: harness.world.form())
        files = (File("ä b.txt", b"proof", "text/plain"), File("c.bin", bytes(range(256))))
        await harness.world.submit({"Proof": files})
        event = await harness.heard(FormSubmitted)
        assert [file.name for file in event.files] == ["ä b.txt", "c.bin"]
        assert [await harness.collect(file) for file in event.files] == [file.data for file in files]

    # Thumbs

    async def test_thumbs_up_and_down_name_the_message(self, harness: AdapterHarness) -> None:
        need(harness.adapter.capabilities.feedback, "thumbs")
        post, ref = await harness.dm()
        for up in (True, False):
            token = f"message {up}"
            sent = await harness.adapter.send(ref, Outgoing(text="answer", feedback=token), key=f"k{up}")
            message = harness.said(post)[-1]
            assert message.id == sent.id
            await harness.world.thumbs(message, up=up)
            event = await harness.heard(FeedbackGiven)
            assert (event.value, event.message_id, event.ref.key) == (int(up), sent.id, ref.key)
            assert event.token == (token if harness.adapter.capabilities.feedback_token else "")

    async def test_who_changes_their_mind_about_a_message_is_heard_again(self, harness: AdapterHarness) -> None:
        need(harness.adapter.capabilities.feedback, "thumbs")
        post, ref = await harness.dm()
        sent = await harness.adapter.send(ref, Outgoing(text="answer", feedback="m"), key="k")
        for up in (True, False, True):
            await harness.world.thumbs(harness.said(post)[-1], up=up)
            event = await harness.heard(FeedbackGiven)
            assert (event.value, event.message_id) == (int(up), sent.id)

    async def test_a_comment_comes_with_the_thumbs_or_after_them(self, harness: AdapterHarness) -> None:
        need(harness.adapter.capabilities.feedback, "thumbs")
        harness.answer = lambda event: (
            OpenForm(form=COMMENT) if isinstance(event, FeedbackGiven) and event.comment is None else None
        )
        post, ref = await harness.dm()
        await harness.adapter.send(ref, Outgoing(text="answer", feedback="m"), key="k")
        await harness.world.thumbs(harness.said(post)[-1], up=False, comment="too short")
        event = await harness.heard(FeedbackGiven)
        comment = event.comment
        if comment is None:
            form = await harness.heard(FormSubmitted)
            assert form.token == COMMENT.token
            comment = str(form.values["comment"])
        assert (event.value, comment) == (0, "too short")


def _why(event: object) -> object:
    return event.values.get("why") if isinstance(event, FormSubmitted) else None
