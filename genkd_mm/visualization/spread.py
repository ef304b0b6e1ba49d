"""How a figure of several runs is written."""

import statistics


def spread(values: list[float | None], digits: int) -> str:
    """``mean ± standard deviation``, or a dash where a run did not measure the figure."""
    if any(value is None for value in values):
        return '-'
    deviation = f' ± {statistics.stdev(values):,.{digits}f}' if len(values) > 1 else ''
    return f'{statistics.mean(values):,.{digits}f}{deviation}'
