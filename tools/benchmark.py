"""Measure chain, policy gradient, iteration, memory, growth, layout and time to accuracy; a table, and a JSON file.

The part floor is the least time that the chain's passes can take here, beside a profile of where the time goes;
layout is the time of each shipped network in channels_last by that in the contiguous layout; fidelity compares the fast
chain with the float32 one on a trained prior.

Ratios are taken between contenders that took turns in one process, so that a noisy machine slows all of them alike;
each is a median over rounds with the lowest and the highest. The peers: torchebm's LangevinDynamics (pip install
torchebm) and a plain PyTorch loop as JEM's training code has it.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from benchmarks import (  # the folder here
    accuracy,
    chain,
    fidelity,
    floor,
    growth,
    iteration,
    layout,
    memory,
    policy_gradient,
)
from mmengine.registry import DefaultScope
from rich.console import Console
from rich.table import Table

from genkd_mm.engine.summary import device_name, versions
from genkd_mm.utils import ConfigError, exit_codes, whole_file

PARTS = ('chain', 'floor', 'policy_gradient', 'iteration', 'memory', 'growth', 'layout', 'fidelity', 'accuracy')
BY_DEFAULT = PARTS[:6]  # layout takes long, the others need what has been trained
SETS = ('digits', 'fashion_mnist')


def measure(parts: list[str], quick: bool, data: list[str], prior: list[str] | None) -> dict:
    """Run the chosen parts; smaller batches and fewer rounds if ``quick``, accuracy on the named data sets, fidelity on
    ``prior``, a config and a checkpoint."""
    size, steps, rounds = (16, 5, 3) if quick else (64, 20, 7)
    width = 1 if quick else 2
    calls = dict(
        chain=lambda: chain.measure(width, size, steps, rounds, compiled=not quick),
        floor=lambda: floor.measure(width, size, steps),
        policy_gradient=lambda: policy_gradient.measure(width, size, rounds),
        iteration=lambda: iteration.measure(width, size, 2 if quick else 7),
        memory=lambda: memory.measure(width, quick),
        growth=lambda: growth.measure(width, 1 if quick else 5),
        layout=lambda: layout.measure(size, rounds, quick),
        fidelity=lambda: fidelity.measure(*prior, *((50, 20) if quick else (500, 100))),
        accuracy=lambda: {name: accuracy.measure(name) for name in data},
    )
    result = dict(device=device_name(), versions=versions(), threads=torch.get_num_threads(), quick=quick)
    for part in parts:
        Console(stderr=True).print(f'measuring: {part}')
        result[part] = calls[part]()
    return result


def rows(result: dict, prefix: str = '') -> list[tuple[str, str]]:
    """Every figure of ``result`` by its dotted name; spreads as ``median (low to high)``."""
    found = []
    for name, value in result.items():
        if isinstance(value, dict) and set(value) == {'median', 'low', 'high'}:
            found.append((f'{prefix}{name}', '{median:.4g} ({low:.4g} to {high:.4g})'.format(**value)))
        elif name == 'curve':
            found.append((f'{prefix}{name}', f'{len(value)} evaluations'))
        elif isinstance(value, dict):
            found += rows(value, f'{prefix}{name}.')
        else:
            found.append((f'{prefix}{name}', f'{value:.4g}' if isinstance(value, float) else str(value)))
    return found


def main() -> None:
    """Measure, print, write; one sentence and exit with 2 at bad input."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--json', help='file to write the figures to')
    parser.add_argument('--quick', action='store_true', help='small and fast, for a first look: within two minutes')
    parser.add_argument(
        '--only',
        nargs='+',
        choices=PARTS,
        default=list(BY_DEFAULT),
        help='parts to measure; default all but layout, which takes long, fidelity, which needs --prior, and '
        'accuracy, which trains every method in work_dirs/',
    )
    parser.add_argument('--data', nargs='+', choices=SETS, default=['digits'], help='data sets of the part accuracy')
    parser.add_argument('--prior', nargs=2, metavar=('CONFIG', 'CHECKPOINT'), help='trained prior of the part fidelity')
    args = parser.parse_args()
    try:
        with exit_codes():
            if args.json and not Path(args.json).resolve().parent.is_dir():
                raise ConfigError(f'--json is {args.json!r}, whose folder does not exist; make it, or name another')
            if 'fidelity' in args.only and not args.prior:
                raise ConfigError(
                    '--only fidelity needs a trained prior; add --prior CONFIG CHECKPOINT, for example that '
                    'of configs/priors/jem_wrn10x1_digits.py'
                )
            DefaultScope.get_instance('benchmark', scope_name='mmrazor')
            result = measure(args.only, args.quick, args.data, args.prior)
    except ImportError as error:
        print(f'error: {error}; the peers are not all installed: pip install torchebm', file=sys.stderr)
        sys.exit(2)
    table = Table('figure', 'value', title=f'{result["device"]}')
    for row in rows({part: result[part] for part in args.only}):
        table.add_row(*row)
    Console().print(table)
    if args.json:
        with whole_file(args.json) as file:
            file.write((json.dumps(result, indent=2) + '\n').encode())


if __name__ == '__main__':
    main()
