# The base may be a mirror's: --build-arg BASE=registry.example.org/python:3.13-slim
ARG BASE=python:3.13-slim

# Two stages: the first installs from the lock, the second holds only what runs.
FROM ${BASE} AS build
# What it can do besides: --build-arg EXTRA=cluster, for PostgreSQL (docs/cluster.md).
ARG EXTRA=
WORKDIR /src
COPY deploy/lock.py deploy/
COPY requirements.lock pyproject.toml ./
# The lock holds the tests' tools too: what runs and what builds are picked out of it, each with its hashes. That nothing
# is missing pip sees itself. Nothing is compiled: a package without a wheel for this machine ends the build.
RUN python deploy/lock.py ${EXTRA:+"+$EXTRA"} > run.lock \
    && python deploy/lock.py hatchling > build.lock \
    && python -m venv /opt/build \
    && python -m venv --without-pip /opt/monitor \
    && /opt/build/bin/pip --python /opt/monitor/bin/python install \
        --no-cache-dir --only-binary=:all: --require-hashes -r run.lock \
    && /opt/build/bin/pip install --no-cache-dir --only-binary=:all: --require-hashes -r build.lock
COPY README.md LICENSE ./
COPY monitor ./monitor
COPY config ./config
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir dist . \
    && /opt/build/bin/pip --python /opt/monitor/bin/python install --no-cache-dir --no-deps --no-index dist/*.whl

FROM ${BASE}
COPY --from=build /opt/monitor /opt/monitor
# What ships as configuration, until your own is mounted over it.
COPY config /config
# A number, so that an orchestrator can check that it is not root. Only /data is theirs to write.
RUN install --directory --owner=10001 --group=10001 /data
USER 10001:10001
WORKDIR /data
VOLUME /data
ENV PATH=/opt/monitor/bin:$PATH \
    MONITOR_CONFIG=/config \
    MONITOR_STORAGE_PATH=/data/monitor.db \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# The daemon gives a sign every 30 s; five missed ones are an illness.
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s --retries=2 \
    CMD ["monitor", "status", "--max-age", "150"]
# SIGTERM drains within 20 s: give `docker stop` 25.
STOPSIGNAL SIGTERM
ENTRYPOINT ["monitor"]
CMD ["run"]
