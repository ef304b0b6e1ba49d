"""Write docs/benchmarks.md and results/STUDY/README.md from the summaries results/STUDY/RUN_seedN.json, and the tables
of other pages from the files that they name: of tools/benchmark.py in docs/performance.md, of tools/ablate.py in
results/ablations/README.md, of tools/quality_plot.py in results/quality/README.md."""

import json
import re
import statistics
import sys
from collections import ChainMap
from collections.abc import Callable
from fnmatch import fnmatch
from functools import reduce
from pathlib import Path

import terms  # the file beside this one

from genkd_mm.visualization import sample_quality as quality
from genkd_mm.visualization.tables import markdown_table, spread

ROOT = Path(__file__).parents[2]
PAGE = ROOT / 'docs' / 'benchmarks.md'
COLUMNS = (
    ('student top-1, %', 'student_top1', 1),
    ('student steps', 'student_steps', 0),
    ('reward, nats', 'chain_reward', 3),
    ('distinct images', 'pseudo_samples', 0),
)
SECONDS = (  # only of studies at equal wall time: other programs ran beside the others
    ('generation, s', 'generation_seconds', 0),
    ('student, s', 'student_seconds', 0),
    ('total, s', 'total_seconds', 0),
)
ABLATION_COLUMNS = (
    ('student top-1, %', 'student_top1', 2),
    ('reward, nats', 'chain_reward', 3),
    ('distinct images', 'pseudo_samples', 0),
    ('generation, s', 'generation_seconds', 0),
    ('policy, s', 'policy_seconds', 0),
)
TEACHER, PRIOR = 'teacher', 'teacher, prior'
GIVEN = (  # by the path of a run's config, the first that fits
    ('*_proxy.py', 'teacher, prior of other images'),
    ('*_teacher_alone.py', TEACHER),
    ('*/mix/two_teachers_*', 'two teachers, prior'),
    ('*/mix/*', PRIOR),
    ('*/genkd_*', PRIOR),
    ('*/prior_*', PRIOR),
    ('*/stored_*', PRIOR),
    ('*/guided_*', PRIOR),
    ('*/policy_gradient_*', PRIOR),
    ('*/proxy_images_*', "teacher's answers, other images"),
    ('*/real_*', 'teacher, data'),
    ('*/dfme_*', "teacher's probabilities"),
    ('*', TEACHER),
)
FIGURES = (  # of docs/performance.md: dotted name in the file of tools/benchmark.py, and what it is
    ('chain.images_steps_per_second.fast', 'chain of 20 steps, 64 images of 3 x 32 x 32, bfloat16: images x steps / s'),
    ('chain.images_steps_per_second.fp32', 'the same in float32'),
    ('chain.images_steps_per_second.torchebm', 'torchebm'),
    ('chain.images_steps_per_second.plain', 'plain PyTorch loop'),
    ('chain.fast_over_torchebm', 'bfloat16 over torchebm'),
    ('chain.fast_over_plain', 'bfloat16 over the plain loop'),
    ('chain.fp32_over_plain', 'float32 over the plain loop'),
    ('floor.floor_share', 'least possible time over measured time'),
    ('policy_gradient.over_chain20.autograd', 'policy gradient over a chain of 20 steps: `autograd`, K = 5'),
    ('policy_gradient.over_chain20.finite_difference', '`finite_difference`, K = 5'),
    ('policy_gradient.over_chain20.marginal', '`marginal`'),
    ('iteration.seconds', 'GenKD iteration with ten student steps, s'),
    ('iteration.overhead_share', 'share of it outside the passes of the networks'),
    ('iteration.mebibytes', 'its peak memory, MiB'),
    ('memory.mebibytes.genkd_mm', 'memory of a chain, 32 images, 10 steps, MiB'),
    ('memory.mebibytes.torchebm', 'torchebm, MiB'),
    ('memory.mebibytes.plain', 'plain loop, MiB'),
)
PERFORMANCE = ROOT / 'docs' / 'performance.md'
ABLATIONS = ROOT / 'results' / 'ablations' / 'README.md'
QUALITY = ROOT / 'results' / 'quality' / 'README.md'
MARK = re.compile(r'(?P<mark><!-- figures of (?P<file>results/\S+) -->)\n\n(?:\|.*\n)*\n*')
# These have pages of their own, or only notes.
NO_STUDIES = ('policy_gradient', 'performance', 'ablations', 'quality', 'energy_matching', 'latent', 'own_data')
SUMMARY = (  # studies side by side, with what ends the names of their configs
    ('digits', 'digits', 'digits, 2,000 steps'),
    ('fashion_mnist', 'fashion_mnist', 'Fashion-MNIST, 7 minutes'),
    ('cifar10', 'cifar10_small', 'CIFAR-10, small networks, 5 minutes'),
)
COMPARED = {study for study, _, _ in SUMMARY}
INTRODUCTION = """# Benchmarks

Student top-1 in %: mean ± standard deviation over seeds 0, 1 and 2, of the last evaluation on the test set, not of the
best. A value without ± is of seed 0. A run took one core of an AMD EPYC: AVX2 for the digits at equal steps,
AVX512-BF16 without AMX for the others; `genkd_*.py` on AVX2, about as many steps as others took. Priors are by energy
matching for digits and `genkd_*.py`, otherwise by maximum likelihood. The studies' pages have all metrics.
"""
STUDY = """Metrics are mean ± standard deviation over the seeds; a row with fewer seeds names them. Whole numbers
without ± vary by less than 0.5. Accuracy is that of the last evaluation on the test set, not of the best. The reward is
c(x_0) - c(x_n) of 200 new chains, c the teacher's cross entropy (`ChainRewardHook`). Distinct images are those that the
student saw, each counted once. Seconds exclude the training of teacher and prior."""
TERMS = """## What guidance and the policy gradient add

Differences in points, seed by seed: `genkd_*` minus `stored_*`, `policy_gradient_*` minus `genkd_*`, and the sum. All
have one prior, on digits at equal steps by energy matching, otherwise by maximum likelihood. At equal wall time the
cheaper method takes more steps."""


