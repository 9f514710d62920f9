# The trainer: an agent and the runs that it starts, with torch for CUDA, which runs on a CPU as well.

# Wheels that need not be fetched: a folder of them may be given as the build context `wheels`.
FROM scratch AS wheels

FROM python:3.11.14-slim-bookworm AS requirements
WORKDIR /build
COPY pyproject.toml docker/requirements.py ./
RUN python requirements.py trainer > trainer.txt

FROM python:3.11.14-slim-bookworm
# torch.compile has Triton build a launcher for each kernel, in C.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends g++ gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
ARG LORADECK_UID=10001
RUN groupadd --gid "$LORADECK_UID" loradeck \
 && useradd --uid "$LORADECK_UID" --gid loradeck --no-create-home --home-dir /model_cache --shell /usr/sbin/nologin loradeck \
 && install --directory --owner loradeck --group loradeck /training_logs /model_cache /token
COPY constraints*.txt /build/
ARG LORADECK_CONSTRAINTS=constraints.txt
# One layer of 6 GB, in place: a copy from another stage would hold it twice. DS_BUILD_OPS=0: none of DeepSpeed's kernels
# is used. Some packages hold files that do not compile and are not imported, hence `|| true`.
RUN --mount=type=bind,from=wheels,target=/wheels \
    --mount=type=bind,from=requirements,source=/build/trainer.txt,target=/build/trainer.txt \
    find /wheels -name '*.whl' -exec pip install --no-cache-dir --no-compile --no-deps {} + \
 && DS_BUILD_OPS=0 pip install --no-cache-dir --no-compile -c "/build/$LORADECK_CONSTRAINTS" -r /build/trainer.txt \
 && { python -m compileall -qq -j 0 -x '/tests?/|/transformers/models/|/modelscope/|/pip/' \
      /usr/local/lib/python3.11/site-packages || true; }
WORKDIR /app
COPY trainer trainer
RUN python -m compileall -q trainer
ENV PYTHONUNBUFFERED=1 \
    PYTHONPATH=/app \
    DIFFSYNTH_MODEL_BASE_PATH=/model_cache/models \
    TORCHINDUCTOR_CACHE_DIR=/model_cache/compiled \
    TRITON_CACHE_DIR=/model_cache/compiled/triton
USER $LORADECK_UID
CMD ["python", "-m", "trainer", "host", "--server", "http://backend:8000", "--logs-dir", "/training_logs"]
