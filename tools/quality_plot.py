"""A table and a scatter plot of the quality of several sample sets against the accuracy of their students."""

import argparse
import json
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from studies.quality import results, rows  # the folder beside this file

import genkd_mm  # noqa: F401  (applies genkd_mm.compat)
from genkd_mm.engine.failures import check_output_file, stopped_in_one_sentence
from genkd_mm.evaluation.scatter import Run, draw_scatter, points
from genkd_mm.utils import ConfigError, exit_codes, whole_file


def read(path: str) -> dict:
    """A JSON file.

    Raises:
        ConfigError: If it is missing or is no JSON object.
    """
    try:
        content = json.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        raise ConfigError(
            f'{path!r} cannot be read as JSON ({error}); give quality.json of tools/evaluate_samples.py '
            'and summary.json of tools/train.py'
        ) from error
    if not isinstance(content, dict):
        raise ConfigError(f'{path!r} holds a {type(content).__name__}; expected a JSON object')
    return content


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
        runs = [Run(name, read(quality), read(summary)) for name, quality, summary in args.run]
        points(runs, args.figure)
        found = results(runs)
        show(found, args.figure)
        with stopped_in_one_sentence(lambda: 'what is there is whole', 'give the same command again'):
            if args.json:
                with whole_file(args.json) as file:
                    file.write((json.dumps(found, indent=2) + '\n').encode())
            draw_scatter(runs, args.figure, Path(args.out))
        print(f'The plot is {args.out}')


if __name__ == '__main__':
    main()
