"""How strict is a section of fleet.yaml? What every model of one has in its settings."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Unknown keys are refused: what is accepted is acted on."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=False)
