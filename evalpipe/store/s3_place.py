"""A place on S3: bucket, prefix and the way to the server, for delta-rs, polars and boto3 alike; never a key.

Keys come from the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN); each client reads them.
"""

import os
import re
from dataclasses import dataclass, replace

SCHEME = "s3://"

# What every client puts into a URL as it stands: they differ in how they escape the rest.
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


@dataclass(frozen=True, slots=True)
class S3Place:
    """`prefix` has no slash at either end; an empty one is the whole bucket. `None` leaves the choice to AWS."""

    bucket: str
    prefix: str = ""
    endpoint_url: str | None = None
    region: str | None = None
    path_style: bool = False

    def __truediv__(self, name: str) -> "S3Place":
        return replace(self, prefix=f"{self.prefix}/{name}" if self.prefix else name)

    def __str__(self) -> str:
        return SCHEME + "/".join(part for part in (self.bucket, self.prefix) if part)

    def options(self) -> dict[str, str]:
        """The storage options of delta-rs and polars."""
        options = {
            "aws_conditional_put": "etag",  # a commit is a new object of the log, put only where none is
            "aws_virtual_hosted_style_request": str(not self.path_style).lower(),
        }
        if self.region:
            options["aws_region"] = self.region
        if self.endpoint_url:
            at = self.endpoint_url if self.path_style else self.endpoint_url.replace("://", f"://{self.bucket}.", 1)
            options["aws_endpoint_url"] = at
            options["aws_allow_http"] = str(self.endpoint_url.startswith("http://")).lower()
        return options


def s3_place(
    uri: str, *, endpoint_url: str | None = None, region: str | None = None, path_style: bool | None = None
) -> S3Place:
    """The place of an address `s3://bucket/prefix`; what is not given is taken from the environment.

    Variables: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION. Without `path_style`, the bucket
    stands in the path where there is an endpoint of one's own, or a dot in its name that no certificate would fit.

    Raises: ValueError: no such address, or a variable that is none.
    """
    bucket, prefix = split_uri(uri)
    variable, found = _variable("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    try:
        endpoint = checked_endpoint(endpoint_url or found) if endpoint_url or found else None
    except ValueError as error:
        raise ValueError(f"{variable}: {error}") from None
    # A server of one's own rarely knows regions, but a signature needs one.
    where = region or _variable("AWS_REGION", "AWS_DEFAULT_REGION")[1] or ("us-east-1" if endpoint else None)
    in_path = path_style if path_style is not None else endpoint is not None or "." in bucket
    return S3Place(bucket, prefix, endpoint, where, in_path)


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and prefix. Raises ValueError: what is allowed."""
    bucket, _, prefix = uri.removeprefix(SCHEME).partition("/")
    prefix = prefix.removesuffix("/")
    if not uri.startswith(SCHEME) or not _BUCKET.fullmatch(bucket):
        raise ValueError("s3://bucket/prefix is expected; a bucket has 3 to 63 of a-z, 0-9, `.` and `-`")
    if prefix and not _PREFIX.fullmatch(prefix):
        raise ValueError(
            "the prefix behind the bucket has parts of A-Z, a-z, 0-9, `.`, `_` and `-`; none starts with `.`"
        )
    return bucket, prefix


def checked_endpoint(url: str) -> str:
    """A server's address without a slash at its end. Raises ValueError: what is allowed; a key is not shown."""
    if not re.fullmatch(r"https?://[^\s/@?#]+/?", url):
        raise ValueError(
            "an address such as https://host:port is expected, without name, password and path; keys come from "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    return url.removesuffix("/")


def without_reply(text: str) -> str:
    """An S3 client's error without the server's own text: that repeats what was signed, a session token among it."""
    code = re.search(r"<Code>(\w+)</Code>", text)
    said = re.sub(r"\x1b\[\d*m|↳", " ", text.partition("<")[0])
    return f"{code[1]}: {said}" if code else said


def _variable(*names: str) -> tuple[str, str]:
    """The first of them that is set, and its value; both empty where none is."""
    return next(((name, value) for name in names if (value := os.environ.get(name, "").strip())), ("", ""))
