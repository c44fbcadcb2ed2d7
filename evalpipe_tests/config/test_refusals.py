"""A configuration that does not fit: the message names the file, the key and what is allowed, and shows no value."""

import pytest

from evalpipe.config import load_config
from evalpipe.core.errors import ConfigError
from evalpipe_tests.config.conftest import CHAT, EMBEDDED, RECORDED

SECRET = "sk-proj-4f9aQx81LmTzPd72"  # no key of anybody: it only looks like one
BARE_SECRET = "hf_4f9aQx81LmTzPd72BvNc"  # could be the name of a variable, but for its looks

WRONG = [
    ("nonsense = 1", "`nonsense`", "Allowed here: lake, landing, shards"),
    ("[lake]\nurl = 'x'", "`lake.url`", "Allowed here: uri"),
    ("[lake]\nuri = ''", "`lake.uri`", "at least 1 character"),
    ("[lake]\nuri = 'gs://bucket/lake'", "`lake.uri`", "only local folders and S3"),
    ("[lake]\nuri = 's3://Bucket/lake'", "`lake.uri`", "s3://bucket/prefix is expected"),
    ("[lake]\nuri = 's3:///lake'", "`lake.uri`", "s3://bucket/prefix is expected"),
    (f"[lake]\nuri = 's3://key:{SECRET}@bucket/lake'", "`lake.uri`", "s3://bucket/prefix is expected"),
    ("[lake]\nuri = 's3://bucket/a//b'", "`lake.uri`", "parts of A-Z"),
    ("[lake]\nuri = 's3://bucket/a/../b'", "`lake.uri`", "none starts with `.`"),
    ("[lake]\nuri = 's3://bucket/a b'", "`lake.uri`", "parts of A-Z"),
    (f"[lake]\nuri = 's3://bucket/a?key={SECRET}'", "`lake.uri`", "parts of A-Z"),
    ("[lake]\nuri = 's3://bucket/a'\nendpoint_url = 'host:80'", "`lake.endpoint_url`", "https://host:port"),
    (
        f"[lake]\nuri = 's3://bucket/a'\nendpoint_url = 'http://k:{SECRET}@host'",
        "`lake.endpoint_url`",
        "AWS_ACCESS_KEY_ID",
    ),
    ("[lake]\nuri = 's3://bucket/a'\nendpoint_url = 'http://h/bucket'", "`lake.endpoint_url`", "and path"),
    ("[lake]\nuri = 's3://bucket/a'\nregion = 'EU West'", "`lake.region`", "eu-central-1"),
    ("[lake]\nuri = 's3://bucket/a'\npath_style = 'yes'", "`lake.path_style`", "valid boolean"),
    (f"[lake]\nuri = 's3://bucket/a'\nsecret_access_key = '{SECRET}'", "`lake.secret_access_key`", "path_style"),
    ("[lake]\nregion = 'eu-central-1'", "`lake`", "`region` is about S3"),
    ("[landing]\nuri = 's3://bucket/landing'", "`landing.uri`", "only `[lake] uri` may be s3://"),
    ("[lake]\nuri = 'file://relative'", "`lake.uri`", "file:///path"),
    ("lake = 'data'", "`lake`", "a table is expected"),
    ("[landing]\nuri = 7", "`landing.uri`", "valid string"),
    ("[landing]\nsettle_s = -1", "`landing.settle_s`", "greater than or equal to 0"),
    ("[landing]\nsettle_s = nan", "`landing.settle_s`", "finite"),
    ("[landing]\nsettle_s = 'soon'", "`landing.settle_s`", "valid number"),
    ("[shards]\nsize = 0", "`shards.size`", "greater than or equal to 1"),
    ("[shards]\nsize = 1000001", "`shards.size`", "less than or equal to 1000000"),
    ("[shards]\nsize = 10.5", "`shards.size`", "valid integer"),
    ("[shards]\nsize = '10'", "`shards.size`", "valid integer"),
    ("[shards]\nsize = true", "`shards.size`", "valid integer"),
    ("[shards]\ncount = 3", "`shards.count`", "Allowed here: size"),
    ("[answers]\nmax_failed_fraction = 1.5", "`answers.max_failed_fraction`", "less than or equal to 1"),
    ("[answers]\nretry_pauses_s = [1, 2, 3, 4]", "`answers.retry_pauses_s`", "at most 3 items"),
    ("[answers]\nretry_pauses_s = [-1]", "`answers.retry_pauses_s.0`", "greater than or equal to 0"),
    ("[answers]\nrefresh_s = inf", "`answers.refresh_s`", "finite"),
    ("[answers]\nretries = 3", "`answers.retries`", "Allowed here: max_failed_fraction"),
    ("[labels]\nmax_label_error_rate = 2", "`labels.max_label_error_rate`", "less than or equal to 1"),
    ("[labels]\nrate = 0", "`labels.rate`", "Allowed here: max_label_error_rate"),
    ("[cache]\nuri = 'redis://x'", "`cache.uri`", "Allowed here: url, username"),
    ("[cache]\nurl = 'http://x'", "`cache.url`", "redis://host:6379"),
    ("[cache]\nurl = 'redis://x:70000'", "`cache.url`", "redis://host:6379"),
    ("[cache]\nurl = 'redis://x?db=1'", "`cache.url`", "redis://host:6379"),
    ("[cache]\nurl = []", "`cache.url`", "an address is expected"),
    ("[cache]\nurl = [1]", "`cache.url`", "an address is expected"),
    ("[cache]\nurl = ['redis://x', 'rediss://y']", "`cache.url`", "must agree"),
    ("[cache]\nurl = ['redis://x', 'redis://y/1']", "`cache.url`", "must agree"),
    ("[cache]\nurl = 'redis://x'\ntls_ca = 'ca.pem'", "`cache`", "write rediss://"),
    ("[cache]\npassword_env = 'not a name'", "`cache.password_env`", "never the password"),
    ("[cache]\nttl_s = 0", "`cache.ttl_s`", "greater than or equal to 1"),
    ("[cache]\nwait_ms = 0", "`cache.wait_ms`", "greater than or equal to 1"),
    ("[cache]\nlease_s = 0.5", "`cache.lease_s`", "greater than or equal to 1"),
    ("[cache]\nmax_value_bytes = 10", "`cache.max_value_bytes`", "greater than or equal to 1000"),
    ("[banks.labels]\nfoo = 1", "`banks.labels.foo`", "Allowed here: description, drops"),
    ("[banks.b]\nmax_label_error_rate = -0.1", "`banks.b.max_label_error_rate`", "greater than or equal to 0"),
    (
        "[banks.b]\nscorers = { number = 'best' }",
        "`banks.b.scorers.number`",
        "Allowed: choice, multi_choice, number, math,",
    ),
    ("[banks.b.scorers.number]\nscorer = 'number'\ntol = 1", "`banks.b.scorers.number`", "no option 'tol'. Allowed:"),
    (
        "[banks.b]\nscorers = { essay = 'exact' }",
        "`banks.b.scorers.essay",
        "'choice', 'multi_choice', 'number', 'math'",
    ),
    ("[banks.b.scorers.text]\nscorer = 'regex'\npattern = '('", "`banks.b.scorers.text`", "cannot be used: missing )"),
    ("[banks.b.scorers.text]\nscorer = 'regex'\npattern = 3", "`banks.b.scorers.text`", "`pattern` of scorer 'regex'"),
    ("[banks.b.scorers.text]\nscorer = 'contains'\nall = 1", "`banks.b.scorers.text`", "`all` of scorer 'contains'"),
    ("[banks.b.scorers.json]\nscorer = 'json'\nfields = 'a'", "`banks.b.scorers.json`", "`fields` of scorer 'json'"),
    ("[banks.b]\nscorers = { text = 'judge' }", "`banks.b.scorers.text.model` is missing", "a judge is a model"),
    (CHAT + "[banks.b.scorers.text]\nscorer='judge'\nmodel = 'n'", "`banks.b.scorers.text.model`", "Models: m."),
    (
        "[banks.b.scorers.text]\nscorer='judge'\nwho = 'n'",
        "`banks.b.scorers.text`",
        "model, rubric, template, labelled",
    ),
    ("[banks.b]\nreducer = 'best'", "`banks.b.reducer`", "Allowed: mean, majority, pass@K"),
    ("[banks.b]\nreducer = 'pass@0'", "`banks.b.reducer`", "no such reducer"),
    ("[banks.b]\ndrops = 'all'", "`banks.b.drops`", "valid list"),
    ("[prompts.p]\ntemplate = ''", "`prompts.p.template`", "a file name is expected"),
    ("[prompts.p]\ntemplate = 3", "`prompts.p.template`", "a file name is expected"),
    ("[prompts.p]\nexamples_count = 0", "`prompts.p.examples_count`", "greater than or equal to 1"),
    ("[prompts.p]\nexamples = 'a'\nexamples_drop = 'b'", "`prompts.p`", "not both"),
    ("[prompts.p]\nfew_shot = 5", "`prompts.p.few_shot`", "Allowed here: template, system"),
    (CHAT + "prompt = 'terse'\n[prompts.long]", "[models.m] prompt = 'terse'", "there are: long"),
    ("models = 3", "`models`", "a table is expected"),
    ("[models.m]\nbanks = ['*']", "`models.m`", "Allowed: openai_chat, openai_batch, embedded, recorded"),
    (f"[models.m]\nbackend = '{SECRET}'", "`models.m`", "Allowed: openai_chat, openai_batch, embedded, recorded"),
    (f"[models.{'m' * 201}]\nbackend = 'embedded'\nbanks = ['*']", "[models.mmm", "1 to 200 characters"),
    (CHAT.replace('banks = ["*"]', ""), "`models.m.banks`", "missing"),
    (CHAT.replace('["*"]', "[]"), "`models.m.banks`", "at least 1 item"),
    (CHAT.replace('"m-1"', '""'), "`models.m.model`", "at least 1 character"),
    (CHAT.replace("https://host/v1", "host/v1"), "`models.m.base_url`", "https://host/v1"),
    (CHAT.replace("https://host", f"https://user:{SECRET}@host"), "`models.m.base_url`", "without name, password"),
    (CHAT.replace("host/v1", f"host/v1?key={SECRET}"), "`models.m.base_url`", "without name, password"),
    (CHAT + f"api_key = '{SECRET}'", "`models.m.api_key`", "api_key_env"),
    (CHAT + f"api_key_env = '{SECRET}'", "`models.m.api_key_env`", "name of an environment variable"),
    (CHAT + f"api_key_env = '{BARE_SECRET}'", "`models.m.api_key_env`", "NAME of a variable"),
    (CHAT + "automatic = 'yes'", "`models.m.automatic`", "valid boolean"),
    (CHAT + "max_requests = 0", "`models.m.max_requests`", "greater than or equal to 1"),
    (CHAT + "max_in_flight = 0", "`models.m.max_in_flight`", "greater than or equal to 1"),
    (CHAT + "max_in_flight = 10001", "`models.m.max_in_flight`", "less than or equal to 10000"),
    (CHAT + "max_retries = 21", "`models.m.max_retries`", "less than or equal to 20"),
    (CHAT + "timeout_s = 0", "`models.m.timeout_s`", "greater than 0"),
    (CHAT + "input_usd_per_million = -1", "`models.m.input_usd_per_million`", "greater than or equal to 0"),
    (CHAT + "output_usd_per_million = inf", "`models.m.output_usd_per_million`", "finite"),
    (CHAT + "sampling = { n = 2 }", "`models.m.sampling`", "`n` is set by evalpipe itself"),
    (CHAT + "sampling = { stream = true }", "`models.m.sampling`", "`stream` is set by evalpipe itself"),
    (CHAT + "sampling = { temperature = nan }", "`models.m.sampling`", "finite numbers"),
    (CHAT + "sampling = { stop = [2024-01-01] }", "`models.m.sampling`", "only what JSON knows"),
    (CHAT + "weights = 'x'", "`models.m.weights`", "Allowed here: banks"),
    (EMBEDDED.replace(".m]", ".embedded]") + "nonsense = 1", "`models.embedded.nonsense`", "threads"),
    (EMBEDDED + "port = 70000", "`models.m.port`", "less than or equal to 65535"),
    (EMBEDDED + "threads = 0", "`models.m.threads`", "greater than or equal to 1"),
    (EMBEDDED + "max_in_flight = 65", "`models.m.max_in_flight`", "less than or equal to 64"),
    (RECORDED.replace('path = "answers.jsonl"', ""), "`models.m.path`", "missing"),
    (RECORDED + "model = 'a'\nmodels = '*'", "`models.m`", "not both"),
    (RECORDED + "models = []", "`models.m.models", "at least 1 item"),
    (RECORDED + "columns = { answer = 'a' }", "`models.m.columns.answer", "'question_id', 'question'"),
    (RECORDED + "sampling = { temperature = 0 }", "`models.m.sampling`", "Allowed here: banks"),
]


