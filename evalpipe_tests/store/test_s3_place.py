"""A place on S3: one address for three clients, and errors that repeat nothing of what was signed."""

from evalpipe.store.s3_place import S3Place, s3_place, without_reply


def test_places_are_joined_and_shown_as_addresses():
    """As a folder is: below a prefix, or at the bucket's top."""
    assert str(s3_place("s3://lakes/one/two/") / "answers") == "s3://lakes/one/two/answers"
    assert str(S3Place("lakes")) == "s3://lakes"
    assert str(S3Place("lakes") / "answers") == "s3://lakes/answers"


def test_the_bucket_stands_where_the_server_looks_for_it():
    """In the path or in front of the host; plain http only where the address says so; no key among the options."""
    own = S3Place("lakes", endpoint_url="http://host:8333", region="us-east-1", path_style=True).options()
    assert own == {
        "aws_conditional_put": "etag",
        "aws_virtual_hosted_style_request": "false",
        "aws_region": "us-east-1",
        "aws_endpoint_url": "http://host:8333",
        "aws_allow_http": "true",
    }
    hosted = S3Place("lakes", endpoint_url="https://host").options()
    assert (hosted["aws_endpoint_url"], hosted["aws_allow_http"]) == ("https://lakes.host", "false")
    assert "aws_endpoint_url" not in S3Place("lakes").options()


def test_a_reply_of_the_server_is_not_repeated():
    """AWS explains a wrong signature with all that was signed, a session token too: the code stays, the rest goes."""
    signed = "<CanonicalRequest>x-amz-security-token:FwoGZXIvYXdzEJr</CanonicalRequest>"
    reply = f"<?xml version='1.0'?><Error><Code>SignatureDoesNotMatch</Code>{signed}</Error>"
    said = without_reply(f"Generic S3 error \x1b[31m↳\x1b[0m 403 Forbidden: {reply}")
    assert " ".join(said.split()) == "SignatureDoesNotMatch: Generic S3 error 403 Forbidden:"
    assert without_reply("connection refused") == "connection refused"
