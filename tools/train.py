"""Train a config: a teacher, a prior, or a student without data."""

import argparse
import os
import sys

from mmengine.config import Config, DictAction

import genkd_mm  # noqa: F401  (applies genkd_mm.compat, registers the components)
from genkd_mm.apis.train import train
from genkd_mm.engine.runner.config import load_config
from genkd_mm.engine.runner.launch import process_group
from genkd_mm.utils import ConfigError, exit_codes


def parse_args() -> argparse.Namespace:
    """The flags of mmrazor's own tools/train.py."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file')
    parser.add_argument('--work-dir', help='where logs and checkpoints go; default ./work_dirs/CONFIG')
    parser.add_argument('--amp', action='store_true', help="automatic mixed precision of the student's steps (GPU)")
    parser.add_argument(
        '--auto-scale-lr',
        action='store_true',
        help='scale learning rates by the batch size over auto_scale_lr.base_batch_size',
    )
    parser.add_argument('--resume', action='store_true', help='go on from the latest checkpoint in the work dir')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        metavar='KEY=VALUE',
        help='override config keys, for example model.student_iter=2 or key="[a,b]"',
    )
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none', help='job launcher')
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0, help=argparse.SUPPRESS)
    args = parser.parse_args()
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    return args


def enable_amp(config: Config) -> None:
    """Let the student (or the one model) train in mixed precision; the energy's updates stay in float32."""
    from mmengine.device import is_cuda_available

    if not is_cuda_available():
        raise ConfigError('--amp was given but there is no GPU, which AmpOptimWrapper needs; leave the flag out')
    wrapper = config.optim_wrapper.get('architecture', config.optim_wrapper)
    wrapper.update(type='AmpOptimWrapper', loss_scale='dynamic')


def enable_lr_scaling(config: Config) -> None:
    """Switch mmengine's linear scaling rule on."""
    if 'base_batch_size' not in config.get('auto_scale_lr', {}):
        raise ConfigError(
            '--auto-scale-lr was given but the config has no auto_scale_lr.base_batch_size; '
            'add it, or leave the flag out'
        )
    config.auto_scale_lr.enable = True


def main() -> None:
    """Train, or print one sentence and exit: 2 at bad input, 1 if the run had to stop, 130 or 143 after a signal."""
    args = parse_args()
    try:
        with exit_codes():
            config = load_config(args.config, args.cfg_options, args.work_dir)
            if args.amp:
                enable_amp(config)
            if args.auto_scale_lr:
                enable_lr_scaling(config)
            with process_group(args.launcher, config.get('env_cfg', {}).get('dist_cfg')):
                train(config, args.launcher, args.resume)
    except KeyboardInterrupt:
        print('interrupted before training: there was nothing to save', file=sys.stderr)
        sys.exit(130)


if __name__ == '__main__':
    main()
