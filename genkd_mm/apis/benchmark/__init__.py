"""What tools/benchmark.py measures, one module for each question."""

import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from mmengine.registry import DefaultScope

from ...engine.runner.failures import check_output_file
from ...engine.runner.summary import device_name, versions
from ...utils import ConfigError, save_json
from ...visualization.tables import metric_rows, print_table
from . import accuracy, chain, contention, fidelity, floor, growth, iteration, layout, memory, policy_gradient

PARTS = (
    'chain',
    'floor',
    'policy_gradient',
    'iteration',
    'memory',
    'growth',
    'layout',
    'contention',
    'fidelity',
    'accuracy',
)
BY_DEFAULT = PARTS[:6]  # layout and contention take ten minutes, the others need what has been trained
DATASETS = ('digits', 'fashion_mnist')


def benchmark(
    parts: Sequence[str] = BY_DEFAULT,
    quick: bool = False,
    datasets: Sequence[str] = ('digits',),
    prior: tuple[str, str] | None = None,
    json_out: str | Path | None = None,
) -> dict:
    """Measure, print a table, and write a JSON file.

    Args:
        parts (Sequence[str]): Of ``PARTS``. Defaults to those that need no trained network and little time.
        quick (bool): Smaller batches and fewer rounds, within two minutes. Defaults to False.
        datasets (Sequence[str]): Of ``DATASETS``, for the part accuracy. Defaults to digits.
        prior (tuple[str, str], optional): Config and checkpoint of a trained prior, for the part fidelity.
        json_out (str | Path, optional): A file for what is returned.

    Returns:
        dict: The device, the versions, the number of threads, and what each part has measured.

    Raises:
        ConfigError: At bad input, or if a peer is not installed.
    """
    if json_out:
        check_output_file(json_out, '--json')
    if 'fidelity' in parts and not prior:
        raise ConfigError(
            '--only fidelity needs a trained prior; add --prior CONFIG CHECKPOINT, for example that of '
            'configs/priors/jem_wrn10x1_digits.py'
        )
    with DefaultScope.overwrite_default_scope('mmrazor'):
        try:
            result = measure(parts, quick, datasets, prior, json_out)
        except ImportError as error:
            raise ConfigError(f'{error}; the peers are not all installed: pip install torchebm') from error
    print_table(('metric', 'value'), metric_rows({part: result[part] for part in parts}), title=result['device'])
    return result


def measure(
    parts: Sequence[str],
    quick: bool,
    datasets: Sequence[str],
    prior: tuple[str, str] | None,
    json_out: str | Path | None,
) -> dict:
    """Run the chosen parts, as :func:`benchmark` says; the file holds those that have ended."""
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
        contention=lambda: contention.measure(*((5, 1, 1) if quick else (100, 5, 5))),
        fidelity=lambda: fidelity.measure(*prior, *((50, 20) if quick else (500, 100))),
        accuracy=lambda: {name: accuracy.measure(name) for name in datasets},
    )
    result = dict(device=device_name(), versions=versions(), threads=torch.get_num_threads(), quick=quick)
    for part in parts:
        print(f'measuring: {part}', file=sys.stderr)
        result[part] = calls[part]()
        if json_out:
            save_json(json_out, result)
    return result
