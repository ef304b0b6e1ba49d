"""A table and a scatter plot of the quality of several sample sets against the accuracy of their students."""

import argparse
import json
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

import genkd_mm  # noqa: F401  (applies genkd_mm.compat)
from genkd_mm.engine.runner.failures import check_output_file, stopped_in_one_sentence
from genkd_mm.utils import atomic_write, exit_codes, read_json
from genkd_mm.visualization.quality_table import results, rows
from genkd_mm.visualization.scatter import Run, draw_scatter, points

EXPECTED = 'quality.json of tools/evaluate_samples.py and summary.json of tools/train.py'


def show(found: dict, figure: str) -> None:
    """A table, the best student first."""
    header, *lines = rows(found, figure)
    table = Table(*header, box=box.SIMPLE)
    for line in lines:
        table.add_row(*line)
    Console().print(table)


def main() -> None:
    """Show and draw, or print one sentence and exit: 2 at bad input, 1 if a file cannot be written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--run',
        nargs=3,
        action='append',
        required=True,
        metavar=('NAME', 'QUALITY', 'SUMMARY'),
        help='a name, quality.json of the samples, summary.json of the student; once for each student',
    )
    parser.add_argument('--figure', default='fid', help='what to draw of quality.json; default fid')
    parser.add_argument('--out', default='quality.png', help='the PNG to write; default quality.png')
    parser.add_argument('--json', metavar='FILE', help='write all figures to this file as well')
    args = parser.parse_args()
    with exit_codes():
        for path, option in ((args.out, '--out'), (args.json, '--json')):
            if path:
                check_output_file(path, option)
        runs = [
            Run(name, read_json(quality, EXPECTED), read_json(summary, EXPECTED)) for name, quality, summary in args.run
        ]
        points(runs, args.figure)
        found = results(runs)
        show(found, args.figure)
        with stopped_in_one_sentence(lambda: 'what is there is whole', 'give the same command again'):
            if args.json:
                with atomic_write(args.json) as file:
                    file.write((json.dumps(found, indent=2) + '\n').encode())
            draw_scatter(runs, args.figure, Path(args.out))
        print(f'The plot is {args.out}')


if __name__ == '__main__':
    main()
