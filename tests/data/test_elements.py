"""Elements and their contents, on SQLite and PostgreSQL."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.data.sql_alchemy import SQLAlchemyDataLayer
from gateway.element import Element, File
from tests.data.support import Folder, Open, ada, link, new_id, read, thread


async def test_a_content_is_in_the_storage_and_goes_with_its_step(
    layer: SQLAlchemyDataLayer, folder: Folder, tmp_path: Path
) -> None:
    user = await ada(layer)
    id = await thread(layer, user, "see the file")
    told = (await read(layer, id))["steps"][0].get("id", "")
    path = tmp_path / "a.csv"
    path.write_bytes(b"1,2")
    one = File("a.csv", path=path, id=new_id(), for_id=told, thread_id=id)
    await layer.create_element(one)
    await layer.create_element(one)
    assert folder.files == {f"{user.id}/{one.id}/a.csv": b"1,2"}
    found = await layer.get_element(id, one.id)
    assert found is not None
    assert (found.get("name"), found.get("forId"), found.get("mime")) == ("a.csv", told, "text/csv")
    assert found.get("url") == f"https://files.example/{user.id}/{one.id}/a.csv?signed"
    assert [each.get("url") for each in (await read(layer, id))["elements"] or []] == [found.get("url")]
    await layer.delete_step(told)
    assert folder.files == {}
    assert await layer.get_element(id, one.id) is None


async def test_the_dict_of_an_element_is_stored_with_the_file_at_its_path(
    layer: SQLAlchemyDataLayer, folder: Folder, tmp_path: Path
) -> None:
    id = await thread(layer, await ada(layer))
    path = tmp_path / "b.txt"
    path.write_text("b")
    given = link(id, path=str(path), name="b.txt", url=None)
    before = dict(given)
    await layer.create_element(given)
    assert given == before
    assert list(folder.files.values()) == [b"b"]
    linked = link(id, props={"a": 1})
    await layer.create_element(linked)
    kept = await layer.get_element(id, linked.get("id", ""))
    assert kept is not None and (kept.get("url"), kept.get("props")) == ("https://e.example/x", {"a": 1})
    await layer.delete_element(linked.get("id", ""), new_id())
    assert len((await read(layer, id))["elements"] or []) == 2
    await layer.delete_element(linked.get("id", ""), id)
    await layer.delete_element(given.get("id", ""))
    assert ((await read(layer, id))["elements"], folder.files) == ([], {})


async def test_an_element_whose_content_cannot_be_kept_leaves_no_row(
    layer: SQLAlchemyDataLayer, folder: Folder, tmp_path: Path
) -> None:
    id = await thread(layer, await ada(layer))
    with pytest.raises(FileNotFoundError):
        await layer.create_element(Element("b", path=tmp_path / "missing", id=new_id(), thread_id=id))
    with pytest.raises(FileNotFoundError):
        await layer.create_element(link(id, path=str(tmp_path / "missing"), url=None))
    folder.refuses = True
    with pytest.raises(OSError, match="storage"):
        await layer.create_element(Element("c", content=b"c", id=new_id(), thread_id=id))
    assert ((await read(layer, id))["elements"], folder.files) == ([], {})


async def test_without_a_storage_a_content_is_not_kept_and_the_log_says_so(opened: Open) -> None:
    layer = await opened()
    id = await thread(layer, await ada(layer))
    with capture_logs() as logs:
        assert await layer.create_element(Element("c", content=b"c", id=new_id(), thread_id=id)) is None
    assert [each["event"] for each in logs] == ["data.element_not_kept"]


async def test_a_content_that_the_storage_does_not_delete_is_logged_and_its_row_goes(
    layer: SQLAlchemyDataLayer, folder: Folder
) -> None:
    id = await thread(layer, await ada(layer))
    element = Element("c", content=b"c", id=new_id(), thread_id=id)
    await layer.create_element(element)
    folder.fails = True
    with capture_logs() as logs:
        await layer.delete_thread(id)
    assert [each["event"] for each in logs] == ["data.content_not_deleted"]
    assert await layer.get_element(id, element.id) is None


async def test_closing_the_layer_closes_the_storage(layer: SQLAlchemyDataLayer, folder: Folder) -> None:
    await layer.close()
    assert folder.closed
