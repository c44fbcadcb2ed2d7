"""The probe: a server that ignores the condition of a put is found out before anything is entrusted to it."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import pytest

from evalpipe.core.errors import LakeError
from evalpipe.store.lake import Lake
from evalpipe.store.lease import lease
from evalpipe.store.objects import Objects
from evalpipe.store.probe import require_conditional_puts
from evalpipe.store.s3_place import s3_place


class Careless(BaseHTTPRequestHandler):
    """Takes every put, but for the header that it keeps; that is how rclone's `serve s3` and s3rver are."""

    protocol_version = "HTTP/1.1"  # boto3 asks before it sends a body, and waits a second for an answer
    keeps = ""
    taken: tuple[str, ...] = ()

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        refused = self.path in type(self).taken and self.headers[self.keeps or "-"]
        type(self).taken += (self.path,)
        self._say(412 if refused else 200, b"<Error><Code>PreconditionFailed</Code></Error>" if refused else b"")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._say(200, b"<DeleteResult></DeleteResult>")

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("ETag", '"0"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.mark.parametrize(("keeps", "ignored"), [("", "If-None-Match"), ("If-None-Match", "If-Match")])
def test_a_server_that_ignores_conditions_is_refused(monkeypatch, keeps, ignored):
    """The sentence names the header, why that loses commits, and what to use; no lease is given there."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "thing")
    handler = type("Handler", (Careless,), {"keeps": keeps})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = s3_place("s3://bucket/lake", endpoint_url=f"http://127.0.0.1:{server.server_port}")
        with pytest.raises(
            LakeError, match=rf"s3://bucket/lake: .*ignores `{ignored}`.*overwrite each other's commits"
        ):
            require_conditional_puts(place)
        with pytest.raises(LakeError, match="Use a server with conditional puts"), lease(Lake(place), "reviews"):
            pass
        server.shutdown()


def test_a_real_server_passes_and_is_asked_once(s3_lake, monkeypatch):
    """Nothing is left behind, and a process asks no second time."""
    require_conditional_puts(s3_lake.place)
    assert list(Objects(s3_lake.place).list()) == []
    monkeypatch.setattr(Objects, "put_new", lambda *_: pytest.fail("asked again"))
    require_conditional_puts(s3_lake.place)


@pytest.mark.parametrize(
    ("uri", "change", "said"),
    [
        ("s3://no-such-bucket/lake", {}, r"NoSuchBucket\)\. Create the bucket"),
        (
            "s3://lakes/lake",
            {"AWS_SECRET_ACCESS_KEY": "wrong-key-99"},
            r"SignatureDoesNotMatch\)\. Check that AWS_ACCESS",
        ),
        (
            "s3://lakes/lake",
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
            r"EndpointConnectionError.*endpoint_url` \(http",
        ),
    ],
)
def test_what_is_wrong_is_a_sentence_without_a_key(s3_lake, monkeypatch, uri, change, said):
    """No such bucket, a key that does not fit, nobody there: the place, the reason, what to do; no chained reply."""
    for name, value in change.items():
        monkeypatch.setenv(name, value)
    place = s3_place(uri, region=f"test-{uuid4().hex[:8]}")  # a client of its own: keys are read when a client is made
    with pytest.raises(LakeError, match=said) as caught:
        Objects(place).get("lease.json")
    assert str(caught.value).startswith("s3://")
    assert "wrong-key-99" not in str(caught.value)
    assert caught.value.__suppress_context__
