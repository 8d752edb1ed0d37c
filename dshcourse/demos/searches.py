"""What the explorer searches by: recorded codes, LSH tables, vectors; and the recorded scores."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from dshcourse.study.records import load_recorded
from dshlib import codes

N_NEIGHBOURS = 10
MOST_TABLES = 16
LONGEST = 64  # bits of a table's key; shorter keys are its first bits
VOTES, RERANKED = "LSH tables, by votes", "LSH tables, re-ranked"
DSH, EXACT, CLASS_CODE = "DSH, all pairs", "exact HOG search", "class code"
TABLES = {VOTES: "votes", RERANKED: "euclidean"}  # how they are ranked in Table 1
IN_RECORD = {  # names in Table 3
    "LSH codes": "LSH, HOG", "ITQ": "ITQ, HOG", "SH": "SH, HOG",
    "DSH, one pair per image": "DSH, one pair per image", DSH: DSH, CLASS_CODE: "class code",
    EXACT: "exact, HOG",
}  # fmt: skip
METHODS = (*TABLES, *IN_RECORD)
ALPHA = 0.01  # of a method that was recorded with one alpha


class Unavailable(Exception):
    """Why a method cannot search these images at these values."""


def key_of(part, method, alpha, k):
    """The name of recorded codes, of "queries" or "database", by a method of Table 3."""
    return f"{part}/{method}/{alpha}/{k}"


@dataclass(frozen=True)
class Setting:
    """A method with its values; those that mean nothing to the method are ignored."""

    method: str
    k: int = 12
    L: int = 16
    alpha: float = ALPHA
    centring: str = "on"


@dataclass(frozen=True)
class Found:
    """The neighbours of a query, best first, and what it took to find them."""

    ids: np.ndarray
    notes: list  # how near each is, in words
    bits: tuple | None  # codes of the query, bool (k,), and of the neighbours, (n, k)
    candidates: int
    bytes_per_image: int
    in_use: float | None  # codes, or buckets per table
    largest: int | None  # images of one code, or in one bucket


class Searches:
    """Searches in a data set by what was recorded of it, or by codes that are given.

    Parameters: dataset, a dshlib.data.Dataset; given, dict from the name of a method to its codes
    of all queries and of the database, bool (n, n_bits). A query is numbered from 0; an image of
    the database that is searched for has the number -1 - id.
    """

    def __init__(self, dataset, given=None):
        self.dataset, self.name = dataset, dataset.name
        self.labels = dataset.database.labels
        self.given = {name: self._checked(name, *pair) for name, pair in (given or {}).items()}
        own = dataset.folder is not None  # one of the course's splits, which are read from files
        self.arrays = self._recorded(f"codes-{self.name}.safetensors") if own else {}
        self.scores = self._recorded_scores() if own else {}
        self.methods = tuple(dict.fromkeys((*self._recorded_methods(), *self.given)))
        self.keys = lru_cache(self._keys)
        self.occupied = lru_cache(self._occupied)

    def _recorded(self, name):
        try:
            return load_recorded(name)
        except FileNotFoundError:
            return {}

    def _recorded_scores(self):
        """Metrics by the parameters of codes, and of tables, whose rankings have other names."""
        scores = {}
        for table in ("table3", "codes", "tables"):
            for cell in self._recorded(f"{table}-{self.name}.json").get("cells", ()):
                values = cell["parameters"]
                if table == "table3" and values["method"] != IN_RECORD[EXACT]:
                    continue
                scores[tuple(values.values())] = cell["metrics"]
        return scores

    def _recorded_methods(self):
        """The methods that have codes or a score here, at any hash size."""
        known = {key[0] for key in self.scores}
        tables = [name for name in TABLES if TABLES[name] in known]
        return [*tables, *(name for name, recorded in IN_RECORD.items() if recorded in known)]

    def _checked(self, name, query_codes, database_codes):
        """Codes that are given, packed, with their number of bits."""
        shapes = np.shape(query_codes), np.shape(database_codes)
        n_bits = shapes[0][-1]
        wanted = [(len(part), n_bits) for part in (self.dataset.queries, self.dataset.database)]
        computed = (*TABLES, EXACT)
        if list(shapes) != wanted or n_bits > LONGEST or name in computed:
            raise ValueError(
                f"codes[{name!r}] must be codes of at most {LONGEST} bits, of {wanted[0][0]} "
                f"queries and of {wanted[1][0]} images, with a name not among "
                f"{'; '.join(computed)}; got shapes {shapes}"
            )
        return n_bits, codes.pack(query_codes), codes.pack(database_codes)

    def image(self, query):
        """The image that is searched for."""
        images = self.dataset.queries.images if query >= 0 else self.dataset.database.images
        return images[query if query >= 0 else -1 - query]

    def label(self, query):
        """Its class."""
        labels = self.dataset.queries.labels if query >= 0 else self.labels
        return labels[query if query >= 0 else -1 - query]

    def sizes(self, method):
        """The hash sizes at which a method can be shown; () for one without codes."""
        if method in self.given:
            return (self.given[method][0],)
        name = TABLES.get(method, IN_RECORD.get(method))
        names = (name, f"{name}, centred")
        return tuple(sorted({key[-1] for key in self.scores if key[0] in names} - {0}))

    def alphas(self, method):
        """The weights α with which a method was recorded."""
        found = {key[1] for key in self.scores if key[0] == IN_RECORD.get(method)}
        return tuple(sorted(found - {0}))

    def n_bits(self, setting):
        """Bits of a code, or of the key of a table: k, for a method that has the choice."""
        fixed = {EXACT: 0, CLASS_CODE: 4} | {name: pair[0] for name, pair in self.given.items()}
        return fixed.get(setting.method, setting.k)

    def score(self, setting, metric):
        """The recorded mean over all queries, or that of given codes; None if there is none."""
        method, k = setting.method, self.n_bits(setting)
        if method in self.given:
            return self.given_scores(method)[metric]
        if method in TABLES:
            centred = ", centred" if setting.centring == "on" else ""
            key = (f"{TABLES[method]}{centred}", setting.L, k)
        elif method == EXACT:
            key = (IN_RECORD[EXACT], 0)
        else:
            key = (IN_RECORD[method], self._alpha(setting), k)
        return self.scores.get(key, {}).get(metric)

    def curve(self, setting, metric, sizes):
        """Scores by hash size, where there are any; of exact search one, at each size."""
        own = sizes if setting.method == EXACT else self.sizes(setting.method)
        settings = {k: Setting(**vars(setting) | {"k": k}) for k in own}
        scores = {k: self.score(at, metric) for k, at in settings.items()}
        return {k: score for k, score in scores.items() if score is not None}

    def given_scores(self, method):
        """Metrics of codes that are given: computed once, over all queries."""
        from dshcourse.study.conventions import code_scores

        if method not in self.scores:
            n_bits, *pair = self.given[method]
            queries, database = (codes.unpack(part, n_bits) for part in pair)
            self.scores[method] = code_scores(
                queries, self.dataset.queries.labels, database, self.labels
            )
        return self.scores[method]

    def search(self, setting, query):
        """The ten nearest images, without the image that is searched for. Raises Unavailable."""
        if setting.method in TABLES:
            return self._search_tables(setting, query)
        if setting.method == EXACT:
            candidates = np.arange(len(self.labels))
            ids, notes = self._nearest_vectors(candidates, query)
            return Found(ids, notes, None, len(candidates), self._vector_bytes, None, None)
        return self._search_codes(setting, query)

    def _search_codes(self, setting, query):
        queries, database, k = self.codes(setting)
        code = queries[query] if query >= 0 else database[-1 - query]
        distances = codes.hamming(code, database)
        ids = _first_ten(distances, np.arange(len(database)), query)
        notes = [f"{d} of {k} bits differ" for d in distances[ids]]
        bits = codes.unpack(database[ids], k)
        return Found(ids, notes, (codes.unpack(np.array([code]), k)[0], bits), len(database),
                     -(-k // 8), *self.occupied(setting))  # fmt: skip

    def _search_tables(self, setting, query):
        method, L = setting.method, setting.L
        same = self._same_buckets(setting, query)
        votes = same.sum(axis=0)
        candidates = np.flatnonzero(votes)
        if method == VOTES:
            ids = candidates[_first_ten(-votes[candidates], candidates, query)]
            notes = [f"in {votes[i]} of {L} tables" for i in ids]
        else:
            ids, notes = self._nearest_vectors(candidates, query)
        stored = -(-setting.k * L // 8) + self._vector_bytes * (method == RERANKED)
        return Found(ids, notes, None, len(candidates), stored, *self.occupied(setting))

    def _same_buckets(self, setting, query):
        """In which of the first L tables each image shares the query's bucket: bool (L, n)."""
        own = self._keys_of(self.vector(query)[None], setting.centring)
        shorter = np.uint64(2**setting.k - 1)
        return (self.keys(setting.centring)[: setting.L] ^ own[: setting.L]) & shorter == 0

    def vector(self, query):
        """The HOG vector of the image that is searched for."""
        part, row = ("queries", query) if query >= 0 else ("database", -1 - query)
        return self.vectors[part][row]

    def _nearest_vectors(self, candidates, query):
        distances = codes.euclidean(self.vectors["database"][candidates], self.vector(query))
        first = _first_ten(distances, candidates, query)
        return candidates[first], [f"distance {d:.2f}" for d in distances[first]]

    def codes(self, setting):
        """Packed codes of queries and of the database, and their number of bits."""
        k = self.n_bits(setting)
        if setting.method in self.given:
            return (*self.given[setting.method][1:], k)
        name, alpha = IN_RECORD[setting.method], self._alpha(setting)
        keys = [key_of(part, name, alpha, k) for part in ("queries", "database")]
        if keys[0] not in self.arrays:
            raise Unavailable(
                f"No codes of {k} bits are recorded for these {len(self.labels):,} images."
            )
        return (*(self.arrays[key] for key in keys), k)

    def _alpha(self, setting):
        """The α of a method: the one chosen, if it was recorded; else its own, or 0 for none."""
        alphas = self.alphas(setting.method)
        return setting.alpha if setting.alpha in alphas else ALPHA if alphas else 0

    @cached_property
    def vectors(self):
        """HOG vectors of queries and database, float64. Raises Unavailable if not recorded."""
        keys = {part: key_of(part, IN_RECORD[EXACT], 0, 0) for part in ("queries", "database")}
        if not all(key in self.arrays for key in keys.values()):
            raise Unavailable(
                f"It needs the HOG vectors of {len(self.labels):,} images, which are not recorded."
            )
        return {part: self.arrays[key].astype(float) for part, key in keys.items()}

    @property
    def _vector_bytes(self):
        return 4 * self.vectors["database"].shape[1]  # as float32, which HOG gives

    def _keys(self, centring):
        return self._keys_of(self.vectors["database"], centring)

    def _keys_of(self, vectors, centring):
        """Keys of the longest kind in all tables, uint64 (tables, n): those of HashTables.

        That is not asked itself, since it would load scikit-learn before the first picture.
        """
        centred = vectors - (self.mean if centring == "on" else 0)
        return np.stack([codes.pack(codes.binarize(centred @ planes.T)) for planes in self.planes])

    @cached_property
    def mean(self):
        """The mean of the database's vectors."""
        return self.vectors["database"].mean(axis=0)

    @cached_property
    def planes(self):
        """The hyperplanes of each table: float64 (tables, bits, d)."""
        shape = LONGEST, len(self.mean)
        return [np.random.default_rng((0, t)).standard_normal(shape) for t in range(MOST_TABLES)]

    def _occupied(self, setting):
        """Codes in use, or buckets per table, and images in the largest of them."""
        if setting.method in TABLES:
            tables = self.keys(setting.centring)[: setting.L] & np.uint64(2**setting.k - 1)
        else:
            tables = [self.codes(setting)[1]]
        counts = [np.unique(keys, return_counts=True)[1] for keys in tables]
        return np.mean([len(sizes) for sizes in counts]), max(sizes.max() for sizes in counts)


def _first_ten(distances, ids, query):
    """Places of the ten smallest distances, ties by place, without the image searched for."""
    order = np.argsort(distances, kind="stable")[: N_NEIGHBOURS + 1]
    return order[ids[order] != -1 - query][:N_NEIGHBOURS]
