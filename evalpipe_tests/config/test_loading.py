"""A configuration that fits: defaults, places, banks, and the models that one entry may stand for."""

import json
from pathlib import Path

import pytest

from evalpipe.config import load_config
from evalpipe.config.load import VARIABLE
from evalpipe.core.errors import ConfigError
from evalpipe.store.s3_place import S3Place
from evalpipe_tests.commands import ROOT
from evalpipe_tests.config.conftest import CHAT, EMBEDDED, RECORDED


def test_an_empty_file_has_every_default(load, tmp_path):
    """Nothing need be written: these are the promised defaults."""
    config = load("")
    file = config.file
    assert (config.lake, config.landing) == (tmp_path / "data/lake", tmp_path / "data/landing")
    assert (file.landing.settle_s, file.shards.size, file.labels.max_label_error_rate) == (30, 4096, 0.10)
    answers = file.answers
    assert (answers.max_failed_fraction, answers.retry_pauses_s, answers.refresh_s) == (0.02, [60, 300, 900], 600)
    assert config.models == {}


def test_a_model_has_the_promised_defaults(load):
    """Not automatic, 3 retries, 30 s, no prompt of its own, no bound, nothing sampled that is not written."""
    model = load(CHAT).models["m"]
    assert (model.automatic, model.max_retries, model.timeout_s, model.max_in_flight) == (False, 3, 30, 256)
    assert (model.prompt, model.max_requests, model.sampling, model.api_key_env) == (None, None, {}, None)
    assert (model.input_usd_per_million, model.output_usd_per_million) == (None, None)


def test_every_key_may_be_written(load):
    """One file with every section and key of the schema loads, and values keep their types."""
    config = load(
        """
[lake]
uri = "l"
[landing]
uri = "in"
settle_s = 1
[shards]
size = 10
[answers]
max_failed_fraction = 0
retry_pauses_s = []
refresh_s = 0.5
[labels]
max_label_error_rate = 1
[cache]
url = ["rediss://a.example.org:6380/0", "rediss://[::1]"]
username = "u"
tls_ca = "ca.pem"
ttl_s = 60
wait_ms = 20.5
lease_s = 5
max_value_bytes = 2000
[banks.b]
description = "d"
drops = ["b-*"]
scorers = { number = "exact", choice = "choice", math = "number", text = "exact", json = "json" }
max_label_error_rate = 0.5
[prompts.p]
template = "t.j2"
system = "s"
examples_drop = "few"
examples_count = 3
examples_seed = -1
[prompts.q]
examples = "e.jsonl"
[models.chat]
backend = "openai_chat"
base_url = "http://127.0.0.1:8000/v1"
model = "m"
banks = ["b", "c"]
automatic = true
prompt = "p"
max_requests = 5
max_in_flight = 1
max_retries = 0
timeout_s = 0.5
input_usd_per_million = 0
output_usd_per_million = 1.5
sampling = { temperature = 0, top_p = 0.5, stop = ["a"], logit_bias = { 5 = -1 }, flag = true }
[models.local]
backend = "embedded"
banks = ["*"]
weights = "w.gguf"
threads = 1
port = 8080
"""
    )
    sampling = config.models["chat"].sampling
    assert json.dumps(sampling["temperature"]) == "0"
    assert (sampling["flag"], sampling["stop"], sampling["logit_bias"]) == (True, ["a"], {"5": -1})
    assert config.file.prompts["p"].template == Path("t.j2")
    assert config.models["local"].port == 8080


def test_places_start_at_the_file(load, tmp_path, monkeypatch):
    """Relative paths start at the configuration file, wherever the command is typed; `~` and file:// are understood."""
    monkeypatch.setenv("HOME", "/srv/ann")
    monkeypatch.chdir("/")
    config = load("[lake]\nuri = '~/lake'\n[landing]\nuri = 'file:///in'\n")
    assert (config.lake, config.landing) == (Path("/srv/ann/lake"), Path("/in"))
    assert load("[lake]\nuri = 'a/b'").lake == tmp_path / "a/b"
    assert config.resolve(Path("x.j2")) == tmp_path / "x.j2"
    assert config.resolve(Path("/x.j2")) == Path("/x.j2")


ON_S3 = '[lake]\nuri = "s3://bucket/lakes/one/"\n'


def test_a_lake_on_s3_takes_from_the_environment_what_the_file_does_not_say(load, monkeypatch):
    """Endpoint and region by AWS's own variables, the file first; the bucket stands in the path of one's own server."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    assert load(ON_S3).lake == S3Place("bucket", "lakes/one")
    assert load('[lake]\nuri = "s3://dotted.bucket"').lake == S3Place("dotted.bucket", path_style=True)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://all:1")
    assert load(ON_S3).lake == S3Place("bucket", "lakes/one", "http://all:1", "us-east-1", path_style=True)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://s3:2/")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert load(ON_S3).lake == S3Place("bucket", "lakes/one", "http://s3:2", "eu-west-1", path_style=True)
    said = 'endpoint_url = "https://file:3"\nregion = "eu-north-1"\npath_style = false\n'
    assert load(ON_S3 + said).lake == S3Place("bucket", "lakes/one", "https://file:3", "eu-north-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "s3:2")
    with pytest.raises(ConfigError, match=r"`lake\.uri`: AWS_ENDPOINT_URL_S3: an address such as"):
        load(ON_S3)


def test_where_the_file_is_looked_for(tmp_path, monkeypatch):
    """An argument, else EVALPIPE_CONFIG, else evalpipe.toml of the current folder; an empty variable counts as none."""
    for name, size in (("evalpipe.toml", 1), ("named.toml", 2), ("given.toml", 3)):
        (tmp_path / name).write_text(f"[shards]\nsize = {size}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, "")
    assert load_config().file.shards.size == 1
    monkeypatch.setenv(VARIABLE, str(tmp_path / "named.toml"))
    assert load_config().file.shards.size == 2
    assert load_config(tmp_path / "given.toml").file.shards.size == 3
    monkeypatch.setenv(VARIABLE, "named.toml")
    assert load_config().path == tmp_path / "named.toml"


def test_a_byte_order_mark_is_no_fault(load):
    """Some editors write one in front of UTF-8."""
    assert load("\ufeff[shards]\nsize = 5\n").file.shards.size == 5


def test_the_repositorys_own_file_fits():
    """The demo's configuration loads, with one automatic model that needs no server and no key."""
    config = load_config(ROOT / "evalpipe.toml")
    (model,) = config.models.values()
    assert (model.backend, model.automatic, model.banks) == ("embedded", True, ["*"])


