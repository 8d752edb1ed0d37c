"""Average precision: of one ranked list, and of Hamming rankings with ties. Taught in chapter 05.

Hamming distances tie in masses, and a metric that lets a sort decide the ties measures the sort.
With ties="expected" the result is the mean over all orders of the tied items, in closed form
(McSherry and Najork, ECIR 2008; He, Cakir, Bargal and Sclaroff, CVPR 2018).
"""

import numpy as np

from dshlib.arguments import as_classes, check_count, check_labels
from dshlib.codes import SHORT_CODE, packed_pair
from dshlib.histograms import count
from dshlib.ranking import nearest

DIVISORS = ("min", "retrieved", "all")


def average_precision(relevant, k=None, divisor="min", n_relevant=None):
    """Average precision at k of a ranked list: the precision at each hit, summed and divided.

    Parameters: relevant, bool (..., n), True where the item at that rank is relevant; k, cut-off
    (None: the whole list); n_relevant, R, relevant items in the database (None: those in the list).
    divisor: "min" divides by min(k, R), as many hits as k places allow; "retrieved" by the relevant
    items among the first k, the slides' form; "all" by R, the textbook form (Manning, Raghavan and
    Schütze, chapter 8). 0/0 counts as 0. Returns: float (...).
    """
    relevant = _check_relevant(relevant)
    _check_options(k, divisor)
    top = relevant[..., :k]
    if n_relevant is None:
        n_relevant = relevant.sum(axis=-1)
    else:
        n_relevant = _check_n_relevant(n_relevant, top.sum(axis=-1))
    return _list_scores(top, k, divisor, n_relevant)


def _list_scores(top, k, divisor, n_relevant):
    """`average_precision` of lists cut at k, checked."""
    hits = np.cumsum(top, axis=-1)
    total = (hits / np.arange(1, top.shape[-1] + 1) * top).sum(axis=-1)
    if divisor == "retrieved":
        return _divide(total, top.sum(axis=-1))
    return _divide(total, _ideal_hits(n_relevant, k, divisor))


def mean_average_precision(
    query_codes,
    query_labels,
    database_codes,
    database_labels,
    k=10,
    divisor="min",
    ties="expected",
    n_shards=1,
    n_jobs=1,
):
    """Mean over queries of the average precision of Hamming ranking.

    Parameters: codes, boolean (n, n_bits) or packed; labels, (n,), integers, booleans, whole floats
    or strings: an item is relevant if its label is the query's. k, cut-off, at most the size of the
    database (None: the whole ranking); divisor, see `average_precision`; ties: "expected", the
    exact mean over all orders of equally distant items, or "stable", ascending id; n_shards, parts
    of the database that are counted apart, n_jobs at a time (see `sharded_histogram`): the result
    is the same, bit for bit.
    Returns: float. Raises ValueError for unknown options, lengths that differ and empty sets.
    """
    queries, database, n_bits = packed_pair(query_codes, database_codes)
    if len(queries) == 0:
        raise ValueError("query_codes is empty: the mean over no queries is undefined")
    _check_options(k, divisor, most_k=len(database))
    if ties not in ("expected", "stable"):
        raise ValueError(f'ties={ties!r}, but it must be "expected" or "stable"')
    if check_count(n_shards, "n_shards") > 1 and ties == "stable":
        raise ValueError(f'n_shards={n_shards} needs ties="expected": counts have no order')
    query_classes, classes = as_classes(
        check_labels(query_labels, "query_labels", len(queries)),
        check_labels(database_labels, "database_labels", len(database)),
    )
    weights = None
    if n_bits <= SHORT_CODE:
        queries, query_classes, weights = _distinct(queries, query_classes)
    n_relevant = np.bincount(classes, minlength=query_classes.max() + 1)[query_classes]
    sets = queries, query_classes, database, classes, n_bits
    if ties == "stable":
        scores = _stable_scores(*sets, n_relevant, k, divisor)
    else:
        scores = _expected_scores(*count(*sets, k, n_shards, n_jobs), n_relevant, k, divisor)
    return float(np.average(scores, weights=weights))


def expected_average_precision(items, relevant, n_relevant, k=None, divisor="min"):
    """Average precision, averaged over all orders of equally distant items.

    Parameters: items and relevant, integer (n_shells, n_queries): how many items, and relevant
    items, tie at each distance, nearest first; n_relevant, (n_queries,), R; k and divisor as in
    `average_precision`. Returns: float (n_queries,).
    """
    _check_options(k, divisor)
    items, relevant, n_relevant = _check_counts(items, relevant, n_relevant)
    return _expected_scores(items, relevant, n_relevant, k, divisor)


def _expected_scores(items, relevant, n_relevant, k, divisor):
    """`expected_average_precision` of counts that were checked."""
    longest = int(items.sum(axis=0).max())
    k = longest if k is None else k
    ideal_hits = _ideal_hits(n_relevant, k, divisor)
    k = min(k, longest)
    before = np.cumsum(items, axis=0) - items
    near = (before < max(k, 1)).any(axis=1)  # the groups that hold one of the first k items
    items, relevant, before = items[near], relevant[near], before[near]
    hits = np.cumsum(relevant, axis=0) - relevant
    fits = np.clip(k - before, 0, items)
    harmonic = np.concatenate([[0], np.cumsum(1 / np.arange(1, k + 1))])
    before = np.minimum(before, k)
    inverse_ranks = harmonic[before + fits] - harmonic[before]
    gain = _group_gain(before, hits, items, relevant, fits, inverse_ranks)
    if divisor != "retrieved":
        return _divide(gain.sum(axis=0), ideal_hits)
    reached = before + fits
    last = (reached < reached[-1]).sum(axis=0)[None]  # the group in which the list ends
    total = np.where(np.arange(len(gain))[:, None] < last, gain, 0).sum(axis=0)
    groups = before, hits, items, relevant, fits, inverse_ranks
    return _mean_per_hit(total, *(np.take_along_axis(a, last, axis=0)[0] for a in groups))


