"""Names become keys and back again; questions find their shard."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalpipe.core.errors import UsageError
from evalpipe.core.keys import MAX_KEY_LENGTH, draw, drop_of, fits_key, from_key, shard_count, shard_key, to_key

SAFE = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("gsm8k", "gsm8k"),
        ("fcot_code002_NL+SL", "fcot_code002_NL.x2BSL"),
        ("google_text-unicorn@001", "google_text-unicorn.x40001"),
        ("v1.2", "v1.2"),
        ("a.x2Bb", "a.x2Ex2Bb"),
        (".hidden", ".x2Ehidden"),
        ("..", ".x2E."),
        ("../x", ".x2E..x2Fx"),
        ("a|b", "a.x7Cb"),
        ("a b", "a.x20b"),
        ("数", ".xE6.x95.xB0"),
        ("a\0b\n", "a.x00b.x0A"),
        ("it's", "it.x27s"),
    ],
)
def test_a_name_has_one_key_and_the_key_its_name(name, key):
    """Escapes are as documented, and reading a key gives the name back."""
    assert to_key(name) == key
    assert from_key(key) == name


@given(st.text(st.characters() | st.sampled_from(".x2BE\udcff"), min_size=1, max_size=12))
def test_every_name_comes_back_from_its_key(name):
    """Keys are reversible for any text, undecodable file names too, and are safe in paths and predicates."""
    key = to_key(name)
    assert from_key(key) == name
    assert set(key) <= SAFE
    assert not key.startswith(".") or key.startswith(".x")


@given(st.lists(st.text(st.sampled_from(".x2BE+"), min_size=1, max_size=6), min_size=2, max_size=20, unique=True))
def test_two_names_never_share_a_key(names):
    """Names made of the escape's own characters do not collide."""
    assert len({to_key(name) for name in names}) == len(names)


@pytest.mark.parametrize("name", ["", "a" * (MAX_KEY_LENGTH + 1), "数" * 23])
def test_a_name_that_is_no_file_name_is_refused(name):
    """Empty, or longer than a file system takes once escaped: the error says so, and quotes no more than 60 letters."""
    assert not fits_key(name)
    with pytest.raises(UsageError, match="1 to 200 characters") as caught:
        to_key(name)
    assert len(str(caught.value)) < 200
    assert fits_key("a" * MAX_KEY_LENGTH)


@pytest.mark.parametrize(
    ("rows", "size", "shards"), [(0, 4096, 1), (1, 4096, 1), (4096, 4096, 1), (10_000, 4096, 2), (30, 10, 3), (5, 1, 5)]
)
def test_a_drop_has_about_a_shard_per_size(rows, size, shards):
    """The number of shards depends on delivered rows and shard size alone, and is never zero."""
    assert shard_count(rows, size) == shards


def test_shards_are_even_random_samples_that_never_move():
    """A question's shard depends on its id and the number of shards; shards differ in size by chance only."""
    sizes = Counter(shard_key("d", f"q-{n}", 10) for n in range(10_000))
    assert set(sizes) == {f"d.{n:04}" for n in range(10)}
    # 1000 expected each with a standard deviation of 30; the ids are fixed, so this does not flicker.
    assert all(850 < size < 1150 for size in sizes.values())
    assert shard_key("d", "q-1", 10) == "d.0009"


@pytest.mark.parametrize("drop", ["gsm8k", "v1.2", "a.x2Bb", "with.0001"])
def test_a_shard_names_its_drop(drop):
    """The drop is read from a shard key, dots in its name or not, and beyond 9,999 shards."""
    assert drop_of(shard_key(drop, "q", 3)) == drop
    assert drop_of(shard_key(drop, "q-77", 1_000_000)) == drop


def test_the_order_of_a_limit_is_independent_of_shards():
    """The 1,000 first draws of 10,000 questions lie in all shards alike, so that a limited run samples evenly."""
    first = sorted((f"q-{n}" for n in range(10_000)), key=draw)[:1_000]
    sizes = Counter(shard_key("d", each, 10) for each in first)
    assert len(sizes) == 10
    assert all(60 < size < 140 for size in sizes.values())
    assert all(0 <= draw(each) < 1 for each in first)
