"""Files of a run folder that are served: printed text, checkpoints, samples. Never a path outside of it."""

import os
from pathlib import Path, PurePosixPath

from fastapi.responses import FileResponse

from services.backend.errors import Forbidden, NotFound
from services.backend.runs.schemas import LogText

SERVED = ("checkpoints", "samples")
_LAST_LINES = 6
_LAST_BYTES = 4096


def resolve(folder: Path, path: str) -> Path:
    """Resolve the relative `path` of a file in a run folder, whether it exists or not.

    Raises: Forbidden if it is not under `checkpoints/` or `samples/`, symbolic links followed.
    """
    parts = PurePosixPath(path).parts
    refusal = Forbidden(
        "outside_run", f"{path[:200]!r} is not a file of this run's.", "See its samples and checkpoints."
    )
    if not parts or parts[0] not in SERVED or ".." in parts or "\0" in path:
        raise refusal
    root = (folder / parts[0]).resolve()
    target = folder.joinpath(*parts).resolve()
    if not root.is_relative_to(folder.resolve()) or not target.is_relative_to(root):
        raise refusal
    return target


def run_file(folder: Path, path: str, download: bool) -> FileResponse:
    """Serve a file of the run, whole or the requested range. Raises: Forbidden, NotFound."""
    target = resolve(folder, path)
    if not os.path.isfile(target):
        raise NotFound("file_not_found", f"This run has no file {path[:200]}.", "It may have been rotated away.")
    headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'"}
    name = f"{folder.name}-{'-'.join(PurePosixPath(path).parts[1:])}" if download else None
    return FileResponse(target, filename=name, headers=headers)


def read_log(folder: Path, attempt: int, offset: int | None, limit: int) -> LogText:
    """Read at most `limit` bytes of what an attempt printed, cut at line ends; the file's end if `offset` is None.

    Raises: NotFound.
    """
    try:
        with open(folder / f"{attempt}.log", "rb") as file:
            size = file.seek(0, 2)
            start = max(0, size - limit) if offset is None else min(offset, size)
            file.seek(start)
            data = file.read(limit)
    except FileNotFoundError:
        hint = "It may not have started yet."
        raise NotFound("log_not_found", f"Attempt {attempt} has printed nothing.", hint) from None
    if offset is None and start > 0:
        cut = data.find(b"\n") + 1
        start, data = start + cut, data[cut:]
    if start + len(data) < size:
        data = data[: data.rfind(b"\n") + 1] or data
    text = data.decode(errors="replace")
    return LogText(attempt=attempt, offset=start, next_offset=start + len(data), size=size, text=text)


def last_words(text_log: Path) -> str:
    """Read the last few non-empty lines, to explain an end without an explanation."""
    try:
        with open(text_log, "rb") as file:
            file.seek(max(0, file.seek(0, 2) - _LAST_BYTES))
            lines = file.read(_LAST_BYTES).decode(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(line.rstrip()[:300] for line in [line for line in lines if line.strip()][-_LAST_LINES:])
