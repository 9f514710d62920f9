"""The base of all REST schemas, and the one error shape."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class Schema(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ErrorBody(Schema):
    """The one error shape: what is wrong, what to do, and the field to blame if there is one."""

    code: str
    message: str
    hint: str
    field: str | None = None


DatasetId = Annotated[int, Field(ge=-(2**53), le=2**53)]
"""Larger ones are none that SQLite can hold."""


class ConfigRequest(Schema):
    """A run's config, with registered data sets in place of its paths where their ids are given."""

    config: Annotated[dict[str, Any], Field(description="It is checked as the trainer will check it.")]
    dataset_id: Annotated[
        DatasetId | None,
        Field(
            description="Its rows that are not quarantined now; `dataset_base_path` and `dataset_metadata_path` are set"
            " to them and may be left out."
        ),
    ] = None
    more_dataset_ids: Annotated[
        list[DatasetId | None],
        Field(max_length=32, description="The same for each of the config's `more_datasets`; null where it has paths."),
    ] = []

    @property
    def dataset_ids(self) -> list[int | None]:
        """The ids of all data sets, in the order of the config's `datasets`."""
        return [self.dataset_id, *self.more_dataset_ids]
