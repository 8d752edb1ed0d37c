"""One result in every convention of average precision: no choice stays hidden. Appendix A2."""

import numpy as np
import pandas as pd
from sklearn.metrics import pairwise_distances_chunked

from dshlib import codes
from dshlib.arguments import as_classes, check_labels
from dshlib.histograms import distance_histogram
from dshlib.metrics import average_precision, mean_average_precision

K = 10
METRICS = {  # but for "slides", DSH's ties count at their expectation; LSH's lists stay as ranked
    "slides": "AP@10 out of hits, short lists padded as if correct, ties by order",
    "retrieved": "AP@10 out of hits",
    "min": "AP@10 out of 10",
    "all": "AP@10 out of all relevant items",
    "full": "AP of the whole ranking",
    "eleven": "11-point precision of the sets within each radius (not in Tables 1 and 2)",
}


def list_scores(relevant, n_relevant):
    """Every convention for one ranked list, which may be short: relevant, bool (n,); R → a dict."""
    top = relevant[:K]
    padded = np.append(top, np.ones(K - len(top), dtype=bool))
    return {
        "slides": average_precision(padded, K, "retrieved"),
        "retrieved": average_precision(top, K, "retrieved"),
        "min": average_precision(top, K, "min", n_relevant),
        "all": average_precision(top, K, "all", n_relevant),
        "full": average_precision(relevant, None, "all", n_relevant),
    }


def code_scores(query_codes, query_labels, database_codes, labels):
    """Every convention of AP for Hamming ranking; the slides order ties by code, then id.

    Parameters: boolean codes of up to 64 bits; at least 10 in the database. Returns: dict of
    means over the queries.
    """
    query_codes, database_codes, _ = codes.packed_pair(query_codes, database_codes)
    if database_codes.ndim != 1 or len(database_codes) < K:
        raise ValueError(
            f"database_codes must be {K} or more codes of up to 64 bits; packed they have shape "
            f"{database_codes.shape}"
        )
    labels = check_labels(labels, "labels", len(database_codes))
    by_code = np.argsort(database_codes, kind="stable")
    ordered = (query_codes, query_labels, database_codes[by_code], labels[by_code])
    sets = (query_codes, query_labels, database_codes, labels)
    scores = {
        "slides": mean_average_precision(*ordered, K, "retrieved", ties="stable"),
        "retrieved": mean_average_precision(*sets, K, "retrieved"),
        "min": mean_average_precision(*sets, K, "min"),
        "all": mean_average_precision(*sets, K, "all"),
        "full": mean_average_precision(*sets, None, "all"),
    }
    return {name: round(score, 6) for name, score in scores.items()}


def vector_scores(query_vectors, query_labels, vectors, labels):
    """Every convention of Euclidean ranking, for real vectors (n, d): means over the queries."""
    query_labels = check_labels(query_labels, "query_labels", len(query_vectors))
    labels = check_labels(labels, "labels", len(vectors))
    if not len(labels) or not len(query_labels):
        raise ValueError(f"there are {len(query_labels)} query_vectors and {len(labels)} vectors")
    query_labels, labels = as_classes(query_labels, labels)
    n_relevant = np.bincount(labels, minlength=query_labels.max() + 1)[query_labels]
    rows, query = [], 0
    for distances in pairwise_distances_chunked(query_vectors, vectors, working_memory=256):
        for order in np.argsort(distances, axis=1, kind="stable"):
            rows.append(list_scores(labels[order] == query_labels[query], n_relevant[query]))
            query += 1
    return pd.DataFrame(rows).mean().round(6).to_dict()


def eleven_point_score(query_codes, query_labels, database_codes, labels):
    """Mean over the queries of the 11-point average precision, for boolean codes."""
    queries, database, n_bits = codes.packed_pair(query_codes, database_codes)
    query_labels = check_labels(query_labels, "query_labels", len(queries))
    labels = check_labels(labels, "labels", len(database))
    classes = as_classes(query_labels, labels)
    items, relevant = distance_histogram(queries, classes[0], database, classes[1], n_bits)
    scores = eleven_point_average_precision(items, relevant, relevant.sum(axis=0))
    return round(float(scores.mean()), 6)


def eleven_point_average_precision(items, relevant, n_relevant):
    """Interpolated precision at recall 0, 0.1, …, 1, averaged: the mAP of VOC 2007 and QSMIH.

    Everything within a radius is one retrieved set, so ties need no order. The precision at a
    recall is the best of all radii that reach it, 0 if none does. Parameters: items, relevant and
    n_relevant as in `dshlib.metrics.expected_average_precision`. Returns: float (n_queries,).
    """
    found = np.cumsum(relevant, axis=0)
    precision = found / np.maximum(np.cumsum(items, axis=0), 1)
    recall = found / np.maximum(n_relevant, 1)
    levels = np.linspace(0, 1, 11)[:, None, None]
    best = np.where(recall >= levels - 1e-12, precision, 0).max(axis=1)
    return best.mean(axis=0)
