"""The models that Loradeck trains: `get_model(name)` gives what a run needs to load one.

Importing this package is cheap; torch and DiffSynth are imported when a spec is first used.
"""

from .registry import MODELS, ModelSpec, get_model

__all__ = ["MODELS", "ModelSpec", "get_model"]
