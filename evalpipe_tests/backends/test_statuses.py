import pytest

from evalpipe.backends.protocol import TryAgainError
from evalpipe.backends.statuses import Endpoint, read_retry_after, read_status
from evalpipe.core.errors import BackendError

WITH_KEY = Endpoint("https://host/v1", "m", "HOST_KEY")
WITHOUT_KEY = Endpoint("https://host/v1", "m", None)
NOON = 1_800_000_000.0  # Fri, 15 Jan 2027 08:00:00 GMT


@pytest.mark.parametrize(
    ("header", "pause_s"),
    [
        (None, None),
        ("7", 7.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("Fri, 15 Jan 2027 08:00:09 GMT", 9.0),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0.0),
        ("Fri, 15 Jan 2027 08:00:09 -0000", 9.0),
        ("soon", None),
        ("inf", None),
        ("nan", None),
        ("", None),
    ],
)
def test_retry_after(header, pause_s):
    """Seconds and HTTP dates are both understood, the past means now, and nonsense asks for nothing."""
    assert read_retry_after(header, NOON) == pause_s


@pytest.mark.parametrize(
    ("status", "endpoint", "says"),
    [
        (401, WITH_KEY, "https://host/v1.*environment variable HOST_KEY"),
        (401, WITHOUT_KEY, "`api_key_env`"),
        (403, WITH_KEY, "HOST_KEY"),
        (404, WITH_KEY, "`base_url`.*no model 'm'"),
        (410, WITH_KEY, "no model 'm'"),
        (402, WITH_KEY, "no credit"),
        (405, WITH_KEY, "`base_url`"),
        (308, WITH_KEY, "`base_url`"),
    ],
)
def test_a_wrong_configuration_stops_the_run(status, endpoint, says):
    """What each request would meet is said once, with the place to mend it."""
    with pytest.raises(BackendError, match=says):
        read_status(status, None, None, 0.1, endpoint)


def test_no_credit_is_not_a_rate_limit():
    """An exhausted account says 429 like an overloaded server, but no pause mends it."""
    with pytest.raises(BackendError, match="no credit"):
        read_status(429, {"error": {"code": "insufficient_quota"}}, None, 0.1, WITH_KEY)
    with pytest.raises(TryAgainError):
        read_status(429, {"error": {"code": "rate_limit_exceeded"}}, None, 0.1, WITH_KEY)


def test_a_long_reason_is_cut():
    """A reason is one line of at most 200 characters, whatever the endpoint says."""
    reply = read_status(400, {"error": {"message": "no\x1b[31m\n" * 50_000}}, None, 0.1, WITH_KEY)
    assert reply.outcome == "rejected"
    assert reply.error is not None
    assert len(reply.error) == 200
    assert "\x1b" not in reply.error
    assert "\n" not in reply.error
