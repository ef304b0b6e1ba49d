"""Evaluate the student (or the teacher, or the prior's classifier) of a checkpoint on the config's evaluation set."""

import argparse

from mmengine.config import DictAction

import genkd_mm  # noqa: F401  (applies genkd_mm.compat, registers the components)
from genkd_mm.apis.test import evaluate
from genkd_mm.engine.runner.config import load_config
from genkd_mm.engine.runner.launch import process_group
from genkd_mm.utils import exit_codes


def main() -> None:
    """Print the metrics, or one sentence and exit with 2 at bad input."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file')
    parser.add_argument('checkpoint', help='a checkpoint of that config')
    parser.add_argument('--work-dir', help='where the log goes; default ./work_dirs/CONFIG')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE', help='override config keys')
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none', help='job launcher')
    args = parser.parse_args()
    with exit_codes():
        config = load_config(args.config, args.cfg_options, args.work_dir)
        with process_group(args.launcher, config.get('env_cfg', {}).get('dist_cfg')):
            evaluate(config, args.checkpoint, args.launcher)


if __name__ == '__main__':
    main()
