"""Train every setting of an ablation with every seed, and put the metrics side by side.

An ablation is a small config: docs/ablations.md says how to write one. Finished runs are not made again, so the same
command resumes after a kill, Ctrl-C, or a failure. The exit code is 0, 1 if a run failed, 2 at bad input, 130, 141
or 143 after a signal.
"""

import sys

from genkd_mm.apis import ablate
from genkd_mm.apis.arguments import parser_of
from genkd_mm.utils import exit_codes


@exit_codes()
def main() -> None:
    """Run, or print one sentence and exit with 2 at bad input."""
    parser = parser_of(__doc__)
    parser.add_argument('ablation', help='ablation file, for example configs/ablations/window_digits.py')
    parser.add_argument(
        '--out', help='folder of runs, table.md and results.json; default ./work_dirs/ablations/ABLATION'
    )
    parser.add_argument(
        '--shared',
        help='folder of the runs that a seed shares, which several ablations can use one after the other; default '
        'OUT/shared',
    )
    parser.add_argument(
        '--jobs', type=int, default=1, help='runs side by side, among which the CPU threads are divided; default 1'
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument('--dry-run', action='store_true', help='show what would be run; start and write nothing')
    mode.add_argument('--report-only', action='store_true', help='make the table of what has finished; start nothing')
    args = parser.parse_args()
    found = ablate(args.ablation, args.out, args.shared, args.jobs, args.dry_run, args.report_only)
    sys.exit(1 if found and found['failures'] else 0)


if __name__ == '__main__':
    main()
