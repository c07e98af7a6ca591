"""The clouds that Teams runs in: where tokens come from, what they are for, and who signs what comes in.

Sources: https://learn.microsoft.com/azure/bot-service/how-to-deploy-gov-cloud-high,
https://docs.azure.cn/bot-service/how-to-deploy-china-cloud and the table of clouds of Microsoft's Teams SDK
(``CloudEnvironment``). GCC High and DoD have the same addresses for all that the gateway uses; GCC (without High) is in
the public cloud. Service URLs are no part of it: a connector's address comes with each activity, in a signed token.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

CloudName = Literal["public", "gcc-high", "dod", "china"]
"""A cloud that Teams runs in, as ``TEAMS_CLOUD`` names it."""


class Cloud(NamedTuple):
    """The addresses of one cloud."""

    login_url: str
    """The address of Entra's login."""
    tenant: str
    """The tenant from which a multi-tenant app's tokens come."""
    resource: str
    """What tokens for sending are for."""
    issuer: str
    """Who issues the tokens of requests that come in."""
    openid_metadata_url: str
    """The address of the OpenID document that names the keys of these."""


_PUBLIC = Cloud(
    "https://login.microsoftonline.com",
    "botframework.com",
    "https://api.botframework.com",
    "https://api.botframework.com",
    "https://login.botframework.com/v1/.well-known/openidconfiguration",
)
_US_GOVERNMENT = Cloud(
    "https://login.microsoftonline.us",
    "MicrosoftServices.onmicrosoft.us",
    "https://api.botframework.us",
    "https://api.botframework.us",
    "https://login.botframework.azure.us/v1/.well-known/openidconfiguration",
)
_CHINA = Cloud(
    "https://login.partner.microsoftonline.cn",
    "microsoftservices.partner.onmschina.cn",
    "https://api.botframework.azure.cn",
    "https://api.botframework.azure.cn",
    "https://login.botframework.azure.cn/v1/.well-known/openidconfiguration",
)

CLOUDS: Mapping[CloudName, Cloud] = {
    "public": _PUBLIC,
    "gcc-high": _US_GOVERNMENT,
    "dod": _US_GOVERNMENT,
    "china": _CHINA,
}
"""The clouds by their names."""