def _mean_per_hit(total, before, hits, n, r, fits, inverse_ranks):
    """Expected sum of precision over its number of hits, where a list ends in a group of ties.

    `total` is the sum before the group; the others are as in `_group_gain`. The first `fits` of
    the group hold j relevant items with a hypergeometric probability p(j), for which
    p(j + 1) / p(j) = (r − j) (fits − j) / ((j + 1) (n − r − fits + j + 1)).
    The mean over all j is kept as a running mean: `share` is p(j) / (p(first) + … + p(j)). It lies
    between 0 and 1, while p itself may be too small for a float.
    """
    j = np.maximum(fits - (n - r), 0)  # the fewest: all others of the group were drawn as well
    share, mean = 1.0, np.zeros(len(n))
    for _ in range(1 + int((np.minimum(r, fits) - j).max())):
        score = _divide(total + _group_gain(before, hits, fits, j, fits, inverse_ranks), hits + j)
        mean += share * (score - mean)
        odds = share * (r - j) * (fits - j) / ((j + 1) * (n - r - fits + j + 1))
        share = odds / (1 + odds)  # stays 0 after the most that are possible
        j = j + 1
    return mean


def eleven_point_average_precision(items, relevant, n_relevant):
    """Interpolated precision at recall 0, 0.1, …, 1, averaged: the mAP of VOC 2007 and QSMIH.

    Everything within a radius is one retrieved set, so ties need no order. The precision at a
    recall is the best of all radii that reach it, 0 if none does. Parameters: items, relevant and
    n_relevant as in `expected_average_precision`. Returns: float (n_queries,).
    """
    items, relevant, n_relevant = _check_counts(items, relevant, n_relevant)
    found = np.cumsum(relevant, axis=0)
    precision = _divide(found, np.cumsum(items, axis=0))
    recall = _divide(found, n_relevant)
    levels = np.linspace(0, 1, 11)[:, None, None]
    best = np.where(recall >= levels - 1e-12, precision, 0).max(axis=1)
    return best.mean(axis=0)


def _group_gain(before, hits, n, r, fits, inverse_ranks):
    """Expected sum of precision at hit over the first `fits` places of one group of ties.

    `before` items with `hits` relevant ones precede the group of n items, r of them relevant:
    Σ_{t=1..fits} (r/n) (hits + 1 + (t−1) (r−1)/(n−1)) / (before + t).
    inverse_ranks is Σ_{t=1..fits} 1 / (before + t).
    """
    others = np.maximum(r - 1, 0) / np.maximum(n - 1, 1)
    in_group = others * (fits - (before + 1) * inverse_ranks)
    return r / np.maximum(n, 1) * ((hits + 1) * inverse_ranks + in_group)


def _stable_scores(queries, query_classes, database, classes, n_bits, n_relevant, k, divisor):
    """Average precision of every query, with ties in the order of ids."""
    k = len(database) if k is None else k
    scores = []
    for rows in np.array_split(np.arange(len(queries)), 1 + len(queries) * k // 2**23):
        ids, _ = nearest(queries[rows], database, n_bits, k)
        relevant = classes[ids] == query_classes[rows, None]
        scores.append(_list_scores(relevant, k, divisor, n_relevant[rows]))
    return np.concatenate(scores)


def _distinct(codes, classes):
    """Distinct (code, class) pairs and how many queries share each: they all score alike."""
    n_classes = classes.max() + 1
    pairs, count = np.unique(codes * np.int64(n_classes) + classes, return_counts=True)
    return (pairs // n_classes).astype(codes.dtype), pairs % n_classes, count


def _ideal_hits(n_relevant, k, divisor):
    return n_relevant if divisor == "all" or k is None else np.minimum(n_relevant, k)


def _divide(total, count):
    return np.where(count == 0, 0.0, total / np.maximum(count, 1))[()]


def _check_relevant(relevant):
    given = np.asarray(relevant)
    relevant = given.astype(bool)
    if given.ndim == 0 or (given != relevant).any():
        raise ValueError(
            "relevant must be a boolean array (..., n), or its 0 and 1; "
            f"got dtype {given.dtype} and shape {given.shape}"
        )
    return relevant


def _check_n_relevant(n_relevant, hits):
    n_relevant = np.asarray(n_relevant)
    if n_relevant.dtype.kind not in "iu" or (n_relevant < hits).any():
        raise ValueError(
            f"n_relevant must be integers, no less than the {np.max(hits, initial=0)} relevant "
            f"items that are there; got {n_relevant}"
        )
    return n_relevant


def _check_counts(items, relevant, n_relevant):
    items, relevant = np.asarray(items), np.asarray(relevant)
    whole = items.dtype.kind in "iu" and relevant.dtype.kind in "iu"
    if not whole or items.ndim != 2 or items.shape != relevant.shape or 0 in items.shape:
        raise ValueError(
            "items and relevant must be integers of one shape (n_shells, n_queries); "
            f"got {items.dtype} {items.shape} and {relevant.dtype} {relevant.shape}"
        )
    if (relevant < 0).any() or (relevant > items).any():
        raise ValueError("relevant must lie between 0 and items at every distance")
    return items, relevant, _check_n_relevant(n_relevant, relevant.sum(axis=0))


def _check_options(k, divisor, most_k=None):
    if k is not None:
        check_count(k, "k", most=most_k)
    if divisor not in DIVISORS:
        raise ValueError(f"divisor={divisor!r}, but it must be one of {', '.join(DIVISORS)}")
