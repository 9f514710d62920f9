"""Write what is published of the contract into docs/: `python -m trainer.contract` from the root of the repository."""

import json
from pathlib import Path

from trainer.contract import events
from trainer.contract.settings import run_config_schema

_HEAD = """# Settings of a run

A run config is one JSON object with these keys. Where DiffSynth has a setting, its name is kept. Unknown keys are
refused with the nearest right name. Paths that are not absolute are taken from the folder that Loradeck was started in.

| key | default | meaning |
|---|---|---|
"""


def events_page() -> str:
    """`docs/events.schema.json`: the JSON Schema of one line of a step log."""
    return json.dumps(events.json_schema(), indent=2) + "\n"


def schema_page() -> str:
    """`docs/run-config.schema.json`: the JSON Schema of a run config, from which the form is made as well."""
    return json.dumps(run_config_schema(), indent=2) + "\n"


def config_page() -> str:
    """`docs/config.md`: every setting with its default and meaning."""
    schema = run_config_schema()
    rows = []
    for name, setting in schema["properties"].items():
        default = "required" if name in schema["required"] else f"`{json.dumps(setting['default'])}`"
        rows.append(f"| `{name}` | {default} | {setting['description']} |\n")
    return _HEAD + "".join(rows)


PAGES = {
    "docs/events.schema.json": events_page,
    "docs/config.md": config_page,
    "docs/run-config.schema.json": schema_page,
    "services/frontend/src/api/run-config.schema.json": schema_page,
}


def main() -> None:
    for path, page in PAGES.items():
        Path(path).write_text(page())


if __name__ == "__main__":
    main()
