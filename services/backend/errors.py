"""The tree of errors, and the one shape in which the API reports them.

LoradeckError            500
├── Unauthorized         401   no token, a wrong one, or a session that has ended
├── NotFound             404   no such run, file or path
├── Conflict             409   not in this state of the run
├── Invalid              422   the request names something that cannot be used
├── Forbidden            403   a foreign page, an unknown host, a path outside its folder
├── TooLarge             413   more than a request without a token may send
├── TooManyTries         429   wrong tokens come too fast
├── DiskFull             507   the disk under the database or the run folders is full, or takes no more
└── StartupError         exit 2, before there is anyone to answer
"""

import errno
import json
import logging
import sqlite3
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from services.backend.schemas import ErrorBody
from trainer.contract.messages import Message, message, sentence
from trainer.contract.problem import Problem

log = logging.getLogger("loradeck")

_REFUSED = (sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE)
"""SQLite's only codes for a write that is refused for another reason than a full disk, such as a quota: see
https://www.sqlite.org/rescode.html#ioerr_write."""


class LoradeckError(Problem):
    """A problem with the status of its answer. `field` is the part of the request to blame."""

    status = 500
    headers: Mapping[str, str] = MappingProxyType({})

    @property
    def body(self) -> ErrorBody:
        return body_of(self)


class Unauthorized(LoradeckError):
    status = 401
    headers = MappingProxyType({"WWW-Authenticate": "Bearer"})


class TooLarge(LoradeckError):
    status = 413


class TooManyTries(LoradeckError):
    """`seconds` is how long to wait before the next try."""

    status = 429

    def __init__(self, said: Message, seconds: int) -> None:
        super().__init__(said)
        self.headers = {"Retry-After": str(seconds)}


class NotFound(LoradeckError):
    status = 404


class Conflict(LoradeckError):
    status = 409


class Invalid(LoradeckError):
    status = 422


class Forbidden(LoradeckError):
    status = 403


class DiskFull(LoradeckError):
    status = 507

    def __init__(self, error: BaseException) -> None:
        is_refused = getattr(driver_error(error), "sqlite_errorcode", None) in _REFUSED
        super().__init__(message("disk_full.refused" if is_refused else "disk_full"))


class StartupError(LoradeckError):
    """Loradeck cannot start. Its message is the one sentence that the person is shown."""


def driver_error(error: BaseException) -> BaseException:
    """Return SQLite's error inside SQLAlchemy's, or `error` itself."""
    return error.orig if isinstance(error, DBAPIError) and error.orig is not None else error


def is_disk_full(error: BaseException) -> bool:
    """Check whether `error`, or the error it wraps, says that a disk or quota is full."""
    error = driver_error(error)
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_FULL, *_REFUSED)
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def install_handlers(app: FastAPI) -> None:
    """Make `app` answer every error with an `ErrorBody`."""

    async def refuse(_: Request, error: Exception) -> JSONResponse:
        return error_response(error)

    for kind in (LoradeckError, Problem, RequestValidationError, HTTPException, DBAPIError, sqlite3.Error, OSError):
        app.add_exception_handler(kind, refuse)
    app.add_exception_handler(Exception, refuse)  # uvicorn prints these with their traceback


def error_response(error: Exception) -> JSONResponse:
    """Make the HTTP response to `error`."""
    status, body = _answer(error)
    headers = error.headers if isinstance(error, HTTPException | LoradeckError) else None
    return JSONResponse(body.model_dump(), status, headers=headers)


def body_of(problem: Problem) -> ErrorBody:
    """Return what a client is told of `problem`."""
    said = problem.said
    return ErrorBody(code=said.code, message=said.message, hint=said.hint, field=problem.field)


def _answer(error: Exception) -> tuple[int, ErrorBody]:
    if isinstance(error, Problem):
        return error.status if isinstance(error, LoradeckError) else 422, body_of(error)
    if isinstance(error, RequestValidationError):
        return 422, body_of(_invalid_request(error))
    if isinstance(error, HTTPException):
        return error.status_code, body_of(Problem(_http_error(error)))
    if is_disk_full(error):
        return DiskFull.status, DiskFull(error).body
    if isinstance(error, DBAPIError | sqlite3.Error | OSError):
        log.error(sentence("notice.answer_failed"), exc_info=error)
    return 500, body_of(Problem(message("internal", error=type(error).__name__)))


def _invalid_request(error: RequestValidationError) -> Problem:
    first = error.errors()[0]
    where, *path = (str(part) for part in first["loc"])
    field = ".".join(path) or None
    if first["type"] == "json_invalid":
        return Problem(message("invalid_json", error=first["ctx"]["error"]))
    if first["type"] == "missing":
        return Problem(message("missing_field", field=field) if field else message("missing_field.body"), field)
    if isinstance(first.get("input"), bytes):
        return Problem(message("invalid_json.type"))
    shown = json.dumps(first.get("input"), default=str)[:80]
    return Problem(message("invalid_field", field=field or where, shown=shown, reason=first["msg"]), field)


def _http_error(error: HTTPException) -> Message:
    if error.status_code == 404:
        return message("not_found")
    if error.status_code == 405:
        return message("method_not_allowed")
    phrase = HTTPStatus(error.status_code).phrase
    return Message(phrase.lower().replace(" ", "_"), f"{error.detail or phrase}.")