def load(study: Path) -> dict[str, list[dict]]:
    """Summaries of a study by run, in the order of their seeds."""
    runs: dict[str, list[dict]] = {}
    for path in sorted(study.glob('*_seed*.json')):
        runs.setdefault(re.sub(r'_seed\d+$', '', path.stem), []).append(json.loads(path.read_text(encoding='utf-8')))
    return runs


def given(config: str) -> str:
    """What a run of the config at that path had been given."""
    return next(words for pattern, words in GIVEN if fnmatch(config, pattern))


def table(runs: dict[str, list[dict]], columns: tuple) -> str:
    """A Markdown table, one row a run, the best student first."""
    rows = []
    every = seeds_of([summary for summaries in runs.values() for summary in summaries])
    for summaries in sorted(runs.values(), key=lambda runs: -statistics.mean(top1(runs))):
        metrics = [cell([summary.get(key) for summary in summaries], digits) for _, key, digits in columns]
        config, seeds = summaries[0]['config'], seeds_of(summaries)
        rows.append([f'`{config}`{"" if seeds == every else f" (seed {seeds})"}', given(config), *metrics])
    return markdown_table(['config', 'given', *(title for title, _, _ in columns)], rows)


def top1(summaries: list[dict]) -> list[float]:
    """The student's accuracy in some runs, in percent."""
    return [summary['student_top1'] for summary in summaries]


def seeds_of(summaries: list[dict]) -> str:
    """The seeds of some runs, each once."""
    return ', '.join(map(str, sorted({summary['seed'] for summary in summaries})))


def cell(values: list[float | None], digits: int) -> str:
    """Mean and standard deviation, without one of whole numbers that rounds to 0."""
    return spread(values, digits).removesuffix(' ± 0')


def facts(study: Path, runs: dict[str, list[dict]]) -> str:
    """Hardware, seeds and teachers of a study."""
    every = [summary for summaries in runs.values() for summary in summaries]
    teachers = {summary['seed']: next(iter(summary['teacher_top1'].values())) for summary in every}
    hardware = (study / 'hardware.txt').read_text(encoding='utf-8').strip()
    return f'Hardware: {hardware}. Seeds: {seeds_of(every)}. Teacher: {spread([*teachers.values()], 1)}% top-1.'


def notes(study: Path) -> str:
    """What a study shows."""
    return (study / 'notes.md').read_text(encoding='utf-8').strip()


