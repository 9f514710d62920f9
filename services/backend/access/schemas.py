"""Schemas of signing in."""

from typing import Literal

from pydantic import SecretStr

from services.backend.schemas import Schema


class Alive(Schema):
    status: Literal["ok"]


class Session(Schema):
    """`required` says whether a token is asked for at all."""

    required: bool
    signed_in: bool


class SignIn(Schema):
    token: SecretStr
