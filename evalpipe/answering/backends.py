"""A configured model becomes an open-able backend. A new backend is one file in `backends/` and one line here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, overload

from evalpipe.backends.embedded import Embedded
from evalpipe.backends.openai_batch import OpenAIBatch
from evalpipe.backends.openai_chat import OpenAIChat
from evalpipe.backends.protocol import Backend, BatchBackend
from evalpipe.backends.recorded import Recorded
from evalpipe.config.models import AnyModel, EmbeddedModel, OpenAIBatchModel, OpenAIChatModel, RecordedModel


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


def _openai_batch(model: OpenAIBatchModel, folder: Path) -> BatchBackend:
    return OpenAIBatch(
        base_url=model.addresses[0],
        model=model.model,
        sampling=model.sampling,
        api_key_env=model.api_key_env,
        completion_window=model.completion_window,
        chunk_requests=model.chunk_requests,
        chunk_bytes=model.chunk_bytes,
        timeout_s=model.timeout_s,
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


BACKENDS: dict[str, Callable[[Any, Path], Backend | BatchBackend]] = {
    "openai_chat": _openai_chat,
    "openai_batch": _openai_batch,
    "embedded": _embedded,
    "recorded": _recorded,
}


@overload
def make_backend(model: OpenAIBatchModel, folder: Path) -> BatchBackend: ...
@overload
def make_backend(model: OpenAIChatModel | EmbeddedModel | RecordedModel, folder: Path) -> Backend: ...
def make_backend(model: AnyModel, folder: Path) -> Backend | BatchBackend:
    """The backend of a configured model; relative paths start at `folder`. Opens nothing."""
    return BACKENDS[model.backend](model, folder)
