"""The documented import paths, and the types a data layer is written with."""

import importlib
import logging

import pytest

import gateway as cl
from gateway.types import PageInfo, PaginatedResponse, Pagination, ThreadFilter
from gateway.user import PersistedUser, User


@pytest.mark.parametrize(
    ("module", "names"),
    [
        (
            "types",
            "ThreadDict Pagination ThreadFilter PageInfo PaginatedResponse Feedback FeedbackDict AskFileResponse",
        ),
        ("user", "User PersistedUser"),
        ("step", "Step StepDict step"),
        ("element", "Element ElementDict File Image Task TaskList TaskStatus Text"),
    ],
)
def test_a_documented_module_has_its_names(module: str, names: str) -> None:
    imported = importlib.import_module(f"gateway.{module}")
    assert [name for name in names.split() if not hasattr(imported, name)] == []


def test_the_decorator_step_is_not_hidden_by_the_module_of_its_name() -> None:
    importlib.import_module("gateway.step")
    assert callable(cl.step)


def test_a_page_of_threads_goes_to_a_dict_and_back() -> None:
    page = PaginatedResponse(PageInfo(True, "a", "b"), [PageInfo(False, None, None)])
    told = page.to_dict()
    assert told == {
        "pageInfo": {"hasNextPage": True, "startCursor": "a", "endCursor": "b"},
        "data": [{"hasNextPage": False, "startCursor": None, "endCursor": None}],
    }
    assert PaginatedResponse.from_dict(told, PageInfo) == page
    assert PaginatedResponse.from_dict({}, PageInfo).data == []
    assert PaginatedResponse(PageInfo(False, None, None), [{"id": "t"}]).to_dict()["data"] == [{"id": "t"}]


def test_what_asks_for_threads_has_the_documented_defaults() -> None:
    assert Pagination(first=20).cursor is None
    assert ThreadFilter() == ThreadFilter(feedback=None, userId=None, search=None)


def test_a_persisted_user_is_a_user() -> None:
    user = PersistedUser(id="1", createdAt="2026-01-01T00:00:00Z", identifier="slack:T1:U1", metadata={"role": "ADMIN"})
    assert isinstance(user, User)
    assert (user.id, user.identifier, user.metadata["role"], cl.PersistedUser) == (
        "1", "slack:T1:U1", "ADMIN", PersistedUser,
    )  # fmt: skip


def test_the_logger_is_one_of_the_standard_library_that_has_children() -> None:
    assert isinstance(cl.logger, logging.Logger)
    assert cl.logger.getChild("DynamoDB").name == "gateway.DynamoDB"
