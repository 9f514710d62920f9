"""Tasks that try a config on an agent's machine before a run of it is started: a check, or a trial of its speed."""

from typing import TYPE_CHECKING, Any, Literal

from services.backend.datasets import snapshot
from services.backend.runs import commands
from services.backend.tasks import queue as task_queue

if TYPE_CHECKING:
    from services.backend.runtime import Deck


def queue(deck: "Deck", kind: Literal["check", "trial"], data: dict[str, Any], dataset_id: int | None) -> str:
    """Queue the task, on what is used of a data set where one is named. Returns: its id. Raises: as `runs.create`."""
    task_id, files = task_queue.new_id(kind), {}
    if dataset_id is None:
        config = commands.checked(deck, data)
    else:
        with snapshot.table(deck, dataset_id) as table:
            paths = {"dataset_base_path": str(table.base), "dataset_metadata_path": None}
            config = commands.checked(deck, {**data, **paths}, has_table=True)
            snapshot.check(config, table)
            files = {snapshot.TABLE: b"".join(table.pieces)}
        place = task_queue.folder_of(deck, task_id).path / snapshot.TABLE
        config = config.model_copy(update={"dataset_metadata_path": str(place)})
    request = {"config": config.model_dump(mode="json"), "logs_dir": str(deck.settings.logs_dir)}
    return task_queue.queue(deck, kind, request, files, task_id)
