"""Measure what a prior gives away of its training images, before it is published: for the owner of the data."""

import argparse

from mmengine.config import DictAction
from mmengine.registry import DefaultScope

import genkd_mm  # noqa: F401  (applies genkd_mm.compat, registers the components)
from genkd_mm.apis.audit import audit_prior
from genkd_mm.engine.runner.config import load_config
from genkd_mm.utils import exit_codes
from genkd_mm.visualization.audit_page import findings


def parse_args() -> argparse.Namespace:
    """What to audit, against which images."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config of the prior')
    parser.add_argument('checkpoint', help='final.pth of that config, or what is left of it to publish')
    parser.add_argument(
        '--out', required=True, help='folder of audit.md, its pictures and audit.json; they show training images'
    )
    parser.add_argument(
        '--train',
        default='train_dataloader.dataset',
        metavar='KEY',
        help="the config's key of the training images; default train_dataloader.dataset",
    )
    parser.add_argument(
        '--held-out',
        default='val_dataloader.dataset',
        metavar='KEY',
        help='that of images of the same kind that were not trained on; default val_dataloader.dataset',
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
    parser.add_argument('--visits', type=int, help='how often each new chain runs num_steps; default 1 / restart_prob')
    parser.add_argument('--seed', type=int, default=0, help='of the new chains; default 0')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE', help='override config keys')
    return parser.parse_args()


def main() -> None:
    """Audit, or print one sentence and exit with 2 at bad input."""
    args = parse_args()
    with exit_codes():
        config = load_config(args.config, args.cfg_options)
        with DefaultScope.overwrite_default_scope(config.get('default_scope', 'mmrazor')):
            report = audit_prior(
                config,
                args.checkpoint,
                args.out,
                args.train,
                args.held_out,
                args.teacher,
                args.fresh,
                args.visits,
                args.seed,
            )
        for finding in findings(report):
            print(f'{"!" if finding.stands_out else " "} {finding.sentence}')
        print(f'{report["verdict"]} The closest pairs are in {args.out}/audit.md: look at them')


if __name__ == '__main__':
    main()
