"""Fetch the tokenizer of a model to where its runs look for it, if need be, and print its folder: `python -m
trainer.models.fetch MODEL`. A process of its own, because it imports torch and its callers do not.
"""

import sys
from contextlib import redirect_stdout

from trainer.contract.messages import sentence
from trainer.models.registry import get_model


def main(argv: list[str]) -> int:
    config = get_model(argv[0]).tokenizer.as_config()
    with redirect_stdout(sys.stderr):  # DiffSynth prints advice
        config.download_if_necessary()
    if not isinstance(config.path, str):
        print(
            sentence("fetch.nothing_there", model_id=config.model_id, pattern=config.origin_file_pattern),
            file=sys.stderr,
        )
        return 1
    print(config.path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
