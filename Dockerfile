# syntax=docker/dockerfile:1
# `docker buildx build --sbom=true --provenance=mode=max .` attaches what is in the image and where it was built (docs/deploy.md).

# The wheel, and an environment that holds it and nothing to build with.
FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY pyproject.toml constraints.txt pytest_gateway.py README.md LICENSE ./
COPY gateway gateway
COPY adapters adapters
COPY examples/hello.py examples/hello.py
RUN pip wheel --no-deps --wheel-dir /dist . \
    && python -m venv /opt/gateway \
    && wheel="$(echo /dist/bot_gateway-*.whl)" \
    && /opt/gateway/bin/pip install --constraint constraints.txt "${wheel}[postgresql]" \
    && /opt/gateway/bin/python -m compileall -q /opt/gateway/lib

FROM python:3.11-slim
# Nothing but /data (a replica's own) and /blobs (shared by replicas) is ever written: the root filesystem may be read-only.
# PostgreSQL's driver brings an OpenSSL of its own, which has to be told the certificates of Debian (sslrootcert=system).
ENV PATH=/opt/gateway/bin:$PATH \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATABASE_URL=sqlite:////data/gateway.db \
    GATEWAY_DATA_DIR=/data \
    GATEWAY_LOG=json
RUN groupadd --gid 10001 gateway \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin gateway \
    && install -d -o gateway -g gateway -m 0750 /data /app \
    && install -d -o gateway -g gateway -m 0700 /blobs
COPY --from=build /opt/gateway /opt/gateway
WORKDIR /app
USER 10001:10001
VOLUME /data
EXPOSE 8000
# /healthz, not /readyz: a gateway that drains, or whose platform is down, must not be killed for it.
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["gateway"]
# Mount or COPY your bot to /app/bot.py. The port is fixed here; publish it as what you like.
CMD ["run", "/app/bot.py", "--headless", "--host", "0.0.0.0", "--port", "8000"]
