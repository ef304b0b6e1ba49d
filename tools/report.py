"""Write one HTML page about several runs, from what they left in their work dirs; it needs no network to be read."""

import argparse
from pathlib import Path

from genkd_mm.engine.runner.failures import check_output_file, stopped_in_one_sentence
from genkd_mm.utils import atomic_write, exit_codes
from genkd_mm.visualization.report.page import page
from genkd_mm.visualization.report.quality import read_evaluations
from genkd_mm.visualization.report.records import read_records


def parse_args() -> argparse.Namespace:
    """Which runs, and where to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('work_dirs', nargs='+', metavar='WORK_DIR', help='folders that tools/train.py wrote')
    parser.add_argument('--out', default='report.html', help='the page to write; default report.html')
    parser.add_argument(
        '--samples',
        nargs='+',
        default=[],
        metavar='QUALITY',
        help='quality.json files of tools/evaluate_samples.py, to set quality against accuracy',
    )
    return parser.parse_args()


def main() -> None:
    """Read, write, or print one sentence and exit: 2 at bad input, 1 if the page cannot be written."""
    args = parse_args()
    with exit_codes():
        out = Path(args.out)
        check_output_file(out, '--out')
        records = read_records(args.work_dirs)
        empty = [path for path in args.work_dirs if Path(path) not in [record.path for record in records]]
        if empty:
            print(f'Left out, since no run is in them: {", ".join(empty)}')
        content = page(records, read_evaluations(args.samples, records)).encode()
        with (
            stopped_in_one_sentence(lambda: f'{out} is as it was', 'give the same command again'),
            atomic_write(out) as file,
        ):
            file.write(content)
        print(f'{len(records)} runs are in {out}' if len(records) > 1 else f'1 run is in {out}')


if __name__ == '__main__':
    main()
