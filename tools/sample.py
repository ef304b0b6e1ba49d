"""Draw labelled pseudo samples from a prior or a GenKD checkpoint and store them as PNG files with an index.

By default each sample is a stored chain of the checkpoint, advanced by one round (the sampler's num_steps). An
interrupted call resumes when it is repeated.
"""

from genkd_mm.apis import sample
from genkd_mm.apis.arguments import add_launcher, config_parser
from genkd_mm.engine.runner.config import load_config
from genkd_mm.utils import exit_codes


@exit_codes()
def main() -> None:
    """Store the samples, or print one sentence; exit with 2 at bad input, with 1 if they cannot be written."""
    parser = config_parser(__doc__, 'config of the prior or of the distillation; its teachers judge each sample')
    parser.add_argument('checkpoint', help="final.pth or iter_N.pth of that config; a prior's fits a GenKD config too")
    # --num also does, but torchrun takes that for its own --numa-binding
    parser.add_argument('--number', type=int, required=True, help='of samples, over all classes and processes')
    parser.add_argument('--out', required=True, help='the folder to write')
    parser.add_argument('--seed', type=int, default=0, help='chooses chains and noise; default 0')
    parser.add_argument(
        '--fresh',
        action='store_true',
        help='start new chains from noise, as many as wanted, instead of the stored ones',
    )
    parser.add_argument(
        '--rounds',
        type=int,
        help='how often each chain runs its num_steps; 0 takes stored chains as they are; default 1, with --fresh '
        'and a prior by maximum likelihood 1 / restart_prob',
    )
    parser.add_argument('--batch-size', type=int, default=200, help='chains that run at once; default 200')
    add_launcher(parser)
    args = parser.parse_args()
    config = load_config(args.config, args.cfg_options)
    where = (args.checkpoint, args.out, args.number)
    sample(config, *where, args.seed, args.fresh, args.rounds, args.batch_size, args.launcher)


if __name__ == '__main__':
    main()
