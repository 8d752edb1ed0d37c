"""Average precision: of one ranked list, and of Hamming rankings with ties. Taught in chapter 05.

Hamming distances tie in masses, and a metric that lets a sort decide the ties measures the sort.
With ties="expected" the result is the mean over all orders of the tied items, in closed form
(McSherry and Najork, ECIR 2008; He, Cakir, Bargal and Sclaroff, CVPR 2018).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dshlib.arguments import as_classes, check_count, check_labels
from dshlib.codes import SHORT_CODE, packed_pair
from dshlib.histograms import count
from dshlib.ranking import nearest

DIVISORS = ("min", "retrieved", "all")


def average_precision(
    relevant: ArrayLike, k: int | None = None, divisor: str = "min",
    n_relevant: ArrayLike | None = None,
) -> NDArray:  # fmt: skip
    """Return the average precision of a ranked list: the precision at each hit, summed and divided.

    Taught in chapter 05.

    Parameters
    ----------
    relevant : bool array_like (..., n)
        True where the item at that rank is relevant, nearest first.
    k : int, optional
        Cut-off; None for the whole list.
    divisor : {"min", "retrieved", "all"}
        "min" divides by min(k, R), as many hits as k ranks allow; "retrieved" by the relevant items
        among the first k, the slides' form; "all" by R, the textbook form. 0/0 counts as 0.
    n_relevant : int array_like (...) or of its last axes, optional
        R, the relevant items in the database; None for those in the list.

    Returns
    -------
    float array (...)
        Scores from 0 to 1.

    Raises
    ------
    ValueError
        If an option is unknown, or n_relevant is less than the hits in the list.

    References
    ----------
    Manning, Raghavan and Schütze, "Introduction to Information Retrieval", 2008, chapter 8.

    Examples
    --------
    >>> from dshlib import average_precision
    >>> float(average_precision([True, False, False, True], divisor="retrieved"))
    0.75
    """
    relevant = _check_relevant(relevant)
    _check_options(k, divisor)
    top = relevant[..., :k]
    if n_relevant is None:
        n_relevant = relevant.sum(axis=-1)
    return _list_scores(top, k, divisor, _check_n_relevant(n_relevant, top.sum(axis=-1)))


def _list_scores(top, k, divisor, n_relevant):
    """`average_precision` of lists cut at k, checked."""
    hits = np.cumsum(top, axis=-1)
    total = (hits / np.arange(1, top.shape[-1] + 1) * top).sum(axis=-1)
    if divisor == "retrieved":
        return _divide(total, top.sum(axis=-1))
    return _divide(total, _ideal_hits(n_relevant, k, divisor))


def mean_average_precision(
    query_codes: ArrayLike, query_labels: ArrayLike, database_codes: ArrayLike,
    database_labels: ArrayLike, k: int | None = 10, divisor: str = "min", ties: str = "expected",
    n_shards: int = 1, n_jobs: int = 1,
) -> float:  # fmt: skip
    """Return the mean over queries of the average precision of their Hamming rankings.

    Taught in chapter 05; shards in appendix A3.

    Parameters
    ----------
    query_codes : bool array_like (n_queries, n_bits), or packed by `pack`
        The codes that are searched for.
    query_labels : array_like (n_queries,)
        Integers, booleans, whole floats or strings: an item is relevant if its label is the
        query's.
    database_codes : bool array_like (n, n_bits), or packed by `pack`
        The codes that are ranked.
    database_labels : array_like (n,)
        Their labels.
    k : int or None
        Cut-off, at most the size of the database; None for the whole ranking.
    divisor : {"min", "retrieved", "all"}
        See `average_precision`.
    ties : {"expected", "stable"}
        "expected" is the exact mean over all orders of equally distant items, "stable" ranks them
        by ascending id.
    n_shards : int
        Parts of the database that are counted apart, see `distance_histogram`: the result is the
        same, bit for bit.
    n_jobs : int
        Processes that count at a time.

    Returns
    -------
    float
        The score, from 0 to 1.

    Raises
    ------
    ValueError
        If an option is unknown, lengths differ, or a set is empty.

    References
    ----------
    - McSherry and Najork, "Computing information retrieval performance measures efficiently in the
      presence of tied scores", ECIR 2008.
    - He, Cakir, Bargal and Sclaroff, "Hashing as tie-aware learning to rank", CVPR 2018.

    Examples
    --------
    >>> from dshlib import mean_average_precision
    >>> database = [[True, True], [True, True], [False, False]]  # a tie, then one more
    >>> mean_average_precision([[True, True]], ["shoe"], database, ["shoe", "bag", "bag"], k=1)
    0.5
    """
    queries, database, n_bits = packed_pair(query_codes, database_codes)
    if len(queries) == 0:
        raise ValueError("query_codes is empty, but a mean needs one query or more")
    _check_options(k, divisor, most_k=len(database))
    if ties not in ("expected", "stable"):
        raise ValueError(f'ties={ties!r}, but it must be "expected" or "stable"')
    if check_count(n_shards, "n_shards") > 1 and ties == "stable":
        raise ValueError(f'n_shards={n_shards} needs ties="expected": counts have no order')
    query_labels = check_labels(query_labels, "query_labels", len(queries))
    database_labels = check_labels(database_labels, "database_labels", len(database))
    query_classes, classes = as_classes(query_labels, database_labels)
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


def expected_average_precision(
    items: ArrayLike, relevant: ArrayLike, n_relevant: ArrayLike, k: int | None = None,
    divisor: str = "min",
) -> NDArray:  # fmt: skip
    """Return the average precision, averaged over all orders of equally distant items.

    Taught in chapter 05.

    Parameters
    ----------
    items, relevant : int array_like (n_distances, n_queries)
        How many items, and relevant items, tie at each distance, nearest first.
    n_relevant : int array_like (n_queries,)
        R, the relevant items in the database.
    k : int, optional
        Cut-off; None for the whole ranking.
    divisor : {"min", "retrieved", "all"}
        See `average_precision`.

    Returns
    -------
    float array (n_queries,)
        Scores from 0 to 1.

    Raises
    ------
    ValueError
        If an option is unknown, or the counts contradict each other.

    References
    ----------
    McSherry and Najork, ECIR 2008, as in `mean_average_precision`.

    Examples
    --------
    >>> from dshlib.metrics import expected_average_precision
    >>> expected_average_precision([[2], [1]], [[1], [0]], [1], k=1)  # one hit among two ties
    array([0.5])
    """
    _check_options(k, divisor)
    items, relevant, n_relevant = _check_counts(items, relevant, n_relevant)
    return _expected_scores(items, relevant, n_relevant, k, divisor)


class _Ties(NamedTuple):
    """Groups of tied items, in arrays of one shape: (n_groups, n_queries) or (n_queries,)."""

    ahead: NDArray  # items that are nearer
    hits_ahead: NDArray  # relevant items among them
    size: NDArray  # items in the group
    relevant: NDArray  # relevant items in the group
    fits: NDArray  # items of the group that lie among the first k
    inverse_ranks: NDArray  # Σ 1 / rank over the ranks of those: ahead + 1 to ahead + fits


def _expected_scores(items, relevant, n_relevant, k, divisor):
    """`expected_average_precision` of counts that were checked."""
    longest = int(items.sum(axis=0).max())
    cutoff = longest if k is None else k
    ties = _groups(items, relevant, min(cutoff, longest))
    gain = _expected_gain(ties)
    if divisor != "retrieved":
        return _divide(gain.sum(axis=0), _ideal_hits(n_relevant, cutoff, divisor))
    end = ties.ahead + ties.fits
    last = (end < end[-1]).sum(axis=0)[None]  # the group in which the list of each query ends
    earlier = np.where(np.arange(len(gain))[:, None] < last, gain, 0).sum(axis=0)
    return _mean_per_hit(earlier, _Ties(*(np.take_along_axis(a, last, axis=0)[0] for a in ties)))


def _groups(items, relevant, cutoff):
    """One group of ties for each distance at which some query finds one of its first items."""
    nearer = np.cumsum(items, axis=0) - items
    near = (nearer < max(cutoff, 1)).any(axis=1)
    size, relevant_here, nearer = items[near], relevant[near], nearer[near]
    fits = np.clip(cutoff - nearer, 0, size)
    ahead = np.minimum(nearer, cutoff)  # where nothing fits the rank does not matter
    harmonic = np.concatenate([[0], np.cumsum(1 / np.arange(1, cutoff + 1))])
    inverse_ranks = harmonic[ahead + fits] - harmonic[ahead]
    hits_ahead = np.cumsum(relevant_here, axis=0) - relevant_here
    return _Ties(ahead, hits_ahead, size, relevant_here, fits, inverse_ranks)


def _expected_gain(ties):
    """Expected sum of the precision at each hit among the first `fits` ranks of a group of ties.

    For a group of n items, r of them relevant, it is
    Σ_{t=1..fits} (r/n) (hits_ahead + 1 + (t−1) (r−1)/(n−1)) / (ahead + t).
    """
    others = np.maximum(ties.relevant - 1, 0) / np.maximum(ties.size - 1, 1)
    in_group = others * (ties.fits - (ties.ahead + 1) * ties.inverse_ranks)
    chance = ties.relevant / np.maximum(ties.size, 1)
    return chance * ((ties.hits_ahead + 1) * ties.inverse_ranks + in_group)


def _mean_per_hit(earlier, ties):
    """Expected sum of precision over its number of hits, where each list ends in a group of ties.

    `earlier` is the sum of the groups before. The first `fits` of n ties, r of them relevant, hold
    j relevant items with a hypergeometric probability p(j), for which
    p(j + 1) / p(j) = (r − j) (fits − j) / ((j + 1) (n − r − fits + j + 1)).
    The mean over all j is kept as a running mean: `share` is p(j) / (p(first) + … + p(j)). It lies
    between 0 and 1, while p itself may be too small for a float.
    """
    r, fits, irrelevant = ties.relevant, ties.fits, ties.size - ties.relevant
    fewest, most = np.maximum(fits - irrelevant, 0), np.minimum(r, fits)
    share, mean = 1.0, np.zeros(len(fits))
    for step in range(1 + int((most - fewest).max())):
        j = fewest + step
        gain = _expected_gain(ties._replace(size=fits, relevant=j))
        score = _divide(earlier + gain, ties.hits_ahead + j)
        mean += share * (score - mean)
        odds = share * (r - j) * (fits - j) / ((j + 1) * (irrelevant - fits + j + 1))
        share = odds / (1 + odds)  # stays 0 after the most that are possible
    return mean


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
    """Hits of the best possible list."""
    return n_relevant if divisor == "all" or k is None else np.minimum(n_relevant, k)


def _divide(total, count):
    """total / count, and 0 where both are 0."""
    return np.where(count == 0, 0.0, total / np.maximum(count, 1))[()]


def _check_relevant(relevant):
    given = np.asarray(relevant)
    relevant = given.astype(bool)
    if given.ndim == 0 or (given != relevant).any():
        got = f"dtype {given.dtype} and shape {given.shape}"
        raise ValueError(f"relevant must be a boolean array (..., n), or its 0 and 1; got {got}")
    return relevant


def _check_n_relevant(n_relevant, hits):
    n_relevant, shape = np.asarray(n_relevant), np.shape(hits)
    fits = n_relevant.shape == shape[len(shape) - n_relevant.ndim :]
    if n_relevant.dtype.kind not in "iu" or not fits or (n_relevant < hits).any():
        least = f"no less than the {np.max(hits, initial=0)} relevant items that are there"
        wanted = f"integers, one for all or of shape {shape} or its last axes, {least}"
        raise ValueError(f"n_relevant must be {wanted}; got {n_relevant}")
    return n_relevant


def _check_counts(items, relevant, n_relevant):
    items, relevant = np.asarray(items), np.asarray(relevant)
    whole = items.dtype.kind in "iu" and relevant.dtype.kind in "iu"
    if not whole or items.ndim != 2 or items.shape != relevant.shape or 0 in items.shape:
        got = f"{items.dtype} {items.shape} and {relevant.dtype} {relevant.shape}"
        wanted = "integers of one shape (n_distances, n_queries)"
        raise ValueError(f"items and relevant must be {wanted}; got {got}")
    if (relevant < 0).any() or (relevant > items).any():
        raise ValueError("relevant must lie between 0 and items at every distance")
    return items, relevant, _check_n_relevant(n_relevant, relevant.sum(axis=0))


def _check_options(k, divisor, most_k=None):
    if k is not None:
        check_count(k, "k", most=most_k)
    if divisor not in DIVISORS:
        raise ValueError(f"divisor={divisor!r}, but it must be one of {', '.join(DIVISORS)}")
