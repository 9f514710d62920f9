# The backend: FastAPI and the database, without torch, without a compiler, and without the pages, which nginx serves.
FROM python:3.11.14-slim-bookworm AS requirements
WORKDIR /build
COPY pyproject.toml docker/requirements.py ./
RUN python requirements.py server > backend.txt

FROM python:3.11.14-slim-bookworm AS packages
RUN apt-get update \
 && apt-get install --yes --no-install-recommends binutils \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /packages/lib/python3.11/site-packages
COPY constraints-base.txt /build/
# A third of the packages is left out: tests, headers, symbols, and pyarrow's clients for Flight and S3.
RUN --mount=type=bind,from=requirements,source=/build/backend.txt,target=/build/backend.txt \
    pip install --no-cache-dir --no-compile --prefix /packages -c /build/constraints-base.txt -r /build/backend.txt \
 && rm -rf pyarrow/include pyarrow/*_flight* pyarrow/*arrow_s3* pyarrow/_s3fs* pyarrow/libarrow_python.so.*.*.* \
 && find . -type d -name tests -prune -exec rm -rf {} + \
 && find . -type f \( -name '*.h' -o -name '*.pxd' -o -name '*.pxi' -o -name '*.pyi' -o -name '*.pyx' \) -delete \
 && find pyarrow zstandard -type f -name '*.so*' -exec strip --strip-unneeded {} + \
 && python -m compileall -q -s /packages -p /usr/local .

FROM python:3.11.14-slim-bookworm
# The folders that volumes are mounted on belong to the user, for a new volume takes over what it finds.
ARG LORADECK_UID=10001
RUN groupadd --gid "$LORADECK_UID" loradeck \
 && useradd --uid "$LORADECK_UID" --gid loradeck --no-create-home --home-dir /tmp --shell /usr/sbin/nologin loradeck \
 && install --directory --owner loradeck --group loradeck /training_logs /model_cache /state /token
COPY --from=packages /packages /usr/local
WORKDIR /app
COPY docker/start-backend.sh /usr/local/bin/start-backend
COPY trainer/*.py trainer/
COPY trainer/contract trainer/contract
COPY trainer/hardware trainer/hardware
COPY trainer/telemetry trainer/telemetry
COPY trainer/supervision trainer/supervision
COPY trainer/agent trainer/agent
COPY services services
COPY loradeck loradeck
RUN python -m compileall -q .
ENV PYTHONUNBUFFERED=1 \
    PYTHONPATH=/app \
    LORADECK_HOST=0.0.0.0 \
    LORADECK_PORT=8000 \
    LORADECK_LOGS_DIR=/training_logs \
    LORADECK_STATE_DIR=/state
USER $LORADECK_UID
CMD ["start-backend"]
