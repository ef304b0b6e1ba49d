"""Hand over a teacher and a prior: two safetensors files with a data card. Trains what is missing, audits the prior."""

from genkd_mm.apis import publish
from genkd_mm.apis.arguments import parser_of
from genkd_mm.utils import exit_codes


@exit_codes()
def main() -> None:
    """Write the folder, or print one sentence and exit with 2 at bad input."""
    parser = parser_of(__doc__)
    pair = dict(nargs=2, required=True, metavar=('CONFIG', 'CHECKPOINT'))
    parser.add_argument('--teacher', **pair, help='the classifier; trained if the checkpoint is not there')
    parser.add_argument('--prior', **pair, help='the prior; trained if the checkpoint is not there')
    parser.add_argument('--out', required=True, help='the folder to write')
    parser.add_argument('--licence', required=True, help='of the two files, for example CC-BY-4.0')
    parser.add_argument('--source', default='', help='what the data is, and whose, for the card')
    args = parser.parse_args()
    publish(tuple(args.teacher), tuple(args.prior), args.out, args.licence, args.source)


if __name__ == '__main__':
    main()
