"""What differs between the clouds that Teams runs in.

https://learn.microsoft.com/azure/bot-service/how-to-deploy-gov-cloud-high and
https://docs.azure.cn/bot-service/how-to-deploy-china-cloud.
"""

from typing import Literal, NamedTuple

CloudName = Literal["public", "gcc-high", "china"]
"""A cloud that the emulator can be in."""


class Cloud(NamedTuple):
    """What differs in one cloud."""

    bots: str
    """The address of Bot Framework: the issuer of what it sends, and the resource of bots' tokens."""
    tenant: str
    """The tenant of bots that serve many tenants."""


CLOUDS: dict[CloudName, Cloud] = {
    "public": Cloud("https://api.botframework.com", "botframework.com"),
    "gcc-high": Cloud("https://api.botframework.us", "MicrosoftServices.onmicrosoft.us"),
    "china": Cloud("https://api.botframework.azure.cn", "microsoftservices.partner.onmschina.cn"),
}
"""The clouds by their names."""
