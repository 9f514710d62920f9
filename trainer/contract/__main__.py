"""Write what is published of the contract into docs/: `python -m trainer.contract` from the root of the repository."""

import json
from pathlib import Path

from trainer.contract import events
from trainer.contract.config import RunConfig

_HEAD = """# Settings of a run

A run config is one JSON object with these keys. Where DiffSynth has a setting, its name is kept. Unknown keys are
refused with the nearest right name. Paths that are not absolute are taken from the folder that Loradeck was started in.

| key | default | meaning |
|---|---|---|
"""


def events_page() -> str:
    """`docs/events.schema.json`: the JSON Schema of one line of a step log."""
    return json.dumps(events.json_schema(), indent=2) + "\n"


def config_page() -> str:
    """`docs/config.md`: every setting with its default and meaning."""
    rows = []
    for name, field in RunConfig.model_fields.items():
        default = "required" if field.is_required() else f"`{json.dumps(field.default)}`"
        rows.append(f"| `{name}` | {default} | {' '.join((field.description or '').split())} |\n")
    return _HEAD + "".join(rows)


PAGES = {"docs/events.schema.json": events_page, "docs/config.md": config_page}


def main() -> None:
    for path, page in PAGES.items():
        Path(path).write_text(page())


if __name__ == "__main__":
    main()
