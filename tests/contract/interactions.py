"""Buttons, forms, notices and thumbs: what is clicked comes back unchanged and is answered in place, in time."""

import pytest

from gateway.model import (
    ActionInvoked,
    Button,
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
from tests.contract.house import House, HouseContract, need
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


async def with_button(house: House, *, opens_form: bool = False) -> Said:
    """A direct message of the bot with a button "Go"."""
    post, ref = await house.dm()
    button = Button(token="tok", label="Go", opens_form=opens_form)
    await house.adapter.send(ref, Outgoing(text="pick", buttons=(button,)), key="k")
    [message] = house.said(post)
    return message


class InteractionContract(HouseContract):
    """Part of ``AdapterContract``."""

    # Buttons

    async def test_a_click_brings_the_buttons_token_and_who_clicked(self, house: House) -> None:
        post, ref = await house.mention()
        buttons = (Button(token="t:1 %é", label="Yes"), Button(token="t2", label="No", style="danger"))
        sent = await house.adapter.send(ref, Outgoing(text="pick", buttons=buttons), key="k")
        [message] = house.said(post)
        assert (message.id, message.text, message.buttons) == (sent.id, "pick", ("Yes", "No"))
        clicks: list[tuple[Button, Person]] = [(buttons[0], "Grace"), (buttons[1], "Ada")]
        for button, person in clicks:
            await house.world.click(message, button.label, user=person)
            event = await house.heard(ActionInvoked)
            assert (event.token, event.message_id, event.ref.key) == (button.token, sent.id, ref.key)
            assert event.user.id == house.world.user(person).id

    async def test_two_clicks_on_one_button_are_two_things(self, house: House) -> None:
        message = await with_button(house)
        for _ in range(2):
            await house.world.click(message, "Go")
            await house.heard(ActionInvoked)

    @pytest.mark.parametrize("character", ["x", "é", "語"])
    async def test_as_many_and_as_large_buttons_as_it_claims(self, house: House, character: str) -> None:
        limits = house.adapter.capabilities
        post, ref = await house.mention()
        room = limits.action_token_limit - 3
        fill = character * (room // len(character.encode()))
        buttons = tuple(
            Button(token=f"{n:03}{fill}", label=f"{n:03}".ljust(limits.button_label_limit, "x"))
            for n in range(limits.buttons_per_message)
        )
        sent = await house.adapter.send(ref, Outgoing(text="pick", buttons=buttons, feedback="m1"), key="k")
        [message] = house.said(post)
        assert message.buttons == tuple(button.label for button in buttons)
        await house.world.click(message, buttons[-1].label)
        event = await house.heard(ActionInvoked)
        assert (event.token, event.message_id) == (buttons[-1].token, sent.id)

    async def test_a_notice_is_for_the_one_who_clicked(self, house: House) -> None:
        post, ref = await house.mention()
        await house.adapter.send(ref, Outgoing(text="pick", buttons=(Button(token="t", label="Go"),)), key="k")
        house.answer = lambda event: Notice(text="Not yours to press") if isinstance(event, ActionInvoked) else None
        [message] = house.said(post)
        await house.world.click(message, "Go", user="Grace")
        await house.world.wait_for(lambda: any("Not yours" in text for text in house.world.told("Grace")))
        assert house.world.told("Ada") == []
        assert [each.text for each in house.said(post)] == ["pick"]

    # Forms

    async def test_a_form_opens_and_comes_back_with_its_values(self, house: House) -> None:
        need(house.adapter.capabilities.forms, "forms")
        world = house.world
        post, ref = await house.mention()
        go = Button(token="tok", label="Go", opens_form=True)
        await house.adapter.send(ref, Outgoing(text="pick", buttons=(go,)), key="k")
        house.answer = lambda event: OpenForm(form=FORM) if isinstance(event, ActionInvoked) else None
        [message] = house.said(post)
        await world.click(message, "Go")
        assert (await house.heard(ActionInvoked)).token == "tok"
        form = await world.wait_for(lambda: world.form())
        assert form is not None
        assert form.title == "Tell us"
        assert form.labels == ("Why", "How", "How many", "Sure")
        await world.submit({"Why": "because\nof it", "How": "s", "How many": 7, "Sure": True})
        event = await house.heard(FormSubmitted)
        assert (event.token, event.ref.key, event.user.id) == (FORM.token, ref.key, world.user("Ada").id)
        assert event.values == {"why": "because\nof it", "how": "s", "many": 7, "sure": True}
        assert world.form() is None

    async def test_what_is_wrong_in_a_form_is_shown_and_can_be_mended(self, house: House) -> None:
        need(house.adapter.capabilities.forms, "forms")
        world = house.world
        message = await with_button(house, opens_form=True)
        house.answer = lambda event: (
            OpenForm(form=FORM) if isinstance(event, ActionInvoked) else FormErrors(errors={"why": "Say more, please"})
        )
        await world.click(message, "Go")
        await world.wait_for(lambda: world.form())
        await world.submit({"Why": "x", "How": "f"})
        await world.wait_for(lambda: any("Say more, please" in text for text in world.told()))
        house.answer = lambda event: OpenForm(form=FORM) if isinstance(event, ActionInvoked) else None
        if world.form() is None:  # where it cannot stay open it is opened again
            await world.click(message, "Go")
            await world.wait_for(lambda: world.form())
        await world.submit({"Why": "because", "How": "f"})
        await house.until(lambda: any(_why(event) == "because" for event in house.events))

    async def test_fields_left_empty_come_back_empty(self, house: House) -> None:
        need(house.adapter.capabilities.forms, "forms")
        fields = (
            TextField(id="why", label="Why", required=False),
            NumberField(id="many", label="How many", required=False),
            SelectField(id="all", label="Which", options=(("a", "A"), ("b", "B")), multiple=True, required=False),
            SwitchField(id="sure", label="Sure"),
        )
        message = await with_button(house, opens_form=True)
        house.answer = lambda event: (
            OpenForm(form=Form(token="t", title="T", fields=fields)) if isinstance(event, ActionInvoked) else None
        )
        await house.world.click(message, "Go")
        await house.world.wait_for(lambda: house.world.form())
        await house.world.submit({})
        event = await house.heard(FormSubmitted)
        assert not any(event.values.values())
        assert event.values.get("sure") in (False, None)

    async def test_a_file_comes_with_a_form(self, house: House) -> None:
        need(house.adapter.capabilities.form_files, "files in forms")
        form = Form(token="f", title="Upload", fields=(FileField(id="proof", label="Proof", max_files=2),))
        message = await with_button(house, opens_form=True)
        house.answer = lambda event: OpenForm(form=form) if isinstance(event, ActionInvoked) else None
        await house.world.click(message, "Go")
        await house.world.wait_for(lambda: house.world.form())
        files = (File("ä b.txt", b"proof", "text/plain"), File("c.bin", bytes(range(256))))
        await house.world.submit({"Proof": files})
        event = await house.heard(FormSubmitted)
        assert [file.name for file in event.files] == ["ä b.txt", "c.bin"]
        assert [await house.collect(file) for file in event.files] == [file.data for file in files]

    # Thumbs

    async def test_thumbs_up_and_down_name_the_message(self, house: House) -> None:
        need(house.adapter.capabilities.feedback, "thumbs")
        post, ref = await house.dm()
        for up in (True, False):
            token = f"message {up}"
            sent = await house.adapter.send(ref, Outgoing(text="answer", feedback=token), key=f"k{up}")
            message = house.said(post)[-1]
            assert message.id == sent.id
            await house.world.thumbs(message, up=up)
            event = await house.heard(FeedbackGiven)
            assert (event.value, event.message_id, event.ref.key) == (int(up), sent.id, ref.key)
            assert event.token == (token if house.adapter.capabilities.feedback_token else "")

    async def test_a_comment_comes_with_the_thumbs_or_after_them(self, house: House) -> None:
        need(house.adapter.capabilities.feedback, "thumbs")
        house.answer = lambda event: (
            OpenForm(form=COMMENT) if isinstance(event, FeedbackGiven) and event.comment is None else None
        )
        post, ref = await house.dm()
        await house.adapter.send(ref, Outgoing(text="answer", feedback="m"), key="k")
        await house.world.thumbs(house.said(post)[-1], up=False, comment="too short")
        event = await house.heard(FeedbackGiven)
        comment = event.comment
        if comment is None:
            form = await house.heard(FormSubmitted)
            assert form.token == COMMENT.token
            comment = str(form.values["comment"])
        assert (event.value, comment) == (0, "too short")


def _why(event: object) -> object:
    return event.values.get("why") if isinstance(event, FormSubmitted) else None
