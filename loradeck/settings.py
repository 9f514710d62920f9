"""Read the settings of a command: its flags, over the environment's `LORADECK_` variables."""

import argparse
import os

from pydantic import ValidationError

from loradeck.up import choose_port
from services.backend.settings import Settings
from trainer.contract.messages import message
from trainer.contract.problem import Problem

FLAGS = ("logs_dir", "state_dir", "host", "port")


def settings_of(args: argparse.Namespace) -> Settings:
    """Return the settings that `args` and the environment ask for. Raises: Problem, StartupError."""
    named = {name: getattr(args, name, None) for name in FLAGS}
    try:
        return Settings(**{name: value for name, value in named.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        said = message("bad_flag", name=first["loc"][0], reason=first["msg"], value=repr(first["input"]))
        raise Problem(said) from None


def settings_with_port(args: argparse.Namespace) -> Settings:
    """As `settings_of`, with a free port where the usual one is taken and none was asked for."""
    return choose_port(settings_of(args), fixed=args.port is not None or "LORADECK_PORT" in os.environ)
