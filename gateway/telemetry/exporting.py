"""Decides whether there are traces and where they go, by the standard variables of OpenTelemetry."""

import os
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal

import structlog

from gateway.errors import SettingsError

if TYPE_CHECKING:
    from gateway.telemetry.tracing import Tracing

log = structlog.get_logger(__name__)

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_INSTALL = "pip install 'bot-gateway[opentelemetry]'"


def tracing(wanted: Literal["auto", "on", "off"]) -> "Tracing | None":
    """Return what makes traces; None where there shall be none.

    Args:
        wanted: ``auto`` for traces where a collector is named (``OTEL_EXPORTER_OTLP_ENDPOINT``), ``on`` for traces also
            without, which go to the collector on this machine.

    Raises:
        SettingsError: They are ``on``, and the packages for them are not installed.
    """
    named = any(os.environ.get(name) for name in _ENDPOINTS)
    off = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if wanted == "off" or off or (wanted == "auto" and not named) or _exporter() == "none":
        return None
    try:
        # 0.2 s that nobody else pays for.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        from gateway.telemetry.tracing import Tracing
    except ImportError as error:
        if wanted == "on":
            raise SettingsError(f"GATEWAY_TRACES=on needs OpenTelemetry ({error}): {_INSTALL}") from None
        log.warning(
            "traces.off", why=f"a collector is named, and OpenTelemetry is not installed: {error}", fix=_INSTALL
        )
        return None
    protocol = next((value for name in _PROTOCOLS if (value := os.environ.get(name))), "http/protobuf")
    if protocol != "http/protobuf" or _exporter() != "otlp":
        fix = "set OTEL_TRACES_EXPORTER=otlp, OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf and the collector's port for it"
        log.warning("traces.protocol", protocol=protocol, exporter=_exporter(), used="otlp over http/protobuf", fix=fix)
    return Tracing(OTLPSpanExporter(), version=version("bot-gateway"))


def _exporter() -> str:
    return os.environ.get("OTEL_TRACES_EXPORTER") or "otlp"
