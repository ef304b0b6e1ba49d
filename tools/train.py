"""Train a config: a teacher, a prior, or a student without data."""

import argparse
import os

from genkd_mm.apis import train
from genkd_mm.apis.arguments import add_launcher, config_parser
from genkd_mm.engine.runner.config import load_config
from genkd_mm.utils import exit_codes


@exit_codes()
def main() -> None:
    """Train, or print one sentence and exit: 2 at bad input, 1 if the run had to stop, 130 or 143 after a signal."""
    parser = config_parser(__doc__)
    parser.add_argument('--work-dir', help='where logs and checkpoints go; default ./work_dirs/CONFIG')
    parser.add_argument('--amp', action='store_true', help="automatic mixed precision of the student's steps (GPU)")
    parser.add_argument(
        '--auto-scale-lr',
        action='store_true',
        help='scale learning rates by the batch size over auto_scale_lr.base_batch_size',
    )
    parser.add_argument('--resume', action='store_true', help='resume from the latest checkpoint in the work dir')
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0, help=argparse.SUPPRESS)
    add_launcher(parser)
    args = parser.parse_args()
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    config = load_config(args.config, args.cfg_options, args.work_dir)
    train(config, args.launcher, args.resume, args.amp, args.auto_scale_lr)


if __name__ == '__main__':
    main()
