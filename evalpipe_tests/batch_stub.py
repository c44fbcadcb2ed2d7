"""A stub of a provider's /v1/files and /v1/batches: real HTTP on a loopback port, every call and request counted.

    with BatchStub(lambda body: "Answer: A") as stub:
        ...  # stub.base_url, stub.requests, stub.calls

A batch comes one state further each time it is looked at.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from evalpipe_tests.stub import Reaction, content_of

COURSE = ("validating", "in_progress", "finalizing", "completed")
Fault = Callable[[str, str], "Reaction | None"]


@dataclass
class Batch:
    """One batch. `expire_after`: so many of its requests are processed, the rest expires."""

    id: str
    input_file: str
    metadata: Mapping[str, str]
    course: list[str]
    files: dict[str, str] = field(default_factory=dict)
    errors: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        known = {"id": self.id, "object": "batch", "status": self.course[0], "metadata": dict(self.metadata)}
        return {**known, **self.files, "errors": {"data": self.errors} if self.errors else None}


class BatchStub:
    """`answer(body)` says what a request gets: a text, or a `Reaction` whose status of 300 or more goes to the error
    file. `fault(method, path)` may answer a call in place of the stub. `refuse(n, lines)`: errors for which the n-th
    batch fails its validation. With `expire_after`, the rest of each batch expires. `page`: batches listed at a time.
    """

    def __init__(
        self,
        answer: Callable[[Any], str | Reaction] = lambda body: "Answer: A",
        fault: Fault = lambda method, path: None,
        refuse: Callable[[int, Sequence[Any]], list[dict[str, Any]]] = lambda n, lines: [],
        expire_after: int | None = None,
        page: int = 2,
    ) -> None:
        self.answer, self.fault, self.refuse, self.expire_after, self.page = answer, fault, refuse, expire_after, page
        self.calls: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()  # how often each custom id was in a batch that was processed
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, Batch] = {}
        self.headers: list[Mapping[str, str]] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stub._serve(self)

            do_POST = do_GET  # noqa: N815 - the name is the server's

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._lock = threading.Lock()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def inputs(self) -> list[list[Any]]:
        """The lines of each uploaded file."""
        return [[json.loads(line) for line in each.splitlines()] for name, each in self.files.items() if name[0] == "i"]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, http: BaseHTTPRequestHandler) -> None:
        content = http.rfile.read(int(http.headers.get("content-length") or 0))
        url = urlsplit(http.path)
        path, options = url.path.removeprefix("/v1"), parse_qs(url.query)
        with self._lock:
            self.headers.append({name.lower(): value for name, value in http.headers.items()})
            self.calls[f"{http.command} {path.split('/')[1]}"] += 1
            reaction = self.fault(http.command, path)
            if reaction is None or reaction.reset:
                # A reset after the work was done: the client cannot know that it was.
                sent, status = self._work(http.command, path, options, content, http.headers["content-type"]), 200
            else:
                sent, status = content_of(reaction), reaction.status
        if reaction is not None and reaction.reset:
            http.close_connection = True
            return
        cut = None if reaction is None else reaction.cut_after
        http.send_response(404 if sent is None else status)
        for name, value in (reaction.headers if reaction else {}).items():
            http.send_header(name, value)
        http.send_header("content-type", "application/json")
        body = b'{"error": {"message": "no such thing"}}' if sent is None else sent
        http.send_header("content-length", str(len(body)))
        http.end_headers()
        http.wfile.write(body[:cut])

    def _work(
        self, method: str, path: str, options: Mapping[str, list[str]], content: bytes, kind: str
    ) -> bytes | None:
        match method, path.split("/")[1:]:
            case "POST", ["files"]:
                return json.dumps({"id": self._keep("input", _file_of(content, kind)), "object": "file"}).encode()
            case "GET", ["files", name, "content"]:
                return self.files.get(name)
            case "POST", ["batches"]:
                asked = json.loads(content)
                assert (asked["endpoint"], asked["completion_window"]) == ("/v1/chat/completions", "24h")
                made = Batch(f"batch-{len(self.batches)}", asked["input_file_id"], asked["metadata"], list(COURSE))
                self.batches[made.id] = made
                return json.dumps(made.as_json()).encode()
            case "GET", ["batches"]:
                return json.dumps(self._list((options.get("after") or [None])[0])).encode()
            case "GET", ["batches", name] if name in self.batches:
                self._advance(self.batches[name])
                return json.dumps(self.batches[name].as_json()).encode()
        return None

    def _list(self, after: str | None) -> dict[str, Any]:
        latest_first = list(reversed(self.batches.values()))
        start = 1 + [each.id for each in latest_first].index(after) if after else 0
        some = latest_first[start : start + self.page]
        return {"data": [each.as_json() for each in some], "has_more": start + self.page < len(latest_first)}

    def _advance(self, batch: Batch) -> None:
        if len(batch.course) == 1:
            return
        lines = [json.loads(line) for line in self.files[batch.input_file].splitlines()]
        if batch.course.pop(0) == "validating":
            if errors := self.refuse(int(batch.id.removeprefix("batch-")), lines):
                batch.errors, batch.course = errors, ["failed"]
        elif batch.course == ["completed"]:
            self._process(batch, lines)

    def _process(self, batch: Batch, lines: Sequence[Any]) -> None:
        good, ill = [], []
        for n, line in enumerate(lines):
            if self.expire_after is not None and n >= self.expire_after:
                error = {"code": "batch_expired", "message": "This request could not be executed in time."}
                ill.append({"custom_id": line["custom_id"], "response": None, "error": error})
                batch.course = ["expired"]
                continue
            self.requests[line["custom_id"]] += 1
            said = self.answer(line["body"])
            reaction = Reaction(said) if isinstance(said, str) else said
            response = {"status_code": reaction.status, "body": json.loads(content_of(reaction))}
            result = {"id": f"r{n}", "custom_id": line["custom_id"], "response": response, "error": None}
            (good if reaction.status < 300 else ill).append(result)
        for name, results in (("output_file_id", good), ("error_file_id", ill)):
            if results:
                batch.files[name] = self._keep(name, b"".join(_lines(results)))

    def _keep(self, name: str, content: bytes) -> str:
        name = f"{name}-{len(self.files)}"
        self.files[name] = content
        return name


def _lines(results: Sequence[Any]) -> Iterator[bytes]:
    """In another order than they came, as providers write them."""
    return (json.dumps(each, ensure_ascii=False).encode() + b"\n" for each in reversed(results))


def _file_of(form: bytes, kind: str) -> bytes:
    """The content of the file in a multipart form."""
    parts = form.split(b"--" + kind.partition("boundary=")[2].encode())
    (part,) = (each for each in parts if b"filename=" in each)
    return part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
