"""The REST API and the live socket, one module a resource. A route checks arguments and calls the rooms below with the
parts of the runtime that they use."""

from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import HTTPConnection

from services.backend.runtime import Runtime
from services.backend.schemas import ErrorBody

ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorBody, "description": "Refused: what is wrong, and what to do"},
    "5XX": {"model": ErrorBody, "description": "Failed: what is wrong, and what to do"},
}


def _runtime(connection: HTTPConnection) -> Runtime:
    runtime: Runtime = connection.app.state.runtime
    return runtime


RuntimeOf = Annotated[Runtime, Depends(_runtime)]
