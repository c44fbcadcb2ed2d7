"""What all tests share: a project in a temporary folder, its line, a lake on S3; and the rule that CI skips nothing."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import dagster as dg
import pytest

from evalpipe.core.keys import to_key
from evalpipe.defs.local import LocalLine
from evalpipe.line.project import Project, open_project
from evalpipe.store.lake import Lake
from evalpipe.store.s3_place import s3_place
from evalpipe_tests.certificates import make_certificates
from evalpipe_tests.redis_servers import RedisServer, needs_redis, redis_cluster, redis_server
from evalpipe_tests.s3_server import BUCKET, S3Server, s3_server

MakeProject = Callable[..., Project]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Under CI=true a skipped test is a failure: there, everything that a test needs must be installed."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped under CI: {report.longrepr}"


@pytest.fixture(scope="session", autouse=True)
def _quiet_home(tmp_path_factory) -> Iterator[None]:
    """No test touches the developer's own configuration or Dagster storage."""
    names = ["EVALPIPE_CONFIG", "DAGSTER_HOME", "OPENAI_API_KEY", *(name for name in os.environ if name[:4] == "AWS_")]
    kept = {name: os.environ.pop(name, None) for name in names}
    yield
    os.environ.update({name: value for name, value in kept.items() if value is not None})


@pytest.fixture
def make_project(tmp_path: Path) -> MakeProject:
    """`make_project(toml)`: a project in a folder of its own; the lake and the landing place are under `data/`."""

    def build(toml: str = "", folder: str = "project") -> Project:
        root = tmp_path / folder
        root.mkdir(exist_ok=True)
        (root / "evalpipe.toml").write_text(toml)
        return open_project(root / "evalpipe.toml")

    return build


@pytest.fixture(scope="session")
def s3(tmp_path_factory) -> Iterator[S3Server]:
    """A real S3 server, one for all tests: it takes 3 s to start."""
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def s3_lake(s3: S3Server, monkeypatch, request) -> Lake:
    """A lake in a prefix of its own, with the environment in which this and its child processes reach it."""
    for name, value in s3.environment().items():
        monkeypatch.setenv(name, value)
    return Lake(s3_place(f"s3://{BUCKET}/{to_key(request.node.originalname)}-{uuid4().hex[:8]}"))


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def line_of(instance: dg.DagsterInstance) -> Callable[[Project], LocalLine]:
    return lambda project: LocalLine(project, instance)


@pytest.fixture(scope="session")
def redis_alone() -> Iterator[RedisServer]:
    """A Redis server that tests share; each uses keys of its own."""
    if lack := needs_redis():
        pytest.skip(lack)
    with redis_server() as server:
        yield server


@pytest.fixture(scope="session")
def six_masters() -> Iterator[list[RedisServer]]:
    """A Redis Cluster that tests share; none of them harms it."""
    if lack := needs_redis():
        pytest.skip(lack)
    with redis_cluster(6) as nodes:
        yield nodes


@pytest.fixture(scope="session")
def certificates(tmp_path_factory) -> Path:
    """ca.pem, cert.pem and key.pem for servers on loopback."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))
