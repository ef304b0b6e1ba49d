"""Measure what a prior gives away of its training images, before it is published: for the owner of the data."""

from genkd_mm.apis import audit
from genkd_mm.apis.arguments import config_parser
from genkd_mm.engine.runner.config import load_config
from genkd_mm.utils import exit_codes


@exit_codes()
def main() -> None:
    """Audit, or print one sentence and exit with 2 at bad input."""
    parser = config_parser(__doc__, 'config of the prior')
    parser.add_argument('checkpoint', help='final.pth of that config, or what is left of it to publish')
    parser.add_argument(
        '--out', required=True, help='folder of audit.md, its pictures and audit.json; they show training images'
    )
    parser.add_argument(
        '--train',
        default='train_dataloader.dataset',
        metavar='KEY',
        help="the config's key of the training images; default %(default)s",
    )
    parser.add_argument(
        '--held-out',
        default='val_dataloader.dataset',
        metavar='KEY',
        help='that of images of the same kind that were not trained on; default %(default)s',
    )
    parser.add_argument(
        '--teacher',
        nargs=2,
        metavar=('CONFIG', 'CHECKPOINT'),
        help='a classifier of configs/teachers: compares its features too',
    )
    parser.add_argument(
        '--fresh', type=int, default=0, metavar='NUMBER', help='audit this many new chains too; default 0'
    )
    parser.add_argument(
        '--rounds',
        type=int,
        help='how often each new chain runs num_steps; default 1 / restart_prob, or 1 after energy matching',
    )
    parser.add_argument('--seed', type=int, default=0, help='of the new chains; default 0')
    args = parser.parse_args()
    config, data = load_config(args.config, args.cfg_options), (args.train, args.held_out, args.teacher)
    audit(config, args.checkpoint, args.out, *data, args.fresh, args.rounds, args.seed)


if __name__ == '__main__':
    main()
