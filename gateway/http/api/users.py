"""``/v1/users``: the people who talked to the bot."""

from fastapi import APIRouter

from gateway.errors import RequestRefused
from gateway.http.api.keys import AdminKey, History, ReadKey
from gateway.http.api.paths import Identifier
from gateway.http.api.queries import Cursor, Limit, Order, page_of, row_of
from gateway.http.api.shapes import Deleted, Page, User

router = APIRouter(tags=["users"])


@router.get("/users")
async def list_users(
    parts: History, _: ReadKey, order: Order = "desc", limit: Limit = 20, cursor: Cursor = None
) -> Page[User]:
    """Return people, those who came last first."""
    return await page_of(parts, "users", User, [], limit=limit, cursor=cursor, order=order)


@router.get("/users/{identifier}")
async def read_user(parts: History, _: ReadKey, identifier: Identifier) -> User:
    """Return a person by the identifier (``slack:T1:U1``)."""
    return User.model_validate(await row_of(parts, "users", "identifier", identifier))


@router.delete("/users/{identifier}")
async def erase_user(parts: History, key: AdminKey, identifier: Identifier) -> Deleted:
    """Erase a person: everything that is kept of them, in conversations with others too. The person may come back."""
    outcome = await parts.erasure.erase(identifier)
    if not outcome.anything:
        raise RequestRefused(404, f"nothing is kept of {identifier[:100]!r}")
    await parts.access.note(key, "user.erased", **outcome.erased._asdict())
    return Deleted(id=identifier, **outcome.erased._asdict())
