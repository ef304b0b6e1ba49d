"""Measure the signal-to-noise ratio of the policy gradient's estimators on a prior; writes JSON and a plot beside it.

The config names the teacher and the prior; run it once with tools/train.py, which trains both.
"""

import argparse
import json
from pathlib import Path

from mmengine.registry import DefaultScope

import genkd_mm  # noqa: F401  (applies genkd_mm.compat, registers the components)
from genkd_mm.apis.benchmark.estimators import measure
from genkd_mm.engine.runner.config import load_config
from genkd_mm.models.networks import build_generator
from genkd_mm.utils import atomic_write, exit_codes, read_checkpoint
from genkd_mm.visualization.signal import draw_signal_to_noise


def main() -> None:
    """Measure, or print one sentence and exit with 2 at bad input."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='of a distillation from a prior, for example configs/genkd_digits.py')
    parser.add_argument('out', help='the JSON file to write')
    parser.add_argument('--starts', type=int, default=400, help='of the chains that are scored, five from each')
    parser.add_argument('--exact', type=int, default=2000, help='chains of the exact gradient')
    args = parser.parse_args()
    with exit_codes():
        config = load_config(args.config)
        config.model.generator.sampler.guidance = []
        path = config.model.generator.init_cfg.checkpoint
        with DefaultScope.overwrite_default_scope('mmrazor'):
            generator, teachers = build_generator(config, read_checkpoint(path, 'generator.init_cfg.checkpoint'), path)
            generator.replay_buffer.load_state_dict(read_checkpoint(path, 'prior')['chains'], path)
            found = measure(generator, next(iter(teachers.values())), args.starts, args.exact)
        out = Path(args.out)
        with atomic_write(out) as file:
            file.write((json.dumps(dict(config=args.config, **found), indent=1) + '\n').encode())
        draw_signal_to_noise(found, out.with_suffix('.png'))
        print(f'{out} and {out.with_suffix(".png")} are written')


if __name__ == '__main__':
    main()
