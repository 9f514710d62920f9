"""One data set as its tests see it, over HTTP."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from services.backend.datasets.importing import scan_results
from services.backend.datasets.manifest import manifest
from tests.harness.backend import Backend
from tests.harness.dataset_sources import write_source
from tests.harness.waiting import until
from trainer.contract.scan import ITEMS, Item
from trainer.contract.tasks import End, Facts, Progress


class Set:
    """One data set, over HTTP."""

    def __init__(self, backend: Backend, base: Path, rows: Iterable[tuple[str, str]] | None) -> None:
        """Without rows the source is there already."""
        self.backend, self.base = backend, base
        if rows is not None:
            write_source(base, rows)
        self.id = self.call("POST", "", 201, name="set", base_path=str(base))["id"]

    def call(self, method: str, path: str, status: int = 200, **body: Any) -> Any:
        root = f"/api/datasets/{self.id}" if path or method != "POST" else "/api/datasets"
        answer = self.backend.http.request(method, root + path, json=body or None)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def items(self, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.backend.get(f"/api/datasets/{self.id}/items", limit=500, **query)["items"]
        return found

    def files(self, **query: Any) -> list[str]:
        return [item["file"] for item in self.items(**query)]

    def export(self, form: str = "metadata") -> str:
        answer = self.backend.http.get(f"/api/datasets/{self.id}/export", params={"format": form})
        assert answer.status_code == 200, answer.text
        return answer.content.decode()

    def scanned(self, *facts: Any, end: str = "succeeded") -> dict[str, Any]:
        """A whole scan that finds this."""
        return self.scanned_by(lambda _: facts, end)

    def scanned_by(self, scanner: Callable[[Iterable[Item]], Iterable[Any]], end: str = "succeeded") -> dict[str, Any]:
        """A whole scan that finds what `scanner` says of its items."""
        task = self.backend.runtime.tasks.folder(self.call("POST", "/scan", 202)["scan"]["task_id"])
        items = map(msgspec.json.Decoder(Item).decode, (task.path / ITEMS).read_bytes().splitlines())
        writer = Facts(task)
        progress = Progress(ts=0, phase="files", done=1, total=2, left_s=9.0)
        writer.write(progress, *scanner(items), End(ts=0, reason=end))  # type: ignore[arg-type]
        writer.close()
        path = self.backend.runtime.datasets.path(self.id)
        until(lambda: not is_scanning(path), "the scan's end in the manifest")
        found: dict[str, Any] = self.call("GET", "")
        return found


def is_scanning(path: Path) -> bool:
    with manifest.opened(path) as found:
        return scan_results.is_unfinished(found.sql)
