"""A real S3 server (SeaweedFS) on loopback, in a temporary folder: conditional puts, signatures, listings in pages."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

WEED = Path(sys.executable).with_name("weed")
ACCESS_KEY, SECRET_KEY = "evalpipe-tests", "secret-of-no-one-77"  # of a server that lives as long as the tests
BUCKET = "lakes"
START_S = 30


@dataclass(frozen=True, slots=True)
class S3Server:
    url: str
    log: Path

    def environment(self) -> dict[str, str]:
        """What a user exports to reach it."""
        return {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.url,
        }


@contextmanager
def s3_server(folder: Path) -> Iterator[S3Server]:
    """Started within `folder`, with an empty bucket; ended by its process id."""
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    keys = [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]
    identity = {"name": "tests", "credentials": keys, "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
    (folder / "identities.json").write_text(json.dumps({"identities": [identity]}))
    (folder / "data").mkdir()
    words = [
        *(WEED, "server", "-s3", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder / 'data'}"),
        *("-master.telemetry=false", "-master.volumeSizeLimitMB=64", "-volume.max=0", "-s3.port.iceberg=0"),
        *("-s3.port.lance=0", "-s3.autoCreateBucket=false", f"-s3.config={folder / 'identities.json'}"),
        *(f"-filer.localSocket={folder / 'filer.sock'}", f"-s3.localSocket={folder / 's3.sock'}"),
        *(f"-{name}={port}" for name, port in ports.items()),
    ]
    server = S3Server(f"http://127.0.0.1:{ports['s3.port']}", folder / "weed.log")
    with server.log.open("wb") as log:
        weed = subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        _make_bucket(server, weed)
        yield server
    finally:
        weed.kill()
        weed.wait()


PORTS = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc")
PORTS += ("s3.port", "s3.port.grpc")


def free_ports(count: int) -> list[int]:
    """All held at once while they are looked for, so that they differ."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _make_bucket(server: S3Server, weed: "subprocess.Popen[bytes]") -> None:
    """It listens a while before it can keep anything."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    client = boto3.session.Session(ACCESS_KEY, SECRET_KEY, region_name="us-east-1").client(
        "s3", endpoint_url=server.url, config=boto3.session.Config(retries={"total_max_attempts": 1})
    )
    deadline = time.monotonic() + START_S
    while True:
        try:
            if BUCKET not in [each["Name"] for each in client.list_buckets()["Buckets"]]:
                client.create_bucket(Bucket=BUCKET)
            client.put_object(Bucket=BUCKET, Key="started", Body=b"yes")
        except (BotoCoreError, ClientError) as error:
            if weed.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(
                    f"the S3 server does not start ({error}):\n{server.log.read_text()[-2000:]}"
                ) from error
            time.sleep(0.1)
        else:
            return
