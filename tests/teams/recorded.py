"""Activities of every kind as Teams sends them, for tests that change something in them."""

from collections.abc import Iterator
from typing import Any

from adapters.teams.names import ACTION, DOWNLOAD, EXECUTE, FEEDBACK, FETCH, FILE_CONSENT, FORM, HELD, SUBMIT
from gateway.emulators.teams.activities import Activities
from gateway.emulators.teams.text import quoting, typed
from gateway.emulators.teams.world import Message, World
from gateway.model import Form, NumberField, SelectField, SwitchField, TextField, to_json

Json = dict[str, Any]

FIELDS = (
    TextField(id="why", label="Why"),
    NumberField(id="many", label="How many"),
    SwitchField(id="sure", label="Sure"),
    SelectField(id="all", label="Which", options=(("a", "A"), ("b", "B")), multiple=True),
)
FORM_DATA: Json = {
    FORM: to_json(Form(token="s:1", title="Form", fields=FIELDS)),
    "gw:why": "because",
    "gw:many": "3",
    "gw:sure": "true",
    "gw:all": "a,b",
}


def recorded() -> list[Json]:
    """One of each kind, from a personal chat, a group chat or a channel."""
    world = World("c9e8c047-2a74-40a2-b28a-b162d5f5327c")
    world.base = "https://smba.trafficmanager.net"
    return list(activities(world))


def activities(world: World) -> Iterator[Json]:
    """Yield one of each kind, from chats and a channel that are added to a world."""
    tenant = world.add_tenant("Contoso")
    ada = world.add_person(tenant, "Ada", "Lovelace", "ada@contoso.example")
    personal = world.add_conversation("personal", tenant.id, "", [ada.id])
    group = world.add_conversation("groupChat", tenant.id, "Lunch", [ada.id])
    general = world.add_team(tenant, "Builders", [ada.id]).channels[0]
    make = Activities(world)
    said = {}
    for where, words in ((personal, "see & tell <you>"), (group, "@gateway hi @Ada"), (general, "@gateway hello")):
        written = typed(world, where, words)
        copy = {"contentType": "text/html", "content": written.html}
        message = Message(world.clock.message_id(), ada.id, {"text": written.text, "textFormat": "plain"})
        message.activity |= {"attachments": [copy], "entities": written.mentions}
        where.add(message)
        said[where.kind] = message
        yield make.message(where, message)
    first = said["personal"]
    reply = Message(
        world.clock.message_id(), ada.id, {**first.activity, "attachments": [*first.activity["attachments"]]}
    )
    quoting(reply.activity, first, ada.account())
    shared = {"downloadUrl": "https://contoso-my.sharepoint.com/d", "uniqueId": "U1", "fileType": "txt"}
    reply.activity["attachments"] += [
        {"contentType": DOWNLOAD, "contentUrl": "https://x", "name": "a.txt", "content": shared},
        {"contentType": "image/*", "contentUrl": f"{world.base}/v3/attachments/1/views/original"},
    ]
    yield make.message(personal, reply)
    yield {**make.message(personal, reply), "textFormat": "xml", "text": "<p>a <b>b</b></p>", "attachments": []}
    yield make.edited(general, said["channel"], "editMessage")
    yield make.deleted(general, said["channel"])
    yield make.deleted(personal, first)
    yield make.reaction(group, ada, said["groupChat"], "like", added=True)
    yield make.members(general, ada, [world.bot()], added=True)
    yield make.members(group, ada, [world.bot(), ada.account()], added=False)
    yield make.channel(general, ada, "channelDeleted")
    yield make.channel(general, ada, "teamDeleted")
    yield make.installation(personal, ada, "add")
    yield make.installation(general, ada, "remove")
    yield make.submitted(personal, ada, first, {ACTION: "s:1"})
    yield make.submitted(group, ada, said["groupChat"], FORM_DATA, text="sent")
    for name, value in (
        (EXECUTE, {"action": {"type": "Action.Execute", "verb": ACTION, "data": {ACTION: "s:1"}}, "trigger": "manual"}),
        (FETCH, {"data": {ACTION: "s:1", "msteams": {"type": "task/fetch"}}, "context": {"theme": "default"}}),
        (SUBMIT, {"data": FORM_DATA, "context": {"theme": "default"}}),
        (FEEDBACK, {"actionName": "feedback", "actionValue": {"reaction": "like", "feedback": '{"feedbackText":"x"}'}}),
        (FILE_CONSENT, {"action": "accept", "context": {HELD: "0" * 32}, "uploadInfo": {"uploadUrl": "https://x"}}),
        ("composeExtension/query", {"commandId": "x"}),
    ):
        yield make.invoke(personal, ada, name, value, message=first)
