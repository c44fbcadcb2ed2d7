import pytest

from evalpipe.backends.protocol import NotServedError, TryAgainError
from evalpipe.backends.statuses import Endpoint, read_hold, read_retry_after, read_status
from evalpipe.core.answers import Reply
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
        (402, WITH_KEY, "no credit"),
        (308, WITH_KEY, "`base_url`"),
    ],
)
def test_a_wrong_configuration_stops_the_run(status, endpoint, says):
    """What each request would meet is said once, with the place to mend it."""
    with pytest.raises(BackendError, match=says):
        read_status(status, None, None, 0.1, endpoint)


@pytest.mark.parametrize(
    ("status", "says"),
    [(404, "`base_url`.*no model 'm'"), (410, "no model 'm'"), (405, "`base_url`")],
)
def test_what_is_not_served_is_an_error_and_an_outcome(status, says):
    """A wrong address stops a run that has no answer yet; in the midst of answers it rejects one request."""
    with pytest.raises(NotServedError, match=f"https://host/v1: HTTP {status}: gone.*{says}") as caught:
        read_status(status, {"error": "gone"}, None, 0.1, WITH_KEY)
    assert caught.value.rejected == Reply("rejected", error=f"HTTP {status}: gone", latency_s=0.1)


@pytest.mark.parametrize(
    ("status", "trouble"),
    [(429, "overload"), (503, "overload"), (408, "broken"), (409, "broken"), (425, "broken"), (500, "fault")],
)
def test_what_may_pass_says_what_it_costs(status, trouble):
    """Overload and broken tries are free, a fault uses up a retry, and the pause asked for is kept."""
    with pytest.raises(TryAgainError) as caught:
        read_status(status, "busy", 7.0, 0.1, WITH_KEY)
    assert (caught.value.trouble, caught.value.reason) == (trouble, f"HTTP {status}: busy")
    assert (caught.value.retry_after_s, caught.value.latency_s) == (7.0, 0.1)


@pytest.mark.parametrize(
    ("headers", "hold_s"),
    [
        ({}, None),
        ({"remaining-requests": "0"}, None),
        ({"remaining-requests": "1", "reset-requests": "1s"}, None),
        ({"remaining-requests": "0", "reset-requests": "1s"}, 1.0),
        ({"remaining-requests": " 0 ", "reset-requests": "6m0s"}, 360.0),
        ({"remaining-requests": "0", "reset-requests": "20ms"}, 0.02),
        ({"remaining-requests": "0", "reset-requests": "1h2m3.5s"}, 3723.5),
        ({"remaining-requests": "0", "reset-requests": "4"}, 4.0),
        ({"remaining-requests": "0", "reset-requests": "0.25"}, 0.25),
        ({"remaining-requests": "0", "reset-requests": "-1"}, 0.0),
        ({"remaining-requests": "0", "reset-requests": str(NOON + 9)}, 9.0),
        ({"remaining-requests": "0", "reset-requests": str(NOON - 9)}, 0.0),
        ({"remaining-tokens": "0", "reset-tokens": "2s"}, 2.0),
        ({"remaining-tokens": "0", "reset-tokens": "2s", "remaining-requests": "9", "reset-requests": "9s"}, 2.0),
        ({"remaining-tokens": "0", "reset-tokens": "2s", "remaining-requests": "0", "reset-requests": "9s"}, 9.0),
        *(
            ({"remaining-requests": "0", "reset-requests": odd}, None)
            for odd in ("", "soon", "inf", "nan", "1.2.3s", "s")
        ),
    ],
)
def test_rate_limit_headers(headers, hold_s):
    """Only an endpoint with nothing left holds, for the longer of its two limits, in every notation in use."""
    named = {f"x-ratelimit-{name}": value for name, value in headers.items()}
    assert read_hold(named.get, NOON) == (None if hold_s is None else pytest.approx(hold_s))


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
