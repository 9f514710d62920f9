# The one origin: nginx with the exported pages, which passes /api on to the backend.
FROM node:20.19.5-bookworm-slim AS pages
WORKDIR /build
COPY services/frontend/package.json services/frontend/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY services/frontend ./
RUN npm run --silent build

FROM debian:12.12-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends curl nginx-light \
 && rm -rf /var/lib/apt/lists/*
ARG LORADECK_UID=10001
RUN groupadd --gid "$LORADECK_UID" loradeck \
 && useradd --uid "$LORADECK_UID" --gid loradeck --no-create-home --home-dir /tmp --shell /usr/sbin/nologin loradeck
COPY docker/nginx /etc/loradeck
COPY --from=pages /build/out /usr/share/loradeck
USER $LORADECK_UID
EXPOSE 8080
STOPSIGNAL SIGQUIT
CMD ["nginx", "-c", "/etc/loradeck/plain.conf"]
