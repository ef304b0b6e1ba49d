"""A table and a scatter plot of the quality of several sample sets against the accuracy of their students."""

from genkd_mm.apis import quality_plot
from genkd_mm.apis.arguments import parser_of
from genkd_mm.utils import exit_codes


@exit_codes()
def main() -> None:
    """Show and draw, or print one sentence and exit: 2 at bad input, 1 if a file cannot be written."""
    parser = parser_of(__doc__)
    parser.add_argument(
        '--run',
        nargs=3,
        action='append',
        required=True,
        metavar=('NAME', 'QUALITY', 'SUMMARY'),
        help='a name, quality.json of the samples, summary.json of the student; once for each student',
    )
    parser.add_argument('--metric', default='fid', help='what to draw of quality.json; default %(default)s')
    parser.add_argument('--out', default='quality.png', help='the PNG to write; default %(default)s')
    parser.add_argument('--json', metavar='FILE', help='write all metrics to this file as well')
    args = parser.parse_args()
    quality_plot(args.run, args.metric, args.out, args.json)


if __name__ == '__main__':
    main()
