import time

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm

from evalpipe.core.stats import accuracies, accuracy, macro

SCORES = pl.Series([1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0])
SUBJECT = pl.Series(["a"] * 6 + ["b"] * 4)


def test_macro_counts_each_subject_alike():
    """3 of 6 and 3 of 4: macro .625, micro .6; its error is that of the two means."""
    found = macro(SCORES, SUBJECT)
    a, b = (np.array(SCORES[at]) for at in (slice(0, 6), slice(6, 10)))
    assert found.value == 0.625
    assert accuracy(SCORES).value == 0.6
    assert found.stderr == pytest.approx(np.sqrt(a.var(ddof=1) / 6 + b.var(ddof=1) / 4) / 2)
    assert 0 < found.low < 0.625 < found.high < 1


def test_macro_with_clusters_is_a_regression_on_subjects():
    """Clusters that reach over subjects tie their errors together, as in statsmodels' weighted mean of coefficients."""
    random = np.random.default_rng(2)
    cluster = np.tile(np.repeat(np.arange(40), 5), 3)  # each in three subjects, with five questions
    subject = np.repeat([0, 1, 2], 200)
    scores = (random.random(600) < (0.2 + 0.6 * random.random(40))[cluster]).astype(float)
    found = macro(pl.Series(scores), pl.Series(subject), pl.Series(cluster))
    fit = sm.OLS(scores, np.eye(3)[subject]).fit(
        cov_type="cluster", cov_kwds={"groups": cluster, "use_correction": False}
    )
    theirs = float(fit.t_test(np.full(3, 1 / 3)).sd[0, 0])
    assert found.stderr == pytest.approx(theirs * np.sqrt(40 / 39))
    assert found.stderr > 1.2 * macro(pl.Series(scores), pl.Series(subject)).stderr


def test_each_subject_has_its_own_accuracy():
    """The same as of its questions alone, in the order in which subjects come."""
    found = accuracies(SCORES, SUBJECT)
    assert list(found) == ["a", "b"]
    assert found["b"] == accuracy(SCORES[6:])


def test_subjects_that_show_no_error_have_one():
    """All right everywhere, or a subject of one question: the interval is no point."""
    perfect = macro(pl.Series([1.0] * 10), SUBJECT)
    assert (perfect.high, perfect.low < 0.85) == (1.0, True)
    lonely = macro(SCORES, pl.Series(["a"] * 9 + ["b"]))
    assert lonely.stderr > macro(SCORES, SUBJECT).stderr


def test_a_large_bank_is_a_matter_of_a_moment():
    """150,000 questions in 57 subjects and 30,000 passages: whole, by subject and macro in under 2 s."""
    random = np.random.default_rng(3)
    scores = pl.Series((random.random(150_000) < 0.7).astype(float))
    subject, cluster = (pl.Series(random.integers(0, many, 150_000)).cast(pl.String) for many in (57, 30_000))
    began = time.process_time()
    accuracy(scores, cluster)
    assert len(accuracies(scores, subject, cluster)) == 57
    macro(scores, subject, cluster)
    assert time.process_time() - began < 2


def test_a_score_without_subject_is_refused():
    """It would be left out of the mean without a word."""
    with pytest.raises(ValueError, match="without a subject"):
        macro(SCORES, pl.Series([None, *SUBJECT[1:]]))
    with pytest.raises(ValueError, match="need a subject each"):
        accuracies(SCORES, SUBJECT[1:])
