"""Teams' settings block."""

from typing import ClassVar, Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from gateway.settings import PlatformSettings

AppType = Literal["MultiTenant", "SingleTenant", "UserAssignedMSI"]

LOGIN_URL = "https://login.microsoftonline.com"
OPENID_METADATA_URL = "https://login.botframework.com/v1/.well-known/openidconfiguration"


class TeamsSettings(PlatformSettings):
    """``TEAMS_APP_ID`` with ``TEAMS_APP_PASSWORD`` and, for one tenant, ``TEAMS_APP_TENANT_ID``; or a managed identity
    (``TEAMS_APP_TYPE=UserAssignedMSI``); or, on loopback only, ``TEAMS_AUTH=anonymous``."""

    model_config = SettingsConfigDict(env_prefix="TEAMS_")
    platform: ClassVar[str] = "teams"

    app_id: str | None = None
    app_password: SecretStr | None = None
    app_tenant_id: str | None = None
    app_type: AppType | None = None
    """Left out: ``SingleTenant`` with a tenant id, else ``MultiTenant``."""
    any_tenant: bool = False
    """Serve people of other tenants too: what a single-tenant app is registered as says only where its tokens are from,
    and whoever knows its id can add it to Teams elsewhere."""
    login_url: str = LOGIN_URL
    openid_metadata_url: str = OPENID_METADATA_URL
    auth: Literal["jwt", "anonymous"] = "jwt"
    """``anonymous``: no token is asked for or sent, as Microsoft's Agents Playground wants it."""
    identity_endpoint: str | None = Field(default=None, validation_alias="IDENTITY_ENDPOINT")
    """Where App Service and Container Apps give out managed identity tokens; set by them, as the next."""
    identity_header: SecretStr | None = Field(default=None, validation_alias="IDENTITY_HEADER")

    @property
    def kind(self) -> AppType:
        """What the app is registered as."""
        return self.app_type or ("SingleTenant" if self.app_tenant_id else "MultiTenant")

    @property
    def only_tenant(self) -> str | None:
        """The tenant whose activities are taken; None for whichever."""
        anyone = self.any_tenant or self.kind == "MultiTenant" or self.auth == "anonymous"
        return None if anyone else self.app_tenant_id

    @property
    def configured(self) -> bool:
        if self.auth == "anonymous":
            return True
        return self.app_id is not None and self.missing is None

    @property
    def missing(self) -> str | None:
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
        """The login is plain http: an emulator's, whose other addresses are so too, on this machine."""
        return self.auth == "anonymous" or self.login_url.lower().startswith("http:")
