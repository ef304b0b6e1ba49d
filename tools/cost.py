"""Tell what configs cost on a GPU, counted on paper: memory, time of an iteration, hours of the run."""

from genkd_mm.apis import print_costs
from genkd_mm.apis.arguments import add_cfg_options, parser_of
from genkd_mm.utils import exit_codes


@exit_codes()
def main() -> None:
    """Count and print; one sentence and exit with 2 at bad input."""
    parser = parser_of(__doc__)
    parser.add_argument('configs', nargs='+', help='configs of priors or of GenKD')
    parser.add_argument(
        '--utilisation', type=float, default=0.5, help="share of the card's bfloat16 rate that is reached; default 0.5"
    )
    add_cfg_options(parser)
    args = parser.parse_args()
    print_costs(args.configs, args.utilisation, args.cfg_options)


if __name__ == '__main__':
    main()
