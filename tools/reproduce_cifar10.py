"""CIFAR-10 from start to end, in stages of minutes.

    python tools/reproduce_cifar10.py                  # all stages
    python tools/reproduce_cifar10.py teacher prior    # some

ResNet-34 teaches ResNet-18. The stage smoke makes a few iterations of every training, benchmark measures the chain.
Every other stage trains a config of this repository, teacher, prior or method, for as many iterations as fit, its
schedules in proportion. OUT/STAGE.json has the result. A finished stage is skipped and an interrupted one resumes,
so the same command can be repeated after anything.
"""

from genkd_mm.apis import reproduce
from genkd_mm.apis.arguments import parser_of
from genkd_mm.apis.reproduction.stages import MINUTES, STAGES
from genkd_mm.utils import exit_codes


@exit_codes()
def main() -> None:
    """Do what is missing, print; one sentence and exit with 2 at bad input, with 1 if a run fails."""
    parser = parser_of(__doc__)
    parser.add_argument('stages', nargs='*', help=f'any of {", ".join(STAGES)}; default all')
    parser.add_argument(
        '--minutes', type=float, default=MINUTES, help='budget of all stages together; default %(default)g'
    )
    parser.add_argument('--out', default='work_dirs/reproduce_cifar10', help='folder of the runs; default %(default)s')
    parser.add_argument(
        '--configs', help='folder with configs of the same names, say with smaller networks; default configs/'
    )
    parser.add_argument('--data', help='folder with train.npz and test.npz; default the data that the configs name')
    args = parser.parse_args()
    reproduce(args.stages or tuple(STAGES), args.minutes, args.out, args.configs, args.data)


if __name__ == '__main__':
    main()
