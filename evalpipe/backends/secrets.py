"""Keys: read from the environment, and kept out of everything else."""

import os
from collections.abc import Mapping
from typing import cast

from evalpipe.core.errors import BackendError

# Below this many characters a "key" is a placeholder such as `EMPTY`, and may be a word of a real answer.
SHORTEST_SECRET = 10


def read_key(variable: str | None, base_url: str) -> str | None:
    """The key that the variable holds; None where no variable is named.

    Raises: BackendError: the variable is not set, or holds what cannot be a key.
    """
    if variable is None:
        return None
    key = os.environ.get(variable, "").strip()
    if not key:
        raise BackendError(
            f"{base_url}: the environment variable {variable} is not set. "
            f"Set it (`export {variable}=...`), or leave `api_key_env` out where no key is needed."
        )
    if not all("!" <= character <= "~" for character in key):
        raise BackendError(
            f"{base_url}: the environment variable {variable} holds blanks, line breaks or characters "
            "that no key has. Set it to the key alone."
        )
    return key


def without_key(payload: object, key: str | None) -> object:
    """JSON-like data with the key replaced wherever a text holds it: some endpoints repeat what they were sent."""
    if key is None:
        return payload
    if isinstance(payload, str):
        return payload.replace(key, "[key]")
    if isinstance(payload, Mapping):
        fields = cast("Mapping[str, object]", payload)
        return {name: without_key(value, key) for name, value in fields.items()}
    if isinstance(payload, list):
        return [without_key(value, key) for value in cast("list[object]", payload)]
    return payload
