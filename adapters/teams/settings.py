"""The settings of the Teams adapter: credentials, addresses and limits, read from the environment."""

from typing import Any, ClassVar, Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from adapters.teams.clouds import CLOUDS, Cloud, CloudName
from gateway.settings import PlatformSettings

AppType = Literal["MultiTenant", "SingleTenant", "UserAssignedMSI"]
"""How an app is registered in Azure."""


class TeamsSettings(PlatformSettings):
    """Teams' settings: ``TEAMS_APP_ID`` with ``TEAMS_APP_PASSWORD`` and, for one tenant, ``TEAMS_APP_TENANT_ID``; or a
    managed identity (``TEAMS_APP_TYPE=UserAssignedMSI``); or, on loopback only, ``TEAMS_AUTH=anonymous``."""

    model_config = SettingsConfigDict(env_prefix="TEAMS_")
    platform: ClassVar[str] = "teams"

    app_id: str | None = None
    """The Microsoft App ID of the Azure Bot."""
    app_password: SecretStr | None = None
    """A client secret of the app."""
    app_tenant_id: str | None = None
    """The tenant that the app is registered in."""
    app_type: AppType | None = None
    """How the app is registered. Left out: ``SingleTenant`` with a tenant id, else ``MultiTenant``."""
    any_tenant: bool = False
    """Serve people of other tenants too. That an app is registered for a single tenant says only where its tokens come
    from: whoever knows its id can add it to Teams elsewhere."""
    cloud: CloudName = "public"
    """The cloud that Teams runs in: ``gcc-high`` and ``dod`` are those of the US government, ``china`` is operated by
    21Vianet. Which one it is decides the two addresses below, who signs requests, and what tokens are for."""
    login_url: str = ""
    """The address of the login that tokens come from; the cloud's if left out."""
    openid_metadata_url: str = ""
    """The address of the OpenID document that names the keys; the cloud's if left out."""
    auth: Literal["jwt", "anonymous"] = "jwt"
    """``jwt``: requests need a token. ``anonymous``: no token is asked for or sent, as Microsoft's Agents Playground
    wants it."""
    identity_endpoint: str | None = Field(default=None, validation_alias="IDENTITY_ENDPOINT")
    """Where App Service and Container Apps give out managed identity tokens; they set this variable and
    ``IDENTITY_HEADER``."""
    identity_header: SecretStr | None = Field(default=None, validation_alias="IDENTITY_HEADER")
    """The secret that App Service and Container Apps want with a request for a managed identity token."""

    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        self.login_url = self.login_url or self.endpoints.login_url
        self.openid_metadata_url = self.openid_metadata_url or self.endpoints.openid_metadata_url

    @property
    def endpoints(self) -> Cloud:
        """The addresses of the cloud."""
        return CLOUDS[self.cloud]

    @property
    def kind(self) -> AppType:
        """How the app is registered, with the default filled in."""
        return self.app_type or ("SingleTenant" if self.app_tenant_id else "MultiTenant")

    @property
    def only_tenant(self) -> str | None:
        """The tenant whose activities are accepted; None for every tenant."""
        anyone = self.any_tenant or self.kind == "MultiTenant" or self.auth == "anonymous"
        return None if anyone else self.app_tenant_id

    @property
    def configured(self) -> bool:
        """Whether the platform is switched on."""
        if self.auth == "anonymous":
            return True
        return self.app_id is not None and self.missing is None

    @property
    def missing(self) -> str | None:
        """The settings that Teams still needs, as the operator is told; None if all are set."""
        if self.auth == "anonymous":
            return None
        if self.app_id is None:
            if self.app_password is None and self.app_type is None:
                return None
            return "TEAMS_APP_ID is not set: it is the Microsoft App ID under Configuration in the Azure Bot"
        if self.kind != "UserAssignedMSI" and self.app_password is None:
            return "TEAMS_APP_ID needs TEAMS_APP_PASSWORD beside it (or TEAMS_APP_TYPE=UserAssignedMSI)"
        if self.kind == "SingleTenant" and self.app_tenant_id is None:
            return "TEAMS_APP_TYPE=SingleTenant needs TEAMS_APP_TENANT_ID"
        return None

    @property
    def stands_in(self) -> bool:
        """Whether an emulator stands in for Teams: the login is plain http, and so are its other addresses, on this
        machine."""
        return self.auth == "anonymous" or self.login_url.lower().startswith("http:")
