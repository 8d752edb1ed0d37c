"""Tie-expected mAP@10, 10,000 × 60,000 LSH codes, one thread; peers: (n) queries, scaled up."""

from functools import partial

import faiss
import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torchmetrics.retrieval import RetrievalMAP

from dshlib.codes import hamming, pack
from dshlib.metrics import average_precision, mean_average_precision
from tools.benchmarks.inputs import as_bytes, full, lsh_codes
from tools.benchmarks.timing import medians, show


@threadpool_limits.wrap(1)
def run():
    labels, query_labels = full().database.labels, full().queries.labels
    for n_bits, *limits in ((8, 0.003, 0.005), (12, 0.003, 0.005), (16, 0.015, 0.015)):
        queries, bits = lsh_codes(n_bits)
        ours = partial(mean_average_precision, pack(queries), query_labels, pack(bits), labels, 10)
        peers = [partial(f, queries[:n], query_labels[:n], bits, labels) for f, n in PEERS.items()]
        functions = (partial(ours, "min"), partial(ours, "retrieved"), *peers)
        (by_min, by_retrieved, *theirs), runs = medians(*functions)
        show(f"{n_bits} bits, out of 10", by_min, runs, limit=limits[0])
        show(f"{n_bits} bits, out of hits", by_retrieved, runs, limit=limits[1])
        for (peer, n), seconds in zip(PEERS.items(), theirs, strict=True):
            peer = f"{peer.__name__} ({n})"
            show(f"{n_bits} bits, out of hits", by_retrieved, runs, peer, seconds * 10_000 / n)


def numpy_loop(query_bits, query_labels, bits, labels):
    """Each query on its own: all distances by a dot product, a full argsort, AP of the first 10."""
    query_signs, signs = (np.where(b, 1, -1).astype(np.float32) for b in (query_bits, bits))
    scores = []
    for query, label in zip(query_signs, query_labels, strict=True):
        order = np.argsort(0.5 * (len(query) - signs @ query))
        scores.append(average_precision((labels == label)[order][:10], 10, "retrieved"))
    return np.mean(scores)


def torchmetrics_map(query_bits, query_labels, bits, labels):
    scores = 1.0 + bits.shape[1] - hamming(pack(query_bits)[:, None], pack(bits))  # all above 0
    queries = np.repeat(np.arange(len(query_bits)), len(bits))
    arrays = scores.ravel(), (query_labels[:, None] == labels).ravel(), queries
    return float(RetrievalMAP(top_k=10)(*map(torch.from_numpy, arrays)))


def faiss_flat_search(query_bits, query_labels, bits, labels):
    index = faiss.IndexBinaryFlat(8 * as_bytes(bits).shape[1])
    index.add(as_bytes(bits))
    ids = index.search(as_bytes(query_bits), 10)[1]
    return average_precision(labels[ids] == query_labels[:, None], 10, "retrieved").mean()


PEERS = {numpy_loop: 200, torchmetrics_map: 20, faiss_flat_search: 1000}
