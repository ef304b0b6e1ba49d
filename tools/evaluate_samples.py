"""Measure the quality of a folder of samples: tools/sample.py's, or images of any other model."""

import argparse
from pathlib import Path

from mmengine.config import DictAction
from mmengine.registry import DefaultScope

import genkd_mm  # noqa: F401  (applies genkd_mm.compat, registers the components)
from genkd_mm.apis.evaluate_samples import evaluate_samples
from genkd_mm.engine.runner.config import load_config
from genkd_mm.utils import exit_codes


def parse_args() -> argparse.Namespace:
    """What to measure, and with what."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config of a distillation, whose first teacher judges the samples')
    parser.add_argument('samples', help='folder of tools/sample.py, or of images, with one sub-folder a class or none')
    parser.add_argument(
        '--data',
        nargs='?',
        const='data_train',
        metavar='KEY',
        help='compare with the real data set under this key of the config; data_train if no key is '
        'named; without --data no data is opened',
    )
    parser.add_argument(
        '--inception',
        metavar='WEIGHTS',
        help="take features from Inception-v3 with torch-fidelity's "
        'weight file, as published FIDs do, instead of the teacher',
    )
    parser.add_argument('--out', help='folder of quality.json and pictures; default ./work_dirs/quality/SAMPLES')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE', help='override config keys')
    return parser.parse_args()


def main() -> None:
    """Measure, or print one sentence and exit: 2 at bad input, 1 if a file cannot be written."""
    args = parse_args()
    with exit_codes():
        config = load_config(args.config, args.cfg_options)
        out = args.out or Path('work_dirs', 'quality', Path(args.samples).resolve().name)
        with DefaultScope.overwrite_default_scope(config.get('default_scope', 'mmrazor')):
            evaluate_samples(config, args.samples, out, args.data, args.inception)
        print(f'The figures are in {out}')


if __name__ == '__main__':
    main()