def study_page(study: Path) -> str:
    """results/STUDY/README.md: commands, hardware and table, and the notes that docs/benchmarks.md does not have."""
    runs = load(study)
    command = (study / 'command.txt').read_text(encoding='utf-8').strip()
    columns = COLUMNS + SECONDS if 'equal_time.py' in command else COLUMNS
    shown = [] if study.name in COMPARED else [notes(study)]
    top = [f'# {study.name}', f'```bash\n{command}\n```', facts(study, runs), *shown]
    return '\n\n'.join([*top, f'{table(runs, columns)}\n{STUDY}\n'])


def summary() -> str:
    """The student's accuracy with each method, datasets side by side, the best on the first that has it first."""
    columns = [
        {runs[0]['config'].replace(name, '*'): runs for runs in load(ROOT / 'results' / study).values()}
        for study, name, _ in SUMMARY
    ]
    titles = [f'[{title}](../results/{study}/README.md)' for study, _, title in SUMMARY]
    rows, runs_of = [], ChainMap(*columns)
    for config in sorted(runs_of, key=lambda config: -statistics.mean(top1(runs_of[config]))):
        cells = [spread(top1(column.get(config, [])), 1) for column in columns]
        rows.append([f'`{config}`', given(config), *cells])
    return markdown_table(['config', 'given', *titles], rows)


def section(study: Path) -> str:
    """What a study of the first table shows, and the link to its page."""
    return f'## {study.name}\n\n{notes(study)}\n\n[Table and commands](../results/{study.name}/README.md).\n'


def page(studies: list[Path]) -> str:
    """docs/benchmarks.md."""
    added = f'{TERMS}\n\n{terms.markdown(ROOT / "results")}'
    sections = [section(study) for study in studies if study.name in COMPARED]
    others = [f'- [{study.name}](../results/{study.name}/README.md)' for study in studies if study.name not in COMPARED]
    return '\n'.join([INTRODUCTION, summary(), added, *sections, '## Other studies', '', *others, ''])


def ablation_table(found: dict) -> str:
    """What tools/ablate.py found, one row a setting."""
    axes = list(found['settings'][0]['labels'])
    rows = [
        [*setting['labels'].values()]
        + [cell([summary.get(key) for summary in setting['summaries']], digits) for _, key, digits in ABLATION_COLUMNS]
        for setting in found['settings']
    ]
    return markdown_table([*axes, *(title for title, _, _ in ABLATION_COLUMNS)], rows)


def value_of(figures: dict, dotted: str) -> str:
    """A number by its dotted name, as ``median (low to high)`` if rounds were timed."""
    value = reduce(lambda found, key: found[key], dotted.split('.'), figures)
    if isinstance(value, dict):
        return f'{value["median"]:,.4g} ({value["low"]:,.4g} to {value["high"]:,.4g})'
    return f'{value:,.4g}'


def benchmark_table(figures: dict) -> str:
    """What a reader asks for of the numbers that tools/benchmark.py wrote."""
    rows = [(title, value_of(figures, name), f'`{name}`') for name, title in FIGURES]
    return markdown_table(('metric', 'value', 'key in the file'), rows)


def with_tables(text: str, table_of: Callable[[dict], str]) -> str:
    """A page with the table after each mark made anew from the file that the mark names."""

    def replaced(match: re.Match) -> str:
        return f'{match["mark"]}\n\n{table_of(json.loads((ROOT / match["file"]).read_text(encoding="utf-8")))}\n'

    return MARK.sub(replaced, text).rstrip('\n') + '\n'


def pages() -> dict[Path, str]:
    """The content of each page that has figures of results/."""
    studies = sorted(path for path in (ROOT / 'results').iterdir() if path.is_dir() and path.name not in NO_STUDIES)
    return {
        PAGE: page(studies),
        **{study / 'README.md': study_page(study) for study in studies},
        PERFORMANCE: with_tables(PERFORMANCE.read_text(encoding='utf-8'), benchmark_table),
        ABLATIONS: with_tables(ABLATIONS.read_text(encoding='utf-8'), ablation_table),
        QUALITY: with_tables(QUALITY.read_text(encoding='utf-8'), quality.markdown),
    }


if __name__ == '__main__':
    if sys.argv[1:]:
        sys.exit('usage: python tools/maintenance/benchmark_page.py')
    for path, text in pages().items():
        path.write_text(text, encoding='utf-8')
        print(f'wrote {path.relative_to(ROOT)}')
