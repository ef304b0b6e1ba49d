"""What guidance, and the policy gradient beyond it, add to a prior's stored chains: differences seed by seed."""

import json
import statistics
from pathlib import Path

from genkd_mm.visualization.tables import markdown_table, spread

ML = '_maximum_likelihood'
# Title, what the configs' names end with, what that of genkd_* with the same prior adds to it, and the folders in
# results/ of policy_gradient_* and of the others.
COMPARISONS = (
    ('digits, equal steps', 'digits', '', 'digits', 'digits'),
    ('digits, equal wall time', 'digits', '', 'digits_equal_time', 'digits_equal_time'),
    ('Fashion-MNIST, equal steps', 'fashion_mnist', ML, 'fashion_mnist', 'fashion_mnist_equal_steps'),
    ('Fashion-MNIST, equal wall time', 'fashion_mnist', ML, 'fashion_mnist', 'fashion_mnist'),
    ('CIFAR-10, equal steps', 'cifar10_small', ML, 'cifar10', 'cifar10_equal_steps'),
    ('CIFAR-10, equal wall time', 'cifar10_small', ML, 'cifar10', 'cifar10'),
)
RUNS = ('stored', 'genkd', 'policy_gradient')
DIFFERENCES = ('genkd', 'stored'), ('policy_gradient', 'genkd'), ('policy_gradient', 'stored')
HEADER = (
    'comparison',
    'seeds',
    'steps: stored / GenKD / policy gradient',
    'stored chains, %',
    'guidance adds',
    'policy gradient adds to it',
    'both add',
)


def by_seed(folder: Path, config: str) -> dict[int, dict]:
    """Summaries of a config's runs."""
    summaries = [json.loads(path.read_text(encoding='utf-8')) for path in folder.glob(f'{config}_seed*.json')]
    return {summary['seed']: summary for summary in summaries}


def row(results: Path, title: str, data: str, prior: str, tuned: str, others: str) -> list[str]:
    """Accuracies, and their differences in points, over the seeds that all three configs have run; empty if none."""
    folders = dict(stored=others, genkd=others, policy_gradient=tuned)
    names = dict(stored=f'stored_{data}', genkd=f'genkd_{data}{prior}', policy_gradient=f'policy_gradient_{data}')
    runs = {name: by_seed(results / folders[name], names[name]) for name in RUNS}
    seeds = sorted(set.intersection(*map(set, runs.values())))
    if not seeds:
        return []
    top1 = {name: [runs[name][seed]['student_top1'] for seed in seeds] for name in RUNS}
    steps = [f'{statistics.mean(runs[name][seed]["student_steps"] for seed in seeds):,.0f}' for name in RUNS]
    added = [spread([a - b for a, b in zip(top1[more], top1[less])], 1) for more, less in DIFFERENCES]
    return [title, ', '.join(map(str, seeds)), ' / '.join(steps), spread(top1['stored'], 1), *added]


def markdown(results: Path) -> str:
    """A Markdown table, one row a comparison that has been run."""
    return markdown_table(HEADER, filter(None, (row(results, *comparison) for comparison in COMPARISONS)))
