"""Measure how fast the parts are, how much memory they take, and the time to accuracy; a table, and a JSON file.

The part floor is the least time that the chain's passes can take here, beside a profile of where the time goes;
layout is the time of each shipped network in channels_last by that in the contiguous layout; fidelity compares the fast
chain with the float32 one on a trained prior; contention runs the digits' prior and GenKD
alone and beside one busy process, on two cores that nothing else should use.

The two sides of a ratio take turns in one process, so a noisy machine slows both; each ratio is a median over
rounds with the lowest and the highest. The peers: torchebm's LangevinDynamics (pip install torchebm) and a plain
PyTorch loop as JEM's training code has it.
"""

from genkd_mm.apis import benchmark
from genkd_mm.apis.arguments import parser_of
from genkd_mm.apis.benchmark import BY_DEFAULT, DATASETS, PARTS
from genkd_mm.utils import exit_codes


@exit_codes()
def main() -> None:
    """Measure, print, write; one sentence and exit with 2 at bad input."""
    parser = parser_of(__doc__)
    parser.add_argument('--json', help='file to write the metrics to')
    parser.add_argument('--quick', action='store_true', help='small and fast, for a first look: within two minutes')
    parser.add_argument(
        '--only',
        nargs='+',
        choices=PARTS,
        default=list(BY_DEFAULT),
        help='parts to measure; default all but contention, which takes ten minutes, fidelity, which needs --prior, '
        'and accuracy, which trains every method in work_dirs/',
    )
    parser.add_argument('--data', nargs='+', choices=DATASETS, default=['digits'], help='datasets of the part accuracy')
    parser.add_argument('--prior', nargs=2, metavar=('CONFIG', 'CHECKPOINT'), help='trained prior of the part fidelity')
    args = parser.parse_args()
    benchmark(args.only, args.quick, args.data, args.prior, args.json)


if __name__ == '__main__':
    main()
