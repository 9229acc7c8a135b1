"""What every section of a card is, and the kinds of number in them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Interval = tuple[float, float]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Section(BaseModel):
    """Base of the sections of a card."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True)