@pytest.mark.parametrize(("toml", "key", "allowed"), WRONG, ids=[key for _, key, _ in WRONG])
def test_what_does_not_fit_is_named_with_what_is_allowed(refused, toml, key, allowed):
    """Each wrong value: the file, the key as it is written there, what may stand there; never what looks like a key."""
    message = refused(toml)
    assert key in message
    assert allowed in message
    assert SECRET not in message
    assert BARE_SECRET not in message
    assert len(message) < 600


def test_several_faults_are_all_named(refused):
    """Nobody has to mend one fault to see the next: one line each."""
    lines = refused("[shards]\nsize = 0\n[landing]\nsettle_s = -1\nwait = 1\n").splitlines()
    assert [line.split("`")[1] for line in lines] == ["landing.settle_s", "landing.wait", "shards.size"]


@pytest.mark.parametrize(
    ("toml", "where"),
    [
        ("[lake\nuri = 1", "(at line 1, column 6)"),
        ("a = 1\na = 2\n", "(at line 2, column 6)"),
        (f"key = {SECRET}\n", "(at line 1, column 7)"),
        (f"key = '{SECRET}", "(at end of document)"),
    ],
)
def test_broken_toml_says_where(refused, toml, where):
    """The place of the fault is named, not what stands there."""
    message = refused(toml)
    assert "not valid TOML" in message
    assert where in message
    assert SECRET not in message


