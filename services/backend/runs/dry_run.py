"""Dry runs: tasks that try a config on an agent's machine before its run starts, a check or a trial of its speed."""

from typing import Any, Literal

from services.backend.datasets import snapshot
from services.backend.datasets.store import Store
from services.backend.runs.commands import check_config
from services.backend.settings import Settings
from services.backend.tasks.queue import TaskQueue, new_task_id


def queue(
    tasks: TaskQueue,
    settings: Settings,
    store: Store,
    kind: Literal["check", "trial"],
    data: dict[str, Any],
    dataset_id: int | None,
) -> str:
    """Queue the task; with `dataset_id`, on the used rows of that data set. Returns its id. Raises: as
    `commands.create`."""
    task_id, files = new_task_id(kind), {}
    if dataset_id is None:
        config = check_config(data, settings.data_roots)
    else:
        with snapshot.table(store, dataset_id) as table:
            paths = {"dataset_base_path": str(table.base), "dataset_metadata_path": None}
            config = check_config({**data, **paths}, settings.data_roots, has_table=True)
            snapshot.check(config, table)
            files = {snapshot.TABLE: b"".join(table.pieces)}
        place = tasks.folder(task_id).path / snapshot.TABLE
        config = config.model_copy(update={"dataset_metadata_path": str(place)})
    request = {"config": config.model_dump(mode="json"), "logs_dir": str(settings.logs_dir)}
    return tasks.add(kind, request, files, task_id)