@pytest.mark.parametrize(
    ("drop", "bank"),
    [
        ("gsm8k-2026-01", "gsm8k"),
        ("gsm8k", "gsm8k"),
        ("mmlu-1", "knowledge"),
        ("mmlu-11", "mmlu-11"),
        ("MMLU-1", "MMLU-1"),
        ("my.x20own", "spaced"),
        ("other", "other"),
        ("a.x2Bb", "a+b"),
    ],
)
def test_a_drop_finds_its_bank_by_its_name(load, drop, bank):
    """The first bank whose pattern fits the whole unescaped name; capitals count; else the drop's own name."""
    config = load(
        '[banks.gsm8k]\ndrops = ["gsm8k*"]\n[banks.late]\ndrops = ["gsm8k-2026*"]\n'
        '[banks.knowledge]\ndrops = ["mmlu-[0-9]", "know*"]\n[banks.spaced]\ndrops = ["my own"]\n'
    )
    assert config.bank_of(drop) == bank


@pytest.mark.parametrize(("bank", "limit"), [("strict", 0.0), ("silent", 0.2), ("unknown", 0.2)])
def test_a_banks_own_limit_goes_before_the_general_one(load, bank, limit):
    """Zero is a limit too; a bank that says nothing has the general one."""
    config = load(
        "[labels]\nmax_label_error_rate = 0.2\n[banks.strict]\nmax_label_error_rate = 0\n"
        "[banks.silent]\ndescription = 'x'\n"
    )
    assert config.limit_of(bank) == limit


@pytest.mark.parametrize(
    ("banks", "bank", "wanted"),
    [('["*"]', "a", True), ('["a", "b"]', "b", True), ('["a"]', "b", False), ('["a*"]', "ab", False)],
)
def test_a_model_is_evaluated_on_the_banks_that_it_names(load, banks, bank, wanted):
    """`*` alone means all; a bank's name is no pattern."""
    assert load(EMBEDDED.replace('["*"]', banks)).evaluated("m", bank) is wanted


RECORDS = [
    {"question_id": "q", "model": "a+b", "completion": "1"},
    {"question_id": "q", "model": "c@2", "completion": "2"},
]


@pytest.fixture
def recorded(tmp_path):
    (tmp_path / "answers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in RECORDS))


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize(
    ("more", "models"),
    [
        ("models = '*'", {"a.x2Bb": "a+b", "c.x402": "c@2"}),
        ("models = ['c@2']", {"c.x402": "c@2"}),
        ("model = 'a+b'", {"m": "a+b"}),
        ("", {"m": "m"}),
    ],
)
def test_one_recorded_entry_stands_for_many_models(load, tmp_path, more, models):
    """All of the file, those named, or one under the entry's own name; each a model with a key of its own."""
    config = load(RECORDED + more)
    assert {key: model.model for key, model in config.models.items()} == models
    assert all(model.path == tmp_path / "answers.jsonl" for model in config.models.values())


@pytest.mark.usefixtures("recorded")
def test_two_models_of_one_name_are_refused(refused):
    """Across entries too: their scores would be one line of the leaderboard."""
    again = RECORDED.replace(".m]", ".n]")
    assert "two models named 'a+b'" in refused(RECORDED + "models = '*'\n" + again + "models = ['a+b']\n")
    clash = EMBEDDED.replace(".m]", '."c@2"]')
    assert "two models named 'c@2'" in refused(RECORDED + "models = '*'\n" + clash)


@pytest.mark.usefixtures("recorded")
def test_a_recorded_model_that_is_not_there_is_named_with_those_that_are(refused):
    """The message lists what the file holds."""
    message = refused(RECORDED + "models = ['d']\n")
    assert "[models.m] models" in message
    assert "holds no 'd'; it holds: a+b, c@2" in message


def test_a_recorded_file_that_is_missing_is_named(load, tmp_path):
    """`models = "*"` has to read it, and says which file it could not."""
    with pytest.raises(ConfigError, match=str(tmp_path / "answers")):
        load(RECORDED + "models = '*'\n")


def test_pass_at_k_takes_k_samples_of_every_model_of_the_bank(load, refused):
    """A model that gives fewer is named with what to do; one that the bank is not asked of may give one."""
    bank = '[banks.b]\nreducer = "pass@5"\n'
    said = refused(bank + EMBEDDED)
    assert "`banks.b.reducer`: pass@5 takes 5 samples of each question, and [models.m] gives 1." in said
    assert load(bank + EMBEDDED + "samples = 5\n").file.banks["b"].reducer == "pass@5"
    assert load(bank + EMBEDDED.replace("*", "other")).models["m"].samples == 1