def test_a_file_that_cannot_be_read(tmp_path):
    """Missing, a folder, no UTF-8: a sentence each, with what to do."""
    with pytest.raises(ConfigError, match=r"no such file.*EVALPIPE_CONFIG"):
        load_config(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9\n")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_config(tmp_path / "latin.toml")


@pytest.mark.parametrize(("lake", "landing"), [("data", "data"), ("data/in/lake", "data/in"), ("data/../in", "in")])
def test_the_lake_does_not_lie_in_the_landing_place(refused, lake, landing):
    """Its tables would be taken for drops."""
    message = refused(f"[lake]\nuri = '{lake}'\n[landing]\nuri = '{landing}'\n")
    assert "`lake.uri`" in message
    assert "a folder of its own" in message


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_key_is_named_by_its_variable(refused, monkeypatch, value):
    """The variable's name, the key of the file and the command to type; empty is missing."""
    monkeypatch.delenv("STUB_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("STUB_KEY", value)
    message = refused(CHAT + "api_key_env = 'STUB_KEY'")
    assert "`models.m.api_key_env`: the environment has no variable STUB_KEY" in message
    assert "export STUB_KEY=..." in message


@pytest.mark.parametrize("variable", [BARE_SECRET, "AKIAIOSFODNN7EXAMPLE", "gsk" + "a1B2" * 12, "deadbeef" * 4])
def test_a_key_in_the_place_of_a_variables_name_is_not_shown(refused, variable):
    """Whoever writes the key itself into the file does not find it in a log as well."""
    message = refused(CHAT + f"api_key_env = '{variable}'")
    assert variable not in message
    assert "never the key" in message


def test_a_password_in_an_address_is_not_shown(refused):
    """It is refused with the place where it belongs."""
    for url in (f"'redis://u:{SECRET}@host'", f"'redis://:{SECRET}@host:1/0'", f"['redis://host?password={SECRET}']"):
        message = refused(f"[cache]\nurl = {url}\n")
        assert "`password_env`" in message
        assert SECRET not in message


def test_a_missing_password_is_named_by_its_variable(refused, monkeypatch):
    """The variable's name and the command to type; what may be the password itself is not repeated."""
    monkeypatch.delenv("CACHE_PASSWORD", raising=False)
    message = refused("[cache]\nurl = 'redis://host'\npassword_env = 'CACHE_PASSWORD'\n")
    assert "`cache.password_env`: the environment has no variable CACHE_PASSWORD" in message
    assert "export CACHE_PASSWORD=..." in message
    message = refused(f"[cache]\nurl = 'redis://host'\npassword_env = '{BARE_SECRET}'\n")
    assert BARE_SECRET not in message
    assert "never the password" in message


def test_the_variable_of_every_model_is_checked(refused, monkeypatch):
    """Automatic or not: a model that cannot be asked is found before the night, not in it."""
    monkeypatch.setenv("FIRST_KEY", "x")
    monkeypatch.delenv("SECOND_KEY", raising=False)
    second = CHAT.replace(".m]", '."b+c"]') + "api_key_env = 'SECOND_KEY'\n"
    assert "models.b+c.api_key_env" in refused(CHAT + "api_key_env = 'FIRST_KEY'\n" + second)
