"""CIFAR-10 from start to end within a budget of minutes: teacher, prior, GenKD, DAFL, ZSKT, DeepInversion-style.

    python tools/reproduce_cifar10.py 30

ResNet-34 teaches ResNet-18. The budget is shared out by fixed parts; a short run of each config measures how many
iterations fit into its part, at most as many as the config itself has. Every run is a config of this repository with
its schedules in proportion. Finished runs are not made again and interrupted ones are resumed, so the same command can
be repeated after anything. The student's accuracy is then measured once more, as tools/test.py does.
"""

from genkd_mm.apis import reproduce
from genkd_mm.apis.arguments import parser_of
from genkd_mm.utils import exit_codes


@exit_codes()
def main() -> None:
    """Run what is missing, confirm, print; one sentence and exit with 2 at bad input, with 1 if a run fails."""
    parser = parser_of(__doc__)
    parser.add_argument('minutes', type=float, help='budget of all runs together')
    parser.add_argument('--out', default='work_dirs/reproduce_cifar10', help='folder of the runs; default %(default)s')
    parser.add_argument(
        '--configs', help='folder with configs of the same names, say with smaller networks; default configs/'
    )
    args = parser.parse_args()
    reproduce(args.minutes, args.out, args.configs)


if __name__ == '__main__':
    main()
