"""A table and a scatter plot of the quality of several sample sets against the accuracy of their students."""
import argparse
import json
import sys
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

import genkd_mm  # noqa: F401  (applies genkd_mm.compat)
from genkd_mm.evaluation.scatter import Run, draw_scatter, points
from genkd_mm.utils import ConfigError

SHOWN = dict(fid='FID', inception_score='IS', precision='prec.', recall='recall', diversity_ratio='div. ratio',
             agreement='agree')


def read(path: str) -> dict:
    """A JSON file.

    Raises:
        ConfigError: If it is missing or is no JSON object.
    """
    try:
        content = json.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        raise ConfigError(f'{path!r} cannot be read as JSON ({error}); give quality.json of tools/evaluate_samples.py '
                          'and summary.json of tools/train.py') from error
    if not isinstance(content, dict):
        raise ConfigError(f'{path!r} holds a {type(content).__name__}; expected a JSON object')
    return content


def show(runs: list[Run], figure: str) -> None:
    """A table, the best student first."""
    columns = SHOWN if figure in SHOWN else {figure: figure, **SHOWN}
    table = Table('samples', *columns.values(), 'student, %', box=box.SIMPLE)
    for run in sorted(runs, key=lambda run: -run.summary['student_top1']):
        values = (run.quality.get(name) for name in columns)
        table.add_row(run.name, *('-' if value is None else f'{value:.3g}' for value in values),
                      f'{run.summary["student_top1"]:.2f}')
    Console().print(table)


def main() -> None:
    """Show and draw, or print one sentence and exit with 2 at bad input."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--run', nargs=3, action='append', required=True, metavar=('NAME', 'QUALITY', 'SUMMARY'),
                        help='a name, quality.json of the samples, summary.json of the student; once for each set')
    parser.add_argument('--figure', default='fid', help='what to draw of quality.json; default fid')
    parser.add_argument('--out', default='quality.png', help='the PNG to write; default quality.png')
    args = parser.parse_args()
    try:
        runs = [Run(name, read(quality), read(summary)) for name, quality, summary in args.run]
        points(runs, args.figure)
        show(runs, args.figure)
        draw_scatter(runs, args.figure, Path(args.out))
        print(f'The plot is {args.out}')
    except ConfigError as error:
        print(f'error: {error}', file=sys.stderr)
        sys.exit(2)


if __name__ == '__main__':
    main()
