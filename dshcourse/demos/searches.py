"""What the explorer searches with: recorded codes, LSH tables, or the vectors themselves."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from dshcourse.demos.recorded import EXACT, TABLES, VOTES, Recorded, Setting
from dshlib import codes

N_NEIGHBOURS = 10
MOST_TABLES = 16
LONGEST = 64  # bits of a table's key; shorter keys are its first bits


@dataclass(frozen=True)
class Found:
    """The neighbours of a query, best first, and what it took to find them."""

    ids: np.ndarray
    notes: list  # how near each is, in words
    candidates: int
    bytes_per_image: int
    in_use: float | None = None  # codes, or buckets per table
    largest: int | None = None  # images of one code, or in one bucket
    bits: tuple | None = None  # codes of the query, bool (k,), and of the neighbours, (n, k)


class Searches:
    """Searches in a data set by what was recorded of it, or by codes that are given.

    Parameters: dataset, a dshlib.data.Dataset; given, dict from the name of a method to its codes
    of all queries and of the database, bool (n, n_bits). A query is numbered from 0; an image of
    the database that is searched for has the number -1 - id.
    """

    def __init__(self, dataset, given=None):
        self.dataset, self.labels = dataset, dataset.database.labels
        own = dataset.folder is not None  # one of the course's splits, which are read from files
        self.recorded = Recorded(dataset.name if own else None)
        for name, pair in (given or {}).items():
            self._give(name, *pair)
        self.keys = lru_cache(self._keys)
        self.occupied = lru_cache(self._occupied)

    def _give(self, name, query_codes, database_codes):
        """Add codes that are given, with their scores over all queries."""
        shapes = np.shape(query_codes), np.shape(database_codes)
        queries, n_bits = self.dataset.queries, shapes[0][-1]
        wanted = [(len(queries), n_bits), (len(self.labels), n_bits)]
        computed = (*TABLES, EXACT)
        if list(shapes) != wanted or n_bits > LONGEST or name in computed:
            raise ValueError(
                f"codes[{name!r}] must be codes of at most {LONGEST} bits, of {wanted[0][0]} "
                f"queries and of {wanted[1][0]} images, with a name not among "
                f"{'; '.join(computed)}; got shapes {shapes}"
            )
        from dshcourse.study.conventions import code_scores  # here, since it loads scikit-learn

        metrics = code_scores(query_codes, queries.labels, database_codes, self.labels)
        packed = codes.pack(query_codes), codes.pack(database_codes)
        self.recorded.add(name, n_bits, packed, metrics)

    def image(self, query):
        """The image that is searched for."""
        part, row = self._row(query)
        return getattr(self.dataset, part).images[row]

    def label(self, query):
        """Its class."""
        part, row = self._row(query)
        return getattr(self.dataset, part).labels[row]

    def _row(self, query):
        return ("queries", query) if query >= 0 else ("database", -1 - query)

    def search(self, setting, query):
        """The ten nearest images, without the image that is searched for. Raises Unavailable."""
        if setting.method in TABLES:
            return self._search_tables(setting, query)
        if setting.method == EXACT:
            candidates = np.arange(len(self.labels))
            ids, notes = self._nearest_vectors(candidates, query)
            return Found(ids, notes, len(candidates), self._vector_bytes)
        return self._search_codes(setting, query)

    def _search_codes(self, setting, query):
        queries, database = self.recorded.pair(setting)
        part, row = self._row(query)
        code = (queries if part == "queries" else database)[row : row + 1]
        distances, k = codes.hamming(code, database), self.recorded.n_bits(setting)
        ids = _first_ten(distances, np.arange(len(database)), query)
        notes = [f"{d} of {k} bits differ" for d in distances[ids]]
        bits = codes.unpack(code, k)[0], codes.unpack(database[ids], k)
        return Found(ids, notes, len(database), -(-k // 8), *self.occupied(setting), bits)

    def _search_tables(self, setting, query):
        own = self._keys_of(self._vector(query)[None], setting.centring)[: setting.L]
        same = (self.keys(setting.centring)[: setting.L] ^ own) & _first_bits(setting.k) == 0
        votes = same.sum(axis=0)
        candidates = np.flatnonzero(votes)
        if setting.method == VOTES:
            ids = candidates[_first_ten(-votes[candidates], candidates, query)]
            notes = [f"in {votes[i]} of {setting.L} tables" for i in ids]
        else:
            ids, notes = self._nearest_vectors(candidates, query)
        stored = -(-setting.k * setting.L // 8)
        stored += 0 if setting.method == VOTES else self._vector_bytes
        return Found(ids, notes, len(candidates), stored, *self.occupied(setting))

    def _nearest_vectors(self, candidates, query):
        """The ten candidates at the least Euclidean distance, and their distances in words."""
        distances = codes.euclidean(self.vectors["database"][candidates], self._vector(query))
        first = _first_ten(distances, candidates, query)
        return candidates[first], [f"distance {d:.2f}" for d in distances[first]]

    @cached_property
    def vectors(self):
        """HOG vectors of queries and database, float64. Raises Unavailable."""
        pair = self.recorded.pair(Setting(EXACT))
        return dict(
            zip(("queries", "database"), (part.astype(float) for part in pair), strict=True)
        )

    def _vector(self, query):
        part, row = self._row(query)
        return self.vectors[part][row]

    @property
    def _vector_bytes(self):
        return 4 * self.vectors["database"].shape[1]  # as float32, which HOG gives

    def _keys(self, centring):
        """Keys of the database in all tables: uint64 (tables, n)."""
        return self._keys_of(self.vectors["database"], centring)

    def _keys_of(self, vectors, centring):
        """Keys of the longest kind, bit by bit those of `HashTables` at seed 0.

        That is not asked itself: it would load scikit-learn before the first picture.
        """
        centred = vectors - (self._mean if centring == "on" else 0)
        return np.stack([codes.pack(codes.binarize(centred @ planes.T)) for planes in self._planes])

    @cached_property
    def _mean(self):
        return self.vectors["database"].mean(axis=0)

    @cached_property
    def _planes(self):
        """The hyperplanes of each table, float64 (bits, d)."""
        shape = LONGEST, len(self._mean)
        return [np.random.default_rng((0, t)).standard_normal(shape) for t in range(MOST_TABLES)]

    def _occupied(self, setting):
        """Codes in use, or buckets per table, and images in the largest of them."""
        if setting.method in TABLES:
            tables = self.keys(setting.centring)[: setting.L] & _first_bits(setting.k)
        else:
            tables = self.recorded.pair(setting)[1:]
        counts = [np.unique(keys, return_counts=True)[1] for keys in tables]
        return np.mean([len(sizes) for sizes in counts]), max(sizes.max() for sizes in counts)


def _first_bits(k):
    return np.uint64(2**k - 1)


def _first_ten(distances, ids, query):
    """Places of the ten smallest distances, ties by place, without the image searched for."""
    order = np.argsort(distances, kind="stable")[: N_NEIGHBOURS + 1]
    return order[ids[order] != -1 - query][:N_NEIGHBOURS]
