"""The models of evalpipe.toml: who answers, at which address, with which sampling and within which limits."""

import json
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from evalpipe.config.section import FileName, Name, Positive, Section, variable_name

Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Json = str | int | float | bool | None | list[Any] | dict[str, Any]

# What evalpipe itself puts into a request; a sampling field of the same name would fight with it.
_OURS = ("model", "messages", "stream", "n")


def _address(base_url: str) -> str:
    if not re.fullmatch(r"https?://[^\s/@?#]+(/[^\s@?#]*)?", base_url):
        raise ValueError(
            "an address such as https://host/v1 is expected, without name, password, `?` and `#`; "
            "a key belongs into an environment variable, named by `api_key_env`"
        )
    return base_url


Address = Annotated[str, AfterValidator(_address)]


class Model(Section):
    """What every model has, whoever answers. `banks` are the banks it is evaluated on; `["*"]` means all, and none is
    enough for a model that only sits in the committee or judges. `family`: models of one family err alike, so
    `[labels] one_vote_per_family` can give them one vote.
    `samples`: how often each question is asked. `max_in_flight` is the most; the engine finds what the endpoint bears.
    """

    banks: list[Name] = []
    family: Name | None = None
    automatic: bool = False
    prompt: Name | None = None
    samples: Annotated[int, Field(ge=1, le=1_000)] = 1
    max_requests: Annotated[int, Field(ge=1)] | None = None
    max_in_flight: Annotated[int, Field(ge=1, le=10_000)] = 256
    input_usd_per_million: Price | None = None
    output_usd_per_million: Price | None = None
    max_retries: Annotated[int, Field(ge=0, le=20)] = 3


class Sampled(Model):
    """A model that is asked over HTTP. `sampling` is passed through as it stands, unknown fields too."""

    sampling: dict[str, Json] = {}
    timeout_s: Positive = 30
    deadline_s: Positive = 600  # of one question: so long is a broken or overloaded endpoint tried again
    stall_s: Positive = 120  # an endpoint that answers nothing for so long ends the run

    @model_validator(mode="after")
    def _samples_can_differ(self) -> "Sampled":
        if self.samples > 1 and "seed" in self.sampling:
            raise ValueError("`samples` above 1 with a fixed `seed` asks for copies of one answer; leave `seed` out")
        return self

    @field_validator("sampling")
    @classmethod
    def _can_be_sent(cls, sampling: dict[str, Json]) -> dict[str, Json]:
        for name in _OURS:
            if name in sampling:
                raise ValueError(f"`{name}` is set by evalpipe itself; leave it out")
        try:
            json.dumps(sampling, allow_nan=False)
        except (TypeError, ValueError):
            raise ValueError(
                "only what JSON knows can be sent: text, finite numbers, true, false, lists, tables"
            ) from None
        return sampling


class Endpoint(Sampled):
    """A model behind an address. `base_urls`: replicas of it. `endpoint` names it where it may move to another address
    and its answers shall still count as known.
    """

    base_url: Address | None = None
    base_urls: Annotated[list[Address], Field(min_length=1)] | None = None
    endpoint: Name | None = None
    model: Name
    api_key_env: Annotated[str, variable_name("key")] | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(self.base_urls or [self.base_url or ""])

    @model_validator(mode="after")
    def _has_address(self) -> "Endpoint":
        if (self.base_url is None) == (self.base_urls is None):
            raise ValueError('`base_url` is missing: give `base_url = "https://host/v1"`, or `base_urls = [...]`')
        if len(set(self.addresses)) < len(self.addresses):
            raise ValueError("`base_urls` names an address twice")
        return self


class OpenAIChatModel(Endpoint):
    """`requests_per_s`, `tokens_per_s`: what the endpoint may be asked, by all processes together. Without a shared
    cache each process takes `budget_share` of it.
    """

    backend: Literal["openai_chat"]
    transport: Literal["wire", "sdk"] = "wire"
    requests_per_s: Positive | None = None
    tokens_per_s: Positive | None = None
    budget_share: Annotated[float, Field(gt=0, le=1)] = 0.33  # dagster.yaml lets three runs of a model work at a time


class OpenAIBatchModel(Endpoint):
    """A provider's batch API. `chunk_requests` and `chunk_bytes` bound one batch; `poll_s`: pause between two looks at
    the batches; `timeout_s`, `deadline_s`: of one call and of its repetitions, no answer is bound by them.
    """

    backend: Literal["openai_batch"]
    completion_window: Name = "24h"
    poll_s: Positive = 30
    chunk_requests: Annotated[int, Field(ge=1, le=50_000)] = 50_000
    chunk_bytes: Annotated[int, Field(ge=1_000, le=200_000_000)] = 200_000_000
    timeout_s: Positive = 120

    @model_validator(mode="after")
    def _has_one_address(self) -> "OpenAIBatchModel":
        if self.base_urls is not None:
            raise ValueError("a batch goes to one address: give `base_url`, and leave `base_urls` out")
        return self


class EmbeddedModel(Sampled):
    """SmolLM2-135M-Instruct in a child process; `weights` names another GGUF file."""

    backend: Literal["embedded"]
    weights: FileName | None = None
    threads: Annotated[int, Field(ge=1)] | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    max_in_flight: Annotated[int, Field(ge=1, le=64)] = 2


class RecordedModel(Model):
    """Answers made elsewhere. `model` takes one model of the file, `models` several or all (`"*"`): each becomes a
    model of its own, named as in the file.
    """

    backend: Literal["recorded"]
    path: FileName
    model: Name | None = None
    models: Annotated[list[Name], Field(min_length=1)] | Literal["*"] | None = None
    columns: dict[Literal["question_id", "question", "model", "completion"], Name] = {}

    @model_validator(mode="after")
    def _one_or_many(self) -> "RecordedModel":
        if self.model and self.models:
            raise ValueError('give `model = "NAME"` or `models = ["A", "B"]` or `models = "*"`, not both')
        return self


AnyModel = Annotated[OpenAIChatModel | OpenAIBatchModel | EmbeddedModel | RecordedModel, Field(discriminator="backend")]
