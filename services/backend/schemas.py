"""The base of all REST schemas, and the one error shape."""

from pydantic import BaseModel, ConfigDict


class Schema(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ErrorBody(Schema):
    """The one error shape: what is wrong, what to do, and the field to blame where there is one.

    `message` and `hint` are the English texts of `code`, filled in with `params`.
    """

    code: str
    message: str
    hint: str
    params: dict[str, str | int | float] = {}
    field: str | None = None
