"""The base of all REST schemas, and the one error shape."""

from pydantic import BaseModel, ConfigDict


class Schema(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ErrorBody(Schema):
    """The one error shape: what is wrong, what to do, and the field to blame if there is one."""

    code: str
    message: str
    hint: str
    field: str | None = None
