"""The audit of a prior as files: audit.json, and audit.md with its pictures."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..evaluation import ImageSet
from ..utils import atomic_write
from .audit_pictures import draw_distances, draw_pairs

SIGNIFICANT = 0.025  # one-sided: a figure above the 95% that lie around its expected value
READING = """\
A figure stands out if it is larger than without memorisation in all but 2.5 of 100 cases. About one in forty does so by
chance, more if chains are alike. A figure that does not stand out is no proof that nothing is remembered: other attacks
exist, pixels do not see a copy that was shifted or mirrored, and few held-out images can only show gross copying. Pairs
that look too close to you are too close, whatever the figures.

The pictures show training images: they and this page stay with the owner of the data. Above each pair are its distance,
the number of the chain or held-out image, and that of the training image, which is shown with its closest partner only.
"""


class Finding(NamedTuple):
    """One figure beside what it would be without memorisation.

    Attributes:
        name (str): Where the figure is in audit.json.
        sentence (str): The figure in words.
        stands_out (bool): Whether it is larger than chance explains.
    """

    name: str
    sentence: str
    stands_out: bool


def findings(report: dict) -> Iterator[Finding]:
    """All figures of an audit that have an expected value."""
    for chains, space, figures in measured(report):
        name, where = f'chains.{chains}.{space}', f'{chains} chains, {space}'
        tail, nearest = figures['tail'], figures['nearest_is_train']
        yield Finding(
            f'{name}.tail',
            f'{where}: {percent(tail["share"])} are as close to a training image as the closest '
            f'{percent(tail["tail"])} of the held-out images are; {expectation(tail)}',
            outside(tail),
        )
        yield Finding(
            f'{name}.nearest_is_train',
            f'{where}: for {percent(nearest["share"])} the nearest image of all is a training image; '
            f'{expectation(nearest)}',
            outside(nearest),
        )
    for score, figures in report['energy'].items():
        found = figures['true_positives']
        yield Finding(
            f'energy.{score}.auc',
            f'{score}: AUC {figures["auc"]:.3f} for training against held-out images (95% interval '
            f'{figures["low"]:.3f} to {figures["high"]:.3f}); 0.5 without memorisation',
            figures['low'] > 0.5,
        )
        yield Finding(
            f'energy.{score}.true_positives',
            f'{score}: finds {percent(found["share"])} of the training images at a false alarm for '
            f'{percent(found["tail"])} of the held-out images; {expectation(found)}',
            outside(found),
        )


def measured(report: dict) -> Iterator[tuple[str, str, dict]]:
    """Chains, space and figures of every comparison of distances."""
    for chains, spaces in report['chains'].items():
        for space, figures in spaces.items():
            if space != 'number':
                yield chains, space, figures


def outside(figures: dict) -> bool:
    """Whether chance hardly explains so large a share."""
    return figures['p_value'] < SIGNIFICANT


def expectation(figures: dict) -> str:
    """What a share would be without memorisation."""
    return (
        f'{percent(figures["expected"])} without memorisation ({percent(figures["low"])} to '
        f'{percent(figures["high"])} in 95 of 100 cases; p = {figures["p_value"]:.2g})'
    )


def percent(share: float) -> str:
    """0.0125 -> 1.2%."""
    return f'{100 * share:.1f}%'


def verdict(found: list[Finding]) -> str:
    """One sentence: how many figures stand out."""
    out = sum(finding.stands_out for finding in found)
    return (
        f'{out} of {len(found)} figures stand out from what they would be without memorisation.'
        if out
        else f'None of {len(found)} figures stands out from what it would be without memorisation, which does not '
        'prove that nothing is remembered.'
    )


def page(report: dict, pictures: dict[str, str]) -> str:
    """The Markdown page.

    Args:
        report (dict): As ``audit_prior`` returns it.
        pictures (dict[str, str]): Captions by file name.
    """
    found = list(findings(report))
    lines = [f'- {finding.sentence}.{" **Stands out.**" if finding.stands_out else ""}' for finding in found]
    rows = [
        f'| {chains}, {space} | {report["chains"][chains]["number"]} | {figures["median"]:.3g} | '
        f'{figures["median_held_out"]:.3g} | {figures["median_ratio"]:.2f} | {figures["closest"]:.3g} | '
        f'{figures["closest_held_out"]:.3g} |'
        for chains, space, figures in measured(report)
    ]
    shown = [f'## {caption}\n\n![{caption}]({name})\n' for name, caption in pictures.items()]
    teacher = f'; features of {report["teacher"]}' if report['teacher'] else ''
    return '\n'.join(
        [
            f'# Audit of the prior of {report["config"]}\n',
            f'Model {report["fingerprint"]}; {report["train_number"]} training images (`{report["train"]}`), '
            f'{report["held_out_number"]} held-out images (`{report["held_out"]}`){teacher}.\n',
            f'**{verdict(found)}**\n',
            *lines,
            '',
            READING,
            '## Distance to the nearest training image\n',
            'In pixels the root mean square of 0..255, in features the Euclidean distance. A ratio of 1 means as far '
            'as held-out images are.\n',
            '| chains | number | median | held-out median | ratio | closest | held-out closest |',
            '|---' * 7 + '|',
            *rows,
            '',
            *shown,
        ]
    )


def write_audit(out: Path, report: dict, found: dict, train: ImageSet, held_out: ImageSet) -> None:
    """Write the pictures, the page, and audit.json last.

    Args:
        out (Path): Folder, made if it is not there.
        report (dict): The figures; ``verdict`` and ``stands_out``, names of figures, are added.
        found (dict): ``Found`` by name of the chains.
        train (ImageSet): Training images.
        held_out (ImageSet): Held-out images.
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
    for name, text in (('audit.md', page(report, pictures)), ('audit.json', json.dumps(report, indent=2) + '\n')):
        with atomic_write(out / name) as file:
            file.write(text.encode())
