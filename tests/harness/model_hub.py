"""Serve the files of one repository as ModelScope does, for what fetches them over a network."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse


class Hub:
    """Hold the address, and what was asked for."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.fetched: list[str] = []


@contextmanager
def hub(model_id: str, files: Mapping[str, bytes]) -> Iterator[Hub]:
    """Serve `files`, by their paths in the repository `model_id`, for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlparse(self.path)
            asked = {name: values[0] for name, values in parse_qs(address.query).items()}
            repository = f"/api/v1/models/{model_id}/repo"
            if address.path == repository:
                found.fetched.append(asked["FilePath"])
                return self._answer(files[asked["FilePath"]])
            listed = [
                _entry(path, content) for path, content in files.items() if path.startswith(asked.get("Root", ""))
            ]
            data = {"Files": listed} if address.path == f"{repository}/files" else {}
            return self._answer(json.dumps({"Code": 200, "Success": True, "Data": data}).encode())

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Hub(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _entry(path: str, content: bytes) -> dict[str, object]:
    of = {"Name": path.rpartition("/")[2], "Path": path, "Type": "blob", "Revision": "master"}
    return of | {"Size": len(content), "Sha256": sha256(content).hexdigest()}
