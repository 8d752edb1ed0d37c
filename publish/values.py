"""Which values of a choice are drawn beforehand, where there is no room for all."""


def spread(values, default, most):
    """At most so many values of a list, equally far apart, the default among them."""
    step = -(-len(values) // most)
    return values[values.index(default) % step :: step]
