"""Top 10 of 60,000 LSH codes for 10,000 queries, one thread."""

from functools import partial

import faiss
from threadpoolctl import threadpool_limits

from dshlib.codes import pack
from dshlib.ranking import rank
from tools.benchmarks.inputs import as_bytes, lsh_codes
from tools.benchmarks.timing import medians, show


@threadpool_limits.wrap(1)
def run():
    for n_bits in (8, 12, 16, 24, 32, 48, 64):
        queries, database = lsh_codes(n_bits)
        index = faiss.IndexBinaryFlat(8 * as_bytes(database).shape[1])
        index.add(as_bytes(database))
        peer = partial(index.search, as_bytes(queries), 10)
        (ours, theirs), runs = medians(partial(rank, pack(queries), pack(database), 10), peer)
        limit = 0.3 if n_bits == 16 else None
        show(f"{n_bits} bits", ours, runs, "faiss IndexBinaryFlat", theirs, limit)
