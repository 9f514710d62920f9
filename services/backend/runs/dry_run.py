"""Dry runs: tasks that try a config on an agent's machine before its run starts, a check or a trial of its speed."""

from typing import Literal

from services.backend.datasets import snapshot
from services.backend.datasets.store import Store
from services.backend.runs.commands import check_config
from services.backend.schemas import ConfigRequest
from services.backend.settings import Settings
from services.backend.tasks.queue import TaskQueue, new_task_id


def queue(
    tasks: TaskQueue,
    settings: Settings,
    store: Store,
    kind: Literal["check", "trial"],
    body: ConfigRequest,
) -> str:
    """Queue the task. Returns its id. Raises: as `commands.create`."""
    task_id = new_task_id(kind)
    with snapshot.tables(store, body.dataset_ids) as tables:
        config = check_config(body.config, settings.data_roots, tables)
        config = snapshot.placed(config, tables, tasks.folder(task_id).path)
        files = {snapshot.file_name(number): b"".join(table.pieces) for number, table in tables.items()}
    request = {"config": config.model_dump(mode="json"), "logs_dir": str(settings.logs_dir)}
    return tasks.add(kind, request, files, task_id)
