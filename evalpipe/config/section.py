"""What every section of evalpipe.toml is made of: strictness, and the kinds of values."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(min_length=1)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _file_name(text: object) -> object:
    if not isinstance(text, str) or not text.strip():
        raise ValueError("a file name is expected, as text")
    return Path(text)


FileName = Annotated[Path, BeforeValidator(_file_name)]


class Section(BaseModel):
    """Strict: TOML has types, so `"yes"` is no boolean and `"4096"` no number."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def variable_name(secret: str) -> AfterValidator:
    """A field that names the environment variable in which `secret` lies, and that never holds it."""

    def check(name: str) -> str:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise ValueError(
                f"the name of an environment variable is expected (letters, digits, `_`), never the {secret}"
            )
        return name

    return AfterValidator(check)
