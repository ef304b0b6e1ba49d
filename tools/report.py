"""Write one HTML page about several runs, from what they left in their work dirs; it needs no network to be read."""

from genkd_mm.apis import report
from genkd_mm.apis.arguments import parser_of
from genkd_mm.utils import exit_codes


@exit_codes()
def main() -> None:
    """Read, write, or print one sentence and exit: 2 at bad input, 1 if the page cannot be written."""
    parser = parser_of(__doc__)
    parser.add_argument('work_dirs', nargs='+', metavar='WORK_DIR', help='folders that tools/train.py wrote')
    parser.add_argument('--out', default='report.html', help='the page to write; default %(default)s')
    parser.add_argument(
        '--samples',
        nargs='+',
        default=[],
        metavar='QUALITY',
        help='quality.json files of tools/evaluate_samples.py, to set quality against accuracy',
    )
    args = parser.parse_args()
    report(args.work_dirs, args.out, args.samples)


if __name__ == '__main__':
    main()
