"""The audit of a prior as files: audit.json, and audit.md with its pictures."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from jinja2 import Template

from ..evaluation import ImageSet
from ..utils import atomic_write, save_json, save_text
from .audit_pictures import draw_distances, draw_pairs

SIGNIFICANT = 0.025  # one-sided: a metric above the 95% that lie around its expected value
TEMPLATE = Path(__file__).with_name('audit.md.jinja')


class Finding(NamedTuple):
    """One metric beside what it would be without memorisation."""

    name: str  # where the metric is in audit.json
    sentence: str  # the metric in words
    stands_out: bool  # whether it is larger than chance explains


def findings(report: dict) -> Iterator[Finding]:
    """All metrics of an audit that have an expected value."""
    for chains, space, metrics in distances(report):
        name, where = f'chains.{chains}.{space}', f'{chains} chains, {space}'
        tail, nearest = metrics['tail'], metrics['nearest_is_train']
        yield share(
            f'{name}.tail',
            f'{where}: {tail["share"]:.1%} are as close to a training image as the closest {tail["tail"]:.1%} of the '
            'held-out images are',
            tail,
        )
        yield share(
            f'{name}.nearest_is_train',
            f'{where}: for {nearest["share"]:.1%} the nearest image of all is a training image',
            nearest,
        )
    for score, metrics in report['energy'].items():
        found = metrics['true_positives']
        yield Finding(
            f'energy.{score}.auc',
            f'{score}: AUC {metrics["auc"]:.3f} for training against held-out images (95% interval '
            f'{metrics["low"]:.3f} to {metrics["high"]:.3f}); 0.5 without memorisation',
            metrics['low'] > 0.5,
        )
        yield share(
            f'energy.{score}.true_positives',
            f'{score}: finds {found["share"]:.1%} of the training images at a false alarm for {found["tail"]:.1%} of '
            'the held-out images',
            found,
        )


def distances(report: dict) -> Iterator[tuple[str, str, dict]]:
    """Chains, space and metrics of every comparison of distances."""
    for chains, spaces in report['chains'].items():
        for space, metrics in spaces.items():
            if space != 'number':
                yield chains, space, metrics


def share(name: str, sentence: str, metrics: dict) -> Finding:
    """A share beside its law without memorisation."""
    law = (
        f'{metrics["expected"]:.1%} without memorisation ({metrics["low"]:.1%} to {metrics["high"]:.1%} in 95 of 100 '
        f'cases; p = {metrics["p_value"]:.2g})'
    )
    return Finding(name, f'{sentence}; {law}', metrics['p_value'] < SIGNIFICANT)


def verdict(found: list[Finding]) -> str:
    """One sentence: how many metrics stand out."""
    out = sum(finding.stands_out for finding in found)
    if out:
        return f'{out} of {len(found)} metrics stand out from what they would be without memorisation.'
    return (
        f'None of {len(found)} metrics stands out from what it would be without memorisation, which does not prove '
        'that nothing is remembered.'
    )


def write_audit(out: Path, report: dict, found: dict, train: ImageSet, held_out: ImageSet) -> list[Finding]:
    """Write the pictures, the page, and audit.json last; returns the findings.

    ``report`` gets ``verdict`` and ``stands_out``, names of metrics; ``found`` are a ``Found`` by name of the chains.
    """
    all_findings = list(findings(report))
    report['verdict'] = verdict(all_findings)
    report['stands_out'] = [finding.name for finding in all_findings if finding.stands_out]
    out.mkdir(parents=True, exist_ok=True)
    pictures = {'distances.png': 'Distances'}
    with atomic_write(out / 'distances.png') as file:
        draw_distances(file, found)
    for name, (chains, pairs) in found.items():
        for space, neighbours in pairs.items():
            picture = f'pairs_{name}_{space}.png'
            pictures[picture] = f'Closest pairs: {name} chains, {space}'
            with atomic_write(out / picture) as file:
                draw_pairs(file, chains.pixels, train.pixels, held_out.pixels, neighbours)
    template = Template(TEMPLATE.read_text(encoding='utf-8'), trim_blocks=True, lstrip_blocks=True)
    page = template.render(report, findings=all_findings, distances=list(distances(report)), pictures=pictures)
    save_text(out / 'audit.md', page)
    save_json(out / 'audit.json', report)
    return all_findings
