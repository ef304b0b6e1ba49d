"""How tables of metrics are written."""

import statistics
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table


def spread(values: list[float | None], digits: int) -> str:
    """``mean ± standard deviation``, or a dash where a run did not measure the metric."""
    if not values or any(value is None for value in values):
        return '-'
    deviation = f' ± {statistics.stdev(values):,.{digits}f}' if len(values) > 1 else ''
    return f'{statistics.mean(values):,.{digits}f}{deviation}'


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table of cells that are text."""
    lines = ['| ' + ' | '.join(cell.replace('|', '\\|') for cell in cells) + ' |' for cells in (header, *rows)]
    return '\n'.join([lines[0], '|---' * len(header) + '|', *lines[1:], ''])


def print_table(header: Sequence[str], rows: Iterable[Sequence[str]], **style: Any) -> None:
    """A table on the console; ``style`` as for rich's ``Table``, for example ``title``."""
    table = Table(*header, **style)
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def metric_rows(result: dict, prefix: str = '') -> list[tuple[str, str]]:
    """Every metric of nested dicts by its dotted name, curves left out; what has a median, as median (low to high)."""
    found: list[tuple[str, str]] = []
    for name, value in result.items():
        if isinstance(value, dict) and set(value) == {'median', 'low', 'high'}:
            found.append((f'{prefix}{name}', '{median:,.4g} ({low:,.4g} to {high:,.4g})'.format(**value)))
        elif isinstance(value, dict):
            found += metric_rows(value, f'{prefix}{name}.')
        elif name != 'curve':
            items = value if isinstance(value, list) else [value]
            texts = [f'{item:,.4g}' if isinstance(item, float) else str(item) for item in items]
            found.append((f'{prefix}{name}', ', '.join(texts)))
    return found
