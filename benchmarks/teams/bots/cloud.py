"""A bot on Bot Framework's own SDK, as its samples show it: CloudAdapter, the activity handled within its request.

One thing is done for it: the token for sending is fetched once. By itself it fetches a new one for every activity.
"""

import os
import urllib.parse
import urllib.request

import orjson
from botbuilder.core import TurnContext  # type: ignore[import-untyped]
from botbuilder.core.cloud_adapter_base import CloudAdapterBase  # type: ignore[import-untyped]
from botbuilder.schema import Activity  # type: ignore[import-untyped]
from botframework.connector.auth import (  # type: ignore[import-untyped]
    AppCredentials,
    BotFrameworkAuthenticationFactory,
    ServiceClientCredentialsFactory,
)
from starlette.requests import Request
from starlette.responses import Response

from benchmarks import web

APP, TENANT = os.environ["TEAMS_APP_ID"], os.environ["TEAMS_APP_TENANT_ID"]
SCOPE = "https://api.botframework.com"


class Credentials(AppCredentials):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__(APP, TENANT, SCOPE)
        form = {
            "grant_type": "client_credentials",
            "client_id": APP,
            "client_secret": os.environ["TEAMS_APP_PASSWORD"],
            "scope": f"{SCOPE}/.default",
        }
        url = f"{os.environ['TEAMS_LOGIN_URL']}/{TENANT}/oauth2/v2.0/token"
        with urllib.request.urlopen(url, urllib.parse.urlencode(form).encode()) as response:
            self._token: str = orjson.loads(response.read())["access_token"]

    def get_access_token(self, force_refresh: bool = False) -> str:
        return self._token


class Factory(ServiceClientCredentialsFactory):  # type: ignore[misc]
    def __init__(self) -> None:
        self._credentials = Credentials()

    async def is_valid_app_id(self, app_id: str) -> bool:
        return app_id == APP

    async def is_authentication_disabled(self) -> bool:
        return False

    async def create_credentials(
        self, app_id: str, oauth_scope: str, login_endpoint: str, validate_authority: bool
    ) -> AppCredentials:
        return self._credentials


adapter = CloudAdapterBase(
    BotFrameworkAuthenticationFactory.create(
        to_channel_from_bot_login_url=os.environ["TEAMS_LOGIN_URL"],
        to_channel_from_bot_oauth_scope=SCOPE,
        to_bot_from_channel_token_issuer=SCOPE,
        oauth_url="https://token.botframework.com",
        to_bot_from_channel_open_id_metadata_url=os.environ["TEAMS_OPENID_METADATA_URL"],
        to_bot_from_emulator_open_id_metadata_url=os.environ["TEAMS_OPENID_METADATA_URL"],
        credential_factory=Factory(),
    )
)


async def on_turn(context: TurnContext) -> None:
    if context.activity.type == "message":
        await context.send_activity(f"echo {context.activity.text}")


async def activities(request: Request) -> Response:
    activity = Activity().deserialize(orjson.loads(await request.body()))
    await adapter.process_activity(request.headers["authorization"], activity, on_turn)
    return Response()


web.run("/api/messages", activities)
