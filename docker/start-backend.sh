#!/bin/sh
# Sees to the token, which lies in a file that the backend and the trainer share, and becomes the backend.
set -eu
umask 077
if [ -n "${LORADECK_TOKEN:-}" ]; then
  printf '%s\n' "$LORADECK_TOKEN" > "$LORADECK_TOKEN_FILE.new"
  mv "$LORADECK_TOKEN_FILE.new" "$LORADECK_TOKEN_FILE"
  unset LORADECK_TOKEN
else
  [ -s "$LORADECK_TOKEN_FILE" ] || python -m loradeck token --write "$LORADECK_TOKEN_FILE" > /dev/null
  echo "The page asks for the token once. It is shown by: docker compose exec backend cat $LORADECK_TOKEN_FILE"
fi
exec python -m services.backend
