"""Do one check and print what it finds: `python -m tests.harness.one_check NAME LOGS_DIR`, the config on its input."""

import json
import sys
from pathlib import Path

import msgspec

from trainer.contract.config import RunConfig
from trainer.preflight.checker_process import run_check
from trainer.preflight.checks import CHECKS, CheckContext

if __name__ == "__main__":
    name, logs_dir = sys.argv[1:]
    config = RunConfig.model_validate(json.load(sys.stdin))
    (check,) = (check for check in CHECKS if check.name == name)
    finding = run_check(check, CheckContext(config, Path(logs_dir), on_cpu=True))
    sys.stdout.buffer.write(msgspec.json.encode(finding))
