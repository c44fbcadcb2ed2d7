"""A configured model becomes an open-able backend. A new backend is one file in `backends/` and one line here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from evalpipe.backends.embedded import Embedded
from evalpipe.backends.openai_chat import OpenAIChat
from evalpipe.backends.protocol import Backend
from evalpipe.backends.recorded import Recorded
from evalpipe.config.schema import AnyModel, EmbeddedModel, OpenAIChatModel, RecordedModel


def _openai_chat(model: OpenAIChatModel, folder: Path) -> Backend:
    return OpenAIChat(
        base_urls=model.addresses,
        model=model.model,
        sampling=model.sampling,
        api_key_env=model.api_key_env,
        timeout_s=model.timeout_s,
        max_connections=model.max_in_flight,
        transport=model.transport,
        name=model.endpoint,
    )


def _embedded(model: EmbeddedModel, folder: Path) -> Backend:
    return Embedded(
        weights=folder / model.weights.expanduser() if model.weights else None,
        sampling=model.sampling,
        threads=model.threads,
        parallel=model.max_in_flight,
        timeout_s=model.timeout_s,
        port=model.port,
    )


def _recorded(model: RecordedModel, folder: Path) -> Backend:
    assert model.model is not None  # the loader gave every entry the name of one model
    return Recorded(path=folder / model.path.expanduser(), model=model.model, columns={**model.columns})


BACKENDS: dict[str, Callable[[Any, Path], Backend]] = {
    "openai_chat": _openai_chat,
    "embedded": _embedded,
    "recorded": _recorded,
}


def make_backend(model: AnyModel, folder: Path) -> Backend:
    """The backend of a configured model; relative paths start at `folder`. Opens nothing."""
    return BACKENDS[model.backend](model, folder)
