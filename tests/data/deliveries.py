"""The contract of what the gateway delivers to a layer: each kind of record, also again after a crash."""

from pathlib import Path

from gateway.model import ElementRecord, FeedbackRecord, Record, Removed, StepEdited, ThreadNamed, UserRecord
from gateway.model.record import StepRecord, ThreadRecord
from gateway.object_storage import Folder
from gateway.outbox.calls import LayerCalls
from gateway.outbox.elements import ElementFiles
from tests.data.support import ADA, ROWS, Harness, new_id, read
from tests.store.contract import ref


class DeliveryContract:
    async def test_what_turns_leave_is_taken_and_taken_again(self, harness: Harness, tmp_path: Path) -> None:
        blobs = Folder(tmp_path / "blobs")
        await blobs.put("blobs/tasks", b"{}")
        calls = LayerCalls(ElementFiles(blobs, tmp_path / "outbox"), timeout=30)
        layer, id = harness.layer, new_id()
        asked, told, gone, alone, shown, rated = (new_id() for _ in range(6))
        turn: list[Record] = [
            UserRecord(ADA, {"email": "ada@example.com"}, 1.0),
            ThreadRecord(id, ref(), ADA, "Hello", {"client_type": "slack"}, 1.0, 2.0),
            StepRecord(asked, id, ADA, "Ada", "user_message", 3.0, output="helo"),
            StepRecord(told, id, ADA, "search", "tool", 4.0, output="found", parent=new_id(), tags=("x",)),
            StepRecord(gone, id, ADA, "bot", "assistant_message", 5.0, output="taken back"),
            ElementRecord(alone, id, ADA, "tasklist", "Tasks", display="inline", object_key="blobs/tasks"),
            ElementRecord(shown, id, ADA, "image", "a.png", for_id=told, url="https://x.example/a.png"),
            FeedbackRecord(rated, told, id, ADA, 1, "good", 5.0),
            ThreadNamed(id, "Greetings"),
            StepEdited(asked, "hello"),
            Removed("step", gone),
            Removed("feedback", new_id()),
        ]
        await calls.deliver(layer, turn)
        first = await read(layer, id)
        await calls.deliver(layer, turn)
        assert await read(layer, id) == first
        assert (first["name"], first["userIdentifier"]) == ("Greetings", ADA)
        assert [each.get("output") for each in first["steps"]] == ["hello", "found"]
        feedback = [each.get("feedback") for each in first["steps"]]
        assert [each and each["value"] for each in feedback] == [None, 1]
        elements = {each.get("type"): each.get("forId") for each in first["elements"] or []}
        assert elements == {"tasklist": None, "image": told}
        assert list(harness.folder.files.values()) == [b"{}"]
        await layer.delete_thread(id)
        assert [await harness.count(rows) for rows in ROWS] == [0, 0, 0, 0]
        assert harness.folder.files == {}
