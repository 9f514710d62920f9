#!/bin/sh
# Sees to the token, which lies in a file that the backend and the trainer share, says what a person has to know who has
# just started all this, and becomes the backend.
set -eu
umask 077
if [ -n "${LORADECK_TOKEN:-}" ]; then
  printf '%s\n' "$LORADECK_TOKEN" > "$LORADECK_TOKEN_FILE.new"
  mv "$LORADECK_TOKEN_FILE.new" "$LORADECK_TOKEN_FILE"
  unset LORADECK_TOKEN
elif [ ! -s "$LORADECK_TOKEN_FILE" ]; then
  python -m loradeck token --write "$LORADECK_TOKEN_FILE" > /dev/null 2>&1
fi
echo "The page is at $LORADECK_PAGE and asks for the token once: docker compose exec backend cat $LORADECK_TOKEN_FILE"
# It cannot be seen from in here whether the container toolkit is there, but the kernel shows a driver to everybody.
if [ -n "${LORADECK_ASKS_FOR_GPUS:-}" ] && [ ! -e /proc/driver/nvidia/version ]; then
  echo "No NVIDIA driver is loaded on this host, so Docker will not start the trainer: it cannot select the device driver" \
    "\"nvidia\". Install the driver and the NVIDIA Container Toolkit; or, to train on the CPU, put" \
    "COMPOSE_FILE=docker-compose.yml:docker-compose.cpu.yml into .env; then run docker compose up -d again." >&2
fi
exec python -m services.backend
