"""Tasks that try a config on an agent's machine before a run of it is started: a check, or a trial of its speed."""

from typing import TYPE_CHECKING, Any, Literal

from services.backend import runs, tasks
from services.backend.sets import frozen

if TYPE_CHECKING:
    from services.backend.deck import Deck


def queue(deck: "Deck", kind: Literal["check", "trial"], data: dict[str, Any], dataset_id: int | None) -> str:
    """Queue the task, on what is used of a data set where one is named. Returns: its id. Raises: as `runs.create`."""
    task_id, files = tasks.new_id(kind), {}
    if dataset_id is None:
        config = runs.checked(deck, data)
    else:
        with frozen.table(deck, dataset_id) as table:
            paths = {"dataset_base_path": str(table.base), "dataset_metadata_path": None}
            config = runs.checked(deck, {**data, **paths}, has_table=True)
            frozen.check(config, table)
            files = {frozen.TABLE: b"".join(table.pieces)}
        place = tasks.folder_of(deck, task_id).path / frozen.TABLE
        config = config.model_copy(update={"dataset_metadata_path": str(place)})
    request = {"config": config.model_dump(mode="json"), "logs_dir": str(deck.settings.logs_dir)}
    return tasks.queue(deck, kind, request, files, task_id)
