"""The backend's side of the claim, as an HTTP server of its own."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


class Backend:
    """The backend's side of the claim: hands out `queue` one by one to an agent that has nothing alive."""

    def __init__(self) -> None:
        self.queue: list[tuple[str, int]] = []
        self.tasks: list[str] = []
        self.claims: list[dict[str, Any]] = []
        self.authorizations: list[str | None] = []
        self.status = 204

    def answer(self, claim: dict[str, Any]) -> tuple[int, bytes]:
        self.claims.append(claim)
        if self.queue and not claim["alive"]:
            run_id, attempt = self.queue.pop(0)
            return 200, json.dumps({"run_id": run_id, "attempt": attempt}).encode()
        if self.tasks:
            return 200, json.dumps({"task_id": self.tasks.pop(0)}).encode()
        return self.status, b""


@contextmanager
def serve(backend: Backend, port: int = 0) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            claim = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            backend.authorizations.append(self.headers["Authorization"])
            status, body = backend.answer(claim)
            self.send_response(status)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
