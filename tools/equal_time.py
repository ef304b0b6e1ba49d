"""Run configs for the same wall time, each for some seeds: the comparison of methods on equal terms.

A first, short run of each config measures its seconds per iteration; they set its length and its schedules, and are
kept in OUT/plan.json for all its seeds. Runs are made one after the other, each in OUT/NAME_seedN; finished runs are
not made again, and interrupted ones are resumed. Teacher and prior are those that the configs name.
"""

from genkd_mm.apis import compare
from genkd_mm.apis.arguments import add_cfg_options, parser_of
from genkd_mm.utils import exit_codes


@exit_codes()
def main() -> None:
    """Run what is missing; one sentence and exit with 2 at bad input, with 1 if a run fails."""
    parser = parser_of(__doc__)
    parser.add_argument('configs', nargs='+', help='config files')
    parser.add_argument('--minutes', type=float, required=True, help='wall time of a run without its evaluations')
    parser.add_argument('--seeds', type=int, nargs='+', default=[0], help='randomness.seed of the runs; default 0')
    parser.add_argument('--out', required=True, help='folder of the runs')
    add_cfg_options(parser)
    args = parser.parse_args()
    compare(args.configs, args.minutes, args.out, args.seeds, args.cfg_options)


if __name__ == '__main__':
    main()
