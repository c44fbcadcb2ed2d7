"""What the contract tests share: an endpoint asked over each transport, and one that speaks TLS."""

import ssl
import subprocess
from collections.abc import Callable

import pytest

from evalpipe.backends.openai_chat import TRANSPORTS, OpenAIChat
from evalpipe_tests.stub import Stub

Chat = Callable[..., OpenAIChat]


@pytest.fixture(params=sorted(TRANSPORTS))
def chat(request: pytest.FixtureRequest) -> Chat:
    """`chat(stub, **fields)`: the backend that asks the stub, or an address; the test runs once for each transport."""

    def build(stub: Stub | str, **fields: object) -> OpenAIChat:
        base_url = stub if isinstance(stub, str) else stub.base_url
        usual = {"base_urls": (base_url,), "model": "m", "sampling": {}, "timeout_s": 5, "transport": request.param}
        return OpenAIChat(**{**usual, **fields})

    return build


@pytest.fixture(scope="session")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server's certificate for 127.0.0.1 that nobody has reason to trust."""
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*made, *name, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
