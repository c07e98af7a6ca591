"""Makes the gateway's traces those of the whole process, for libraries that use OpenTelemetry's global provider."""

from gateway.telemetry.tracing import Tracing


def share(tracing: Tracing) -> None:
    """Give the spans of instrumented libraries the same way as the gateway's, unless the bot has set a provider of its
    own."""
    from opentelemetry import trace

    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        trace.set_tracer_provider(tracing.provider)
