"""The REST API and the live socket, one module a resource. Routes check arguments and hand over to modules above."""

from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import HTTPConnection

from services.backend.runtime import Deck
from services.backend.schemas import ErrorBody

ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorBody, "description": "Refused: what is wrong, and what to do"},
    "5XX": {"model": ErrorBody, "description": "Failed: what is wrong, and what to do"},
}


def _deck(connection: HTTPConnection) -> Deck:
    deck: Deck = connection.app.state.deck
    return deck


DeckOf = Annotated[Deck, Depends(_deck)]
