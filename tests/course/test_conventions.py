"""One result in every convention: real vectors and real codes, against scikit-learn."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.metrics import average_precision_score, precision_recall_curve

from dshcourse.study.conventions import (
    METRICS,
    eleven_point_average_precision,
    eleven_point_score,
    vector_scores,
)


def curve_at_eleven_recalls(relevant, distances):
    """Interpolated precision at recall 0, 0.1, …, 1, from the curve of scikit-learn."""
    precision, recall, _ = precision_recall_curve(relevant, -distances)
    precision, recall = precision[:-1], recall[:-1]  # without the point (1, 0) that it adds
    return np.mean([precision[recall >= level - 1e-9].max() for level in np.linspace(0, 1, 11)])


@pytest.mark.parametrize("n_bits", [8, 24])
def test_eleven_point_score_is_the_mean_of_the_curves_of_scikit_learn(n_bits, lsh_codes, classroom):
    queries, database = (code[:, :n_bits] for code in lsh_codes)
    labels = classroom.database.labels
    distances = np.rint(n_bits * cdist(queries[:40], database, "hamming"))
    wanted = [
        curve_at_eleven_recalls(labels == label, row)
        for label, row in zip(classroom.queries.labels, distances, strict=False)
    ]
    score = eleven_point_score(queries[:40], classroom.queries.labels[:40], database, labels)
    assert score == pytest.approx(np.mean(wanted), abs=1e-6)


def test_a_recall_that_no_radius_reaches_counts_as_precision_0():
    items, relevant = np.array([[2], [2]]), np.array([[2], [0]])
    assert eleven_point_average_precision(items, relevant, np.array([4])) == pytest.approx(6 / 11)


def test_scores_of_vectors_are_those_of_their_euclidean_ranking(query_hog, database_hog, classroom):
    labels, wanted = classroom.database.labels, classroom.queries.labels[:30]
    scores = vector_scores(query_hog[:30], wanted, database_hog, labels)
    distances = cdist(query_hog[:30], database_hog)
    relevant = labels == wanted[:, None]
    full = [average_precision_score(r, -d) for r, d in zip(relevant, distances, strict=True)]
    assert scores["full"] == pytest.approx(np.mean(full), abs=1e-5)
    first = np.take_along_axis(relevant, np.argsort(distances, axis=1)[:, :10], axis=1)
    precision = np.cumsum(first, axis=1) / np.arange(1, 11) * first
    assert scores["min"] == pytest.approx(precision.sum(axis=1).mean() / 10, abs=1e-5)
    assert set(scores) == set(METRICS) - {"eleven"}
    assert scores["slides"] == scores["retrieved"]
