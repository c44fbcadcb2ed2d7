"""evalpipe.toml as types: what may be written, what it means, and the defaults. Validated at load by pydantic."""

import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from evalpipe.core.keys import MAX_KEY_LENGTH, fits_key
from evalpipe.store.s3_place import SCHEME, checked_endpoint, split_uri

Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(min_length=1)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Json = str | int | float | bool | None | list[Any] | dict[str, Any]
ScorerName = Literal["number", "choice", "exact", "json"]

# What evalpipe itself puts into a request; a sampling field of the same name would fight with it.
_OURS = ("model", "messages", "stream", "n")


def _file_name(text: object) -> object:
    if not isinstance(text, str) or not text.strip():
        raise ValueError("a file name is expected, as text")
    return Path(text)


FileName = Annotated[Path, BeforeValidator(_file_name)]


def _address(base_url: str) -> str:
    if not re.fullmatch(r"https?://[^\s/@?#]+(/[^\s@?#]*)?", base_url):
        raise ValueError(
            "an address such as https://host/v1 is expected, without name, password, `?` and `#`; "
            "a key belongs into an environment variable, named by `api_key_env`"
        )
    return base_url


Address = Annotated[str, AfterValidator(_address)]


class Section(BaseModel):
    """Strict: TOML has types, so `"yes"` is no boolean and `"4096"` no number."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _local_path(uri: str, allowed: str) -> str:
    if "://" in uri and not uri.startswith("file://"):
        raise ValueError(allowed)
    path = uri.removeprefix("file://")
    if uri != path and not path.startswith("/"):
        raise ValueError("a file:// address holds a whole path: file:///path")
    return path


class LandingPlace(Section):
    """A local folder; a relative one starts at the configuration file."""

    uri: Name = "data/landing"
    settle_s: Seconds = 30

    @field_validator("uri")
    @classmethod
    def _is_local(cls, uri: str) -> str:
        return _local_path(
            uri,
            "the landing place is a local folder in this version: a path, or file:///path; only `[lake] uri` may be s3://",
        )


class LakePlace(Section):
    """A local folder as the landing place, or `s3://bucket/prefix`; the other keys are about S3 alone.

    `path_style`: the bucket stands in the path, not in the host name. Keys come from the environment.
    """

    uri: Name = "data/lake"
    endpoint_url: str | None = None
    region: Name | None = None
    path_style: bool | None = None

    @field_validator("uri")
    @classmethod
    def _is_place(cls, uri: str) -> str:
        if uri.startswith(SCHEME):
            split_uri(uri)
            return uri
        return _local_path(uri, "only local folders and S3 are supported: a path, file:///path or s3://bucket/prefix")

    @field_validator("endpoint_url")
    @classmethod
    def _is_address(cls, endpoint_url: str) -> str:
        return checked_endpoint(endpoint_url)

    @field_validator("region")
    @classmethod
    def _is_region(cls, region: str) -> str:
        if not re.fullmatch(r"[a-z0-9-]+", region):
            raise ValueError("a region such as eu-central-1 is expected: a-z, 0-9 and `-`")
        return region

    @model_validator(mode="after")
    def _options_are_of_s3(self) -> "LakePlace":
        options = {"endpoint_url": self.endpoint_url, "region": self.region, "path_style": self.path_style}
        given = [name for name, value in options.items() if value is not None]
        if given and not self.uri.startswith(SCHEME):
            raise ValueError(f"`{given[0]}` is about S3, and `uri` is a local folder; leave it out")
        return self


class Shards(Section):
    size: Annotated[int, Field(ge=1, le=1_000_000)] = 4096


class Answers(Section):
    """`max_failed_fraction`: a cell with more of its questions failed is not scored.
    `retry_pauses_s`: how long `reconcile` waits before it asks a failed cell again; as many tries as there are pauses.
    `refresh_s`: how often the leaderboard is made anew while cells are missing.
    """

    max_failed_fraction: Share = 0.02
    retry_pauses_s: Annotated[list[Seconds], Field(max_length=3)] = [60.0, 300.0, 900.0]
    refresh_s: Seconds = 600


class Bank(Section):
    """`drops`: shell patterns of drop names that belong to this bank where their drop.toml names none.
    `scorers`: another scorer for a kind of question, e.g. `{ number = "exact" }`.
    """

    description: str = ""
    drops: list[Name] = []
    scorers: dict[Literal["choice", "number", "math", "text", "json"], ScorerName] = {}
    max_label_error_rate: Share | None = None


class Prompt(Section):
    """`template`: a Jinja2 file for the user's message; without it the built-in one of the question's kind.
    `examples`: a JSONL or JSON file of few-shot examples (`question`, `answer`), used as they are, or
    `examples_drop`: an ingested drop from which `examples_count` are drawn by `examples_seed`.
    """

    template: FileName | None = None
    system: str | None = None
    examples: FileName | None = None
    examples_drop: Name | None = None
    examples_count: Annotated[int, Field(ge=1, le=100)] = 5
    examples_seed: int = 0

    @model_validator(mode="after")
    def _one_source(self) -> "Prompt":
        if self.examples and self.examples_drop:
            raise ValueError("give `examples` (a file) or `examples_drop` (a drop), not both")
        return self


class Model(Section):
    """What every model has, whoever answers. `banks` are the banks it is evaluated on; `["*"]` means all.
    `samples`: how often each question is asked. `max_in_flight` is the most; the engine finds what the endpoint bears.
    """

    banks: Annotated[list[Name], Field(min_length=1)]
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
    api_key_env: str | None = None

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

    @field_validator("api_key_env")
    @classmethod
    def _is_variable(cls, api_key_env: str) -> str:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", api_key_env):
            raise ValueError("the name of an environment variable is expected (letters, digits, `_`), never the key")
        return api_key_env


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


class Labels(Section):
    max_label_error_rate: Share = 0.10


class Cache(Section):
    """What processes share through Redis. Without `url`, the answers table and the journal are the memory.

    `url`: one server, or some nodes of a cluster; which of both it is, the server says.
    `wait_ms`: what the cache may cost a call before it is left out for a while.
    `lease_s`: how long a process that stopped keeps others from asking its requests.
    """

    url: str | list[str] | None = None
    username: Name | None = None
    password_env: str | None = None
    tls_ca: FileName | None = None
    ttl_s: Annotated[float, Field(ge=1, le=31_536_000)] = 3600
    wait_ms: Annotated[float, Field(ge=1, le=60_000)] = 50
    lease_s: Annotated[float, Field(ge=1, le=3600)] = 15
    max_value_bytes: Annotated[int, Field(ge=1000, le=100_000_000)] = 1_000_000

    @property
    def urls(self) -> tuple[str, ...]:
        return () if self.url is None else (self.url,) if isinstance(self.url, str) else tuple(self.url)

    @field_validator("url", mode="before")
    @classmethod
    def _are_addresses(cls, url: object) -> object:
        given = url if isinstance(url, list) else [url]
        urls = [each for each in given if isinstance(each, str)]
        if not urls or len(urls) < len(given):
            raise ValueError('an address is expected, or a list of some: "redis://host:6379"')
        for each in urls:
            found = re.fullmatch(r"rediss?://([^\s/@?#:\[\]]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?(/\d{0,4})?", each)
            if not found or not 0 < int((found[2] or ":1")[1:]) < 65_536:
                raise ValueError(
                    "an address such as redis://host:6379 or rediss://host:6379/0 is expected, without name, password, "
                    "`?` and `#`; they have `username` and `password_env`"
                )
        if len({(each.partition("://")[0], each.partition("://")[2].partition("/")[2] or "0") for each in urls}) > 1:
            raise ValueError("all addresses must agree on redis:// or rediss:// and on the database")
        return url

    @field_validator("password_env")
    @classmethod
    def _is_variable(cls, password_env: str) -> str:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", password_env):
            raise ValueError(
                "the name of an environment variable is expected (letters, digits, `_`), never the password"
            )
        return password_env

    @model_validator(mode="after")
    def _fits_together(self) -> "Cache":
        if self.tls_ca and not all(url.startswith("rediss://") for url in self.urls):
            raise ValueError("`tls_ca` is for TLS: write rediss:// in `url`, or leave `tls_ca` out")
        return self


class File(Section):
    """The whole of evalpipe.toml."""

    lake: LakePlace = LakePlace()
    landing: LandingPlace = LandingPlace()
    shards: Shards = Shards()
    answers: Answers = Answers()
    labels: Labels = Labels()
    cache: Cache = Cache()
    banks: dict[Name, Bank] = {}
    prompts: dict[Name, Prompt] = {}
    models: dict[Name, AnyModel] = {}

    @model_validator(mode="after")
    def _names_fit(self) -> "File":
        for name, model in self.models.items():
            if not fits_key(name):
                raise ValueError(f"[models.{name[:60]}]: a name has 1 to {MAX_KEY_LENGTH} characters once escaped")
            if model.prompt is not None and model.prompt not in self.prompts:
                known = ", ".join(self.prompts) or "none is defined"
                raise ValueError(f"[models.{name}] prompt = {model.prompt!r}: no such prompt; there are: {known}")
        return self
