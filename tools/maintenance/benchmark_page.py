"""Write docs/benchmarks.md from the summary.json files in results/, results/STUDY/RUN_seedN.json, and the tables of
other pages from the files that they name: those of tools/benchmark.py in docs/performance.md, of tools/ablate.py in
docs/ablations.md, of tools/quality_plot.py in docs/offline.md."""

import json
import re
import statistics
import sys
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path

import terms  # the file beside this one

from genkd_mm.apis.ablation import report
from genkd_mm.visualization import sample_quality as quality
from genkd_mm.visualization.tables import markdown_table, metric_rows, spread

ROOT = Path(__file__).parents[2]
PAGE = ROOT / 'docs' / 'benchmarks.md'
COLUMNS = (
    ('student top-1, %', 'student_top1', 1),
    ('student steps', 'student_steps', 0),
    ('reward of fresh chains, nats', 'chain_reward', 3),
    ('distinct images', 'pseudo_samples', 0),
)
SECONDS = (  # of studies at equal wall time alone: other programs ran beside the others
    ('generation, s', 'generation_seconds', 0),
    ('student, s', 'student_seconds', 0),
    ('total, s', 'total_seconds', 0),
)
TEACHER_ALONE, PRIOR = 'the teacher', 'the teacher, a prior that its owner trained on the data'
GIVEN = (  # by the path of a run's config, the first that fits
    ('*_proxy.py', 'the teacher, a prior that was trained on other images'),
    ('*_teacher_alone.py', TEACHER_ALONE),
    ('*/mix/two_teachers_*', 'two teachers, a prior that its owner trained on the data'),
    ('*/mix/*', PRIOR),
    ('*/genkd_*', PRIOR),
    ('*/prior_*', PRIOR),
    ('*/stored_*', PRIOR),
    ('*/guided_*', PRIOR),
    ('*/real_*', 'the teacher, the data'),
    ('*', TEACHER_ALONE),
)
PERFORMANCE = ROOT / 'docs' / 'performance.md'
ABLATIONS = ROOT / 'docs' / 'ablations.md'
QUALITY = ROOT / 'docs' / 'offline.md'
MARK = re.compile(r'(?P<mark><!-- figures of (?P<file>results/\S+) -->)\n\n(?:\|.*\n)*\n*')
# These have pages of their own, or only notes.
NO_STUDIES = ('policy_gradient', 'performance', 'ablations', 'quality', 'energy_matching')
INTRODUCTION = """# Benchmarks

Made by `python tools/maintenance/benchmark_page.py` from the `summary.json` files in `results/`; a test fails when
the two differ.
Each figure is the mean over the seeds, with the standard deviation after ±. Accuracy is that of the last evaluation,
not of the best; it is measured on the test set, which no other part of a data-free run opens. Seconds, which only the
studies at equal wall time have, are of the data-free side alone.

The reward of fresh chains is c(x_0) - c(x_n) with c the teacher's cross entropy, the mean over 200 chains from
U(-1, 1), the same for all runs (`ChainRewardHook`).
"""
TERMS = """## What guidance and the policy gradient add

Points of the student's top-1 accuracy, mean ± standard deviation of the differences seed by seed: `guided_*` over
`stored_*`, `genkd_*` over `guided_*`, and both together. At equal wall time the cheaper method takes more steps. The
runs are those of the studies below."""


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
    for summaries in sorted(runs.values(), key=lambda runs: -statistics.mean(s['student_top1'] for s in runs)):
        seeds = ', '.join(str(summary['seed']) for summary in summaries)
        values = [spread([summary.get(key) for summary in summaries], digits) for _, key, digits in columns]
        config = summaries[0]['config']
        rows.append([f'`{config}`', given(config), seeds, *values])
    return markdown_table(['config', 'given', 'seeds', *(title for title, _, _ in columns)], rows)


def section(study: Path) -> str:
    """Heading, commands, teachers, hardware and table of a study."""
    runs = load(study)
    every = [summary for summaries in runs.values() for summary in summaries]
    teachers = {summary['seed']: next(iter(summary['teacher_top1'].values())) for summary in every}
    command = (study / 'command.txt').read_text(encoding='utf-8').strip()
    hardware = (study / 'hardware.txt').read_text(encoding='utf-8').strip()
    parts = [
        f'## {study.name}',
        f'```bash\n{command}\n```',
        f'Hardware: {hardware}. Teacher: {spread(list(teachers.values()), 1)}% top-1.',
        table(runs, COLUMNS + SECONDS if 'equal_time.py' in command else COLUMNS).strip(),
    ]
    notes = study / 'notes.md'
    return '\n\n'.join(parts + ([notes.read_text(encoding='utf-8').strip()] if notes.is_file() else []))


def page() -> str:
    """The whole page."""
    studies = sorted(path for path in (ROOT / 'results').iterdir() if path.is_dir() and path.name not in NO_STUDIES)
    added = f'{TERMS}\n\n{terms.markdown(ROOT / "results")}'
    return '\n'.join([INTRODUCTION, added, *(section(study) + '\n' for study in studies)])


def benchmark_table(metrics: dict) -> str:
    """What tools/benchmark.py wrote, one row a metric."""
    return markdown_table(('figure', 'value'), metric_rows(metrics))


def with_tables(text: str, table_of: Callable[[dict], str]) -> str:
    """A page with the table after each mark made anew from the file that the mark names."""

    def replaced(match: re.Match) -> str:
        return f'{match["mark"]}\n\n{table_of(json.loads((ROOT / match["file"]).read_text(encoding="utf-8")))}\n'

    return MARK.sub(replaced, text).rstrip('\n') + '\n'


def pages() -> dict[Path, str]:
    """The content of each page that has figures of results/."""
    return {
        PAGE: page(),
        PERFORMANCE: with_tables(PERFORMANCE.read_text(encoding='utf-8'), benchmark_table),
        ABLATIONS: with_tables(ABLATIONS.read_text(encoding='utf-8'), report.markdown),
        QUALITY: with_tables(QUALITY.read_text(encoding='utf-8'), quality.markdown),
    }


if __name__ == '__main__':
    if sys.argv[1:]:
        sys.exit('usage: python tools/maintenance/benchmark_page.py')
    for path, text in pages().items():
        path.write_text(text, encoding='utf-8')
        print(f'wrote {path.relative_to(ROOT)}')
