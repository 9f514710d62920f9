"""`python -m services.backend.openapi` prints the API's OpenAPI document, sorted: it changes only when the API does."""

import json

from services.backend.app import create_app
from services.backend.settings import Settings


def document() -> str:
    """Return the document as JSON with a newline at its end. Touches no file."""
    return json.dumps(create_app(Settings()).openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(document(), end="")
