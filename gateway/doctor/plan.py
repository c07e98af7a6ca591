"""The checks of ``gateway doctor`` for the settings as they are, in the order they are shown."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.adapter import Check, Diagnosis, DiagnosisContext, Finding, Platform
from gateway.doctor import machine
from gateway.doctor.address import Address
from gateway.doctor.bot import check_bot
from gateway.doctor.database import Database
from gateway.doctor.here import Here
from gateway.settings import GatewaySettings, PlatformSettings


@asynccontextmanager
async def checks(
    settings: GatewaySettings,
    platforms: Mapping[str, Platform],
    blocks: Mapping[str, PlatformSettings],
    *,
    only: str | None = None,
    bot: Path | None = None,
) -> AsyncGenerator[Sequence[Check]]:
    """Return the checks, which can be run until the block ends.

    Args:
        settings: The gateway's own settings.
        platforms: All platforms there are.
        blocks: The settings of each.
        only: The one platform to look at; None for all that are on.
        bot: The bot's file, if that is to be looked at too.
    """
    looked_at = {name: block for name, block in blocks.items() if block.configured and only in (None, name)}
    public_url = None if settings.public_url is None else settings.own_url
    diagnoses: dict[str, Diagnosis] = {}
    for name, block in looked_at.items():
        if (found := platforms[name].diagnosis(block, DiagnosisContext(public_url))) is not None:
            diagnoses[name] = found
    probed = {name: looked_at[name] for name, found in diagnoses.items() if found.probes}
    database = Database(settings.database_url)
    here = Here(settings, database, platforms, probed)
    address = Address(settings, here, wanted=bool(probed))

    async def say_settings() -> Finding:
        if only is not None and only not in looked_at:
            missing = blocks[only].missing or f"the settings of {only} are not set (README, Settings)"
            return Finding("fail", f"{only} is off: {missing}", f"see docs/{only}.md")
        if not looked_at and all(block.missing is None for block in blocks.values()):
            fix = "set the credentials of one (README, Settings); without any, `gateway run` opens the playground"
            return Finding("warn", "no platform is on", fix)
        return machine.settings_finding(settings, list(blocks.values()))

    async with here.listening(stand_in=public_url is not None):
        yield [
            Check("versions", machine.versions),
            Check("settings", say_settings),
            Check("database", database.check),
            Check("clock", database.clock),
            Check("disk", lambda: machine.disk(settings)),
            Check("blobs", lambda: machine.blobs(settings)),
            Check("gateway", here.check),
            Check("address", address.check),
            Check("certificate", address.certificate),
            *(
                each
                for found in diagnoses.values()
                for each in (*found.checks, *(address.tried(probe) for probe in found.probes))
            ),
            *([] if bot is None else [Check("bot", lambda: check_bot(bot))]),
        ]
