"""Has the UI built before a wheel or a source distribution is packed. An editable installation has `make ui`."""

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class UiBuildHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        spec = importlib.util.spec_from_file_location("loradeck_build", root / "loradeck/build.py")
        build = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(build)
        try:
            build.build_ui(root)
        except build.BuildError as error:
            raise SystemExit(str(error)) from None
