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
        return ErrorBody(code=self.code, message=self.message, hint=self.hint, field=self.field)


class Unauthorized(LoradeckError):
    status = 401
    headers = MappingProxyType({"WWW-Authenticate": "Bearer"})


class TooLarge(LoradeckError):
    status = 413


class TooManyTries(LoradeckError):
    """`seconds` is how long to wait before the next try."""

    status = 429

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__("too_many_tries", message, f"Try again in {seconds} second{'s' * (seconds != 1)}.")
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
        message = "The disk is full."
        if getattr(driver_error(error), "sqlite_errorcode", None) in _REFUSED:
            message = "The disk takes no more: it is full, a quota or a limit is reached, or it fails."
        super().__init__("disk_full", message, "Free some space; Loradeck goes on by itself where it had to wait.")


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


def _answer(error: Exception) -> tuple[int, ErrorBody]:
    if isinstance(error, LoradeckError):
        return error.status, error.body
    if isinstance(error, Problem):
        return 422, ErrorBody(code=error.code, message=error.message, hint=error.hint, field=error.field)
    if isinstance(error, RequestValidationError):
        return 422, _invalid_request(error)
    if isinstance(error, HTTPException):
        return error.status_code, _http_error(error)
    if is_disk_full(error):
        return DiskFull.status, DiskFull(error).body
    if isinstance(error, DBAPIError | sqlite3.Error | OSError):
        log.error("An answer failed.", exc_info=error)
    hint = "The server's own output says more; please report it."
    return 500, ErrorBody(code="internal", message=f"Loradeck failed: {type(error).__name__}.", hint=hint)


def _invalid_request(error: RequestValidationError) -> ErrorBody:
    first = error.errors()[0]
    where, *path = (str(part) for part in first["loc"])
    field = ".".join(path) or None
    if first["type"] == "json_invalid":
        message = f"The body is not JSON: {first['ctx']['error']}."
        return ErrorBody(code="invalid_json", message=message, hint="Send a JSON object.", field=None)
    if first["type"] == "missing":
        subject = field or "The body"
        return ErrorBody(code="missing_field", message=f"{subject} is missing.", hint="Set it.", field=field)
    if isinstance(first.get("input"), bytes):
        hint = "Send a JSON object with the header Content-Type: application/json."
        return ErrorBody(code="invalid_json", message="The body did not come as JSON.", hint=hint, field=None)
    shown = json.dumps(first.get("input"), default=str)[:80]
    subject = field or where
    return ErrorBody(code="invalid_field", message=f"{subject} is {shown}.", hint=f"{first['msg']}.", field=field)


def _http_error(error: HTTPException) -> ErrorBody:
    if error.status_code == 404:
        return ErrorBody(
            code="not_found", message="There is nothing here.", hint="GET /api/openapi.json lists the paths."
        )
    if error.status_code == 405:
        hint = "GET /api/openapi.json lists what each path takes."
        return ErrorBody(code="method_not_allowed", message="This path does not take that method.", hint=hint)
    phrase = HTTPStatus(error.status_code).phrase
    return ErrorBody(code=phrase.lower().replace(" ", "_"), message=f"{error.detail or phrase}.", hint="")
