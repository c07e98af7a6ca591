"""The contract of elements and their contents."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.element import Element, File
from tests.data.support import Harness, ada, link, new_id, read, said, step


class ElementContract:
    async def test_a_content_is_in_the_storage_and_goes_with_its_step(self, harness: Harness, tmp_path: Path) -> None:
        layer, folder = harness.layer, harness.folder
        id, told = await said(layer, await ada(layer))
        path = tmp_path / "a.csv"
        path.write_bytes(b"1,2")
        one = File("a.csv", path=path, id=new_id(), for_id=told, thread_id=id)
        await layer.create_element(one)
        await layer.create_element(one)
        [(key, content)] = folder.files.items()
        assert (content, key.endswith("/a.csv"), one.id in key) == (b"1,2", True, True)
        found = await layer.get_element(id, one.id)
        assert found is not None
        assert (found.get("name"), found.get("forId"), found.get("mime")) == ("a.csv", told, "text/csv")
        assert (found.get("type"), found.get("objectKey")) == ("file", key)
        assert found.get("url") == f"https://files.example/{key}?signed"
        assert (await read(layer, id))["elements"] == [found]
        await layer.delete_step(told)
        assert folder.files == {}
        assert await layer.get_element(id, one.id) is None

    async def test_the_dict_of_an_element_is_stored_with_the_file_at_its_path(
        self, harness: Harness, tmp_path: Path
    ) -> None:
        layer, folder = harness.layer, harness.folder
        id, told = await said(layer, await ada(layer))
        path = tmp_path / "b.txt"
        path.write_text("b")
        given = link(id, told, path=str(path), name="b.txt", url=None)
        before = dict(given)
        await layer.create_element(given)
        assert given == before
        assert list(folder.files.values()) == [b"b"]
        linked = link(id, told, props={"a": 1}, type="video", display="side", page=2, autoPlay=True)
        await layer.create_element(linked)
        kept = await layer.get_element(id, linked.get("id", ""))
        assert kept is not None and (kept.get("url"), kept.get("props")) == ("https://e.example/x", {"a": 1})
        assert (kept.get("type"), kept.get("display"), kept.get("page")) == ("video", "side", 2)
        await layer.create_element({**linked, "props": {"a": 2}})
        changed = await layer.get_element(id, linked.get("id", ""))
        assert changed == {**kept, "props": {"a": 2}}
        assert await layer.get_element(new_id(), linked.get("id", "")) is None
        await layer.delete_element(linked.get("id", ""), new_id())
        assert len((await read(layer, id))["elements"] or []) == 2
        await layer.delete_element(linked.get("id", ""), id)
        await layer.delete_element(given.get("id", ""))
        assert ((await read(layer, id))["elements"], folder.files) == ([], {})

    async def test_an_element_may_come_before_its_step_and_its_thread(self, harness: Harness) -> None:
        layer, id = harness.layer, new_id()
        told = step(id, "see the picture")
        picture = link(id, told["id"])
        await layer.create_element(picture)
        assert (await read(layer, id))["steps"] == []
        await layer.create_step(told)
        found = await read(layer, id)
        assert [each.get("output") for each in found["steps"]] == ["see the picture"]
        assert [each.get("forId") for each in found["elements"] or []] == [told["id"]]
        await layer.delete_step(told["id"])
        assert (await harness.count("steps"), await harness.count("elements")) == (0, 0)

    async def test_an_element_may_belong_to_no_step(self, harness: Harness) -> None:
        layer = harness.layer
        id, told = await said(layer, await ada(layer))
        alone, later = link(id), link(id, name="later")
        for element in (alone, later, later):
            await layer.create_element(element)
        await layer.create_element({**later, "forId": told})
        await layer.create_element(later)
        found = {each.get("name"): each.get("forId") for each in (await read(layer, id))["elements"] or []}
        assert found == {"x": None, "later": told}
        assert [each.get("output") for each in (await read(layer, id))["steps"]] == ["said"]
        await layer.delete_element(alone.get("id", ""))
        assert (await harness.count("steps"), await harness.count("elements")) == (1, 1)
        await layer.create_element(alone)
        await layer.delete_thread(id)
        assert (await harness.count("steps"), await harness.count("elements")) == (0, 0)

    async def test_contents_go_with_their_thread(self, harness: Harness) -> None:
        layer = harness.layer
        id, told = await said(layer, await ada(layer))
        await layer.create_element(File("f", content=b"f", id=new_id(), thread_id=id, for_id=told))
        assert list(harness.folder.files.values()) == [b"f"]
        await layer.delete_thread(id)
        assert harness.folder.files == {}

    async def test_an_element_whose_content_cannot_be_kept_leaves_no_row(
        self, harness: Harness, tmp_path: Path
    ) -> None:
        layer, folder = harness.layer, harness.folder
        id, told = await said(layer, await ada(layer))
        with pytest.raises(FileNotFoundError):
            missing = Element("b", path=tmp_path / "missing", id=new_id(), thread_id=id, for_id=told)
            await layer.create_element(missing)
        with pytest.raises(FileNotFoundError):
            await layer.create_element(link(id, told, path=str(tmp_path / "missing"), url=None))
        folder.refuses = True
        with pytest.raises(OSError, match="storage"):
            await layer.create_element(Element("c", content=b"c", id=new_id(), thread_id=id, for_id=told))
        assert (await harness.count("elements"), folder.files) == (0, {})

    async def test_without_a_storage_a_content_is_not_kept_and_the_log_says_so(self, harness: Harness) -> None:
        layer = await harness.without_storage()
        id, told = await said(layer, await ada(layer))
        with capture_logs() as logs:
            content = Element("c", content=b"c", id=new_id(), thread_id=id, for_id=told)
            assert await layer.create_element(content) is None
        assert [each["event"] for each in logs] == ["data.element_not_kept"]

    async def test_a_content_that_the_storage_does_not_delete_is_logged_and_its_row_goes(
        self, harness: Harness
    ) -> None:
        layer = harness.layer
        id, told = await said(layer, await ada(layer))
        element = Element("c", content=b"c", id=new_id(), thread_id=id, for_id=told)
        await layer.create_element(element)
        harness.folder.fails = True
        with capture_logs() as logs:
            await layer.delete_thread(id)
        assert [each["event"] for each in logs] == ["data.content_not_deleted"]
        assert await layer.get_element(id, element.id) is None

    async def test_closing_the_layer_closes_the_storage(self, harness: Harness) -> None:
        await harness.layer.close()
        assert harness.folder.closed
