"""evalpipe.toml as types: what may be written, what it means, and the defaults. Validated at load by pydantic."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator, model_validator

from evalpipe.config.models import AnyModel
from evalpipe.config.scorers import ChosenScorer
from evalpipe.config.section import FileName, Name, Seconds, Section, Share, variable_name
from evalpipe.core.keys import MAX_KEY_LENGTH, fits_key
from evalpipe.core.questions import Kind
from evalpipe.core.reducers import reducer
from evalpipe.store.s3_place import SCHEME, checked_endpoint, split_uri


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
    `scorers`: another scorer for a kind of question, or options for it: see `config.scorers`.
    `reducer`: how several samples of a question become one score: `mean`, `majority` or `pass@K` (`core.reducers`).
    """

    description: str = ""
    drops: list[Name] = []
    scorers: dict[Kind, ChosenScorer] = {}
    reducer: Annotated[str, AfterValidator(lambda name: reducer(name).name)] = "mean"
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


class Labels(Section):
    """`committee`: names of models, or shell patterns of them, whose answers are used to doubt labels."""

    max_label_error_rate: Share = 0.10
    committee: list[Name] = []
    one_vote_per_family: bool = False


class Cache(Section):
    """What processes share through Redis. Without `url`, the answers table and the journal are the memory.

    `url`: one server, or some nodes of a cluster; which of both it is, the server says.
    `wait_ms`: what the cache may cost a call before it is left out for a while.
    `lease_s`: how long a process that stopped keeps others from asking its requests.
    """

    url: str | list[str] | None = None
    username: Name | None = None
    password_env: Annotated[str, variable_name("password")] | None = None
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
