"""One data set of a run: where it is, how often it is seen, and how its captions are shown."""

import json
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from trainer.contract.problem import InvalidValue


class DatasetConfig(BaseModel):
    """One of the further data sets of a run. The keys mean what those of the run's first data set do."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)

    dataset_base_path: Annotated[str, Field(min_length=1)]
    """The folder that the paths in the metadata are relative to."""
    dataset_metadata_path: str | None = None
    """Its table; None for `metadata.csv` in the base path."""
    dataset_repeat: Annotated[int, Field(ge=1)] = 1
    """How often an epoch goes through the data set."""
    dataset_weight: Annotated[float, Field(gt=0, le=1000)] = 1.0
    """How many of its samples an epoch takes, as a multiple of `dataset_repeat` times all of them: with 0.5 half of
    them, and the other half in the next epoch."""
    trigger_word: Annotated[str, Field(max_length=200)] = ""
    """Stands for each "[trigger]" in a caption, and before the captions that have neither of both."""
    caption_dropout: Annotated[float, Field(ge=0, le=1)] = 0.0
    """The share of samples that are shown without their caption, drawn each time anew."""
    caption_shuffles: Annotated[int, Field(ge=0, le=32)] = 0
    """Orders of a caption's comma-separated tags that are cached; one is drawn each time. 0 for its own."""

    @field_validator("*", mode="before")
    @classmethod
    def _no_switch(cls, value: object) -> object:
        return no_switch(value)

    @field_validator("trigger_word")
    @classmethod
    def _printable_word(cls, word: str) -> str:
        return printable_word(word)

    @property
    def metadata_path(self) -> Path:
        return Path(self.dataset_metadata_path or Path(self.dataset_base_path) / "metadata.csv")

    @property
    def passes(self) -> float:
        """How often an epoch takes each sample, on average."""
        return self.dataset_repeat * self.dataset_weight


def no_switch(value: object) -> object:
    """Refuse true and false, which would be 1 and 0 where a number belongs. Raises: InvalidValue."""
    if isinstance(value, bool):
        raise InvalidValue("switch", shown=json.dumps(value))
    return value


def printable_word(word: str) -> str:
    """Refuse a trigger word that no caption can have. Raises: InvalidValue."""
    if not word.isprintable():
        raise InvalidValue("word_sign", shown=json.dumps(word))
    return word


def field_of(number: int, key: str) -> str:
    """Return the path in a run's config of a key of the data set of this number; the first is the run's own."""
    return f"more_datasets.{number - 1}.{key}" if number else key
