"""An adapter that is listened to is the adapter it was."""

from pathlib import Path
from typing import Any, cast

import pytest

from gateway.adapter import Adapter, AdapterContext, extras
from gateway.http.access import KeyedAccess
from gateway.ingress.activity import ConversationActivity
from gateway.platforms import registry
from gateway.proactive.requests import IdempotencyKeys
from gateway.recording.listening import heard
from gateway.settings import given_only
from gateway.store import SQLiteStore

NAMES = sorted(registry())
EXTRAS = [each for name, each in vars(extras).items() if name.startswith("Supports")]


class Silence:
    """Hears nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: 0


def adapter(name: str) -> Adapter:
    platform = registry()[name]
    credentials = {
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_SIGNING_SECRET": "s",
        "DISCORD_BOT_TOKEN": "MTA.abc.def",
        "TEAMS_APP_ID": "a",
        "TEAMS_APP_PASSWORD": "b",
        "TEAMS_APP_TENANT_ID": "c",
    }
    store = SQLiteStore(Path("never-opened.db"))
    context = AdapterContext(
        documents=store,
        access=KeyedAccess(store, store, ["key"]),
        idempotency=IdempotencyKeys(store),
        activity=ConversationActivity(),
    )
    with given_only():
        return platform.adapter(platform.settings(credentials), context)


@pytest.mark.parametrize("name", NAMES)
def test_it_has_the_same_extras_and_says_the_same_of_itself(name: str) -> None:
    inner = adapter(name)
    listened = heard(inner, cast(Any, Silence()))
    assert [each for each in EXTRAS if isinstance(listened, each)] == [
        each for each in EXTRAS if isinstance(inner, each)
    ]
    assert listened.name == inner.name
    assert listened.capabilities is inner.capabilities
    assert listened.health() == inner.health()
    assert [each.path for each in listened.routes(cast(Any, None))] == [  # type: ignore[attr-defined]
        each.path  # type: ignore[attr-defined]
        for each in inner.routes(cast(Any, None))
    ]
