"""`python -m services.backend` serves Loradeck until it is stopped.

Exits with 2, after one sentence, if it cannot start.
"""

import json
import os
import socket
import sys
from ipaddress import ip_address
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError

from services.backend.app import create_app
from services.backend.errors import StartupError
from services.backend.ingest.malloc import keep_freed
from services.backend.live.broadcast import DirectSendProtocol
from services.backend.runtime import Runtime
from services.backend.settings import Settings
from trainer.contract.rundir import write_atomic


def main() -> int:
    # With Python's default of 5 ms the thread that reads logs delays the sockets for as long.
    sys.setswitchinterval(0.001)
    keep_freed()
    try:
        settings = _settings()
        with _listen(settings.host, settings.port) as listener:
            app = create_app(settings, Runtime.open(settings))
            server = _Server(server_config(app), settings.address_file, _url(settings.host, listener))
            server.run(sockets=[listener])
    except StartupError as error:
        print(error.body.message, file=sys.stderr)
        return 2
    return 0 if server.started else 1


def server_config(app: FastAPI) -> uvicorn.Config:
    """Configure uvicorn. Frames are not compressed, which would cost more than sending them."""
    return uvicorn.Config(
        app,
        http="httptools",
        ws=DirectSendProtocol,
        ws_per_message_deflate=False,
        ws_max_size=4096,
        access_log=False,
        proxy_headers=False,  # `client_address` decides which proxies are trusted
        log_level="warning",
        timeout_graceful_shutdown=3,
        lifespan="on",
    )


class _Server(uvicorn.Server):
    """Prints its address, and writes it to `backend.json`, once it listens."""

    def __init__(self, config: uvicorn.Config, address_file: Path, url: str) -> None:
        super().__init__(config)
        self._address_file = address_file
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            port = int(self._url.rpartition(":")[2])
            address = {"port": port, "url": self._url, "pid": os.getpid()}
            write_atomic(self._address_file, json.dumps(address).encode() + b"\n")
            print(f"Loradeck is at {self._url}", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._address_file.unlink(missing_ok=True)
        await super().shutdown(sockets)


def _settings() -> Settings:
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"LORADECK_{str(first['loc'][0]).upper()}"
        raise StartupError("bad_setting", f"{name} cannot be {first['input']!r}: {first['msg']}.") from None
    if settings.token is None and not _is_loopback(settings.host):
        raise StartupError(
            "open_host",
            f"Loradeck listens on {settings.host} only with a token, for whoever reaches it may start programs here: "
            "run `loradeck token --write FILE` and set LORADECK_TOKEN_FILE=FILE, or leave LORADECK_HOST at 127.0.0.1 "
            "and come through an SSH tunnel (ssh -L 8642:127.0.0.1:8642 HOST).",
        )
    return settings


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listen(host: str, port: int) -> socket.socket:
    """Open a listening socket; port 0 takes a free one. Raises: StartupError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only for sockets with the protocol TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise StartupError(
            "port_in_use",
            f"Port {port} on {host} cannot be used ({error.strerror}): set LORADECK_PORT to another, "
            "or to 0 for any free one.",
        ) from None
    listener.setblocking(False)
    return listener


def _url(host: str, listener: socket.socket) -> str:
    """Return the URL at which this machine reaches it."""
    port = listener.getsockname()[1]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


if __name__ == "__main__":
    sys.exit(main())
