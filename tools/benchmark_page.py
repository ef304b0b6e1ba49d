"""Write docs/benchmarks.md from the summary.json files in results/: results/STUDY/RUN_seedN.json."""
import json
import re
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / 'docs' / 'benchmarks.md'
COLUMNS = (('student top-1, %', 'student_top1', 1), ('reward of fresh chains, nats', 'chain_reward', 3),
           ('distinct images', 'pseudo_samples', 0), ('generation, s', 'generation_seconds', 0),
           ('student, s', 'student_seconds', 0), ('total, s', 'total_seconds', 0))
GIVEN = dict(
    noise_digits='the teacher', prior_digits='the teacher, a prior that its owner trained on the data',
    genkd_digits='the teacher, a prior that its owner trained on the data')
INTRODUCTION = """# Benchmarks

Made by `python tools/benchmark_page.py` from the `summary.json` files in `results/`; a test fails when the two differ.
Each figure is the mean over the seeds, with the standard deviation after ±. Accuracy is that of the last evaluation,
not of the best; it is measured on the test set, which no other part of a data-free run opens. Seconds are of the
data-free side alone.

The reward of fresh chains is c(x_0) - c(x_n) with c the teacher's cross entropy, the mean over 200 chains from
U(-1, 1), the same for all runs (`ChainRewardHook`).
"""


def load(study: Path) -> dict[str, list[dict]]:
    """Summaries of a study by run, in the order of their seeds."""
    runs: dict[str, list[dict]] = {}
    for path in sorted(study.glob('*_seed*.json')):
        runs.setdefault(re.sub(r'_seed\d+$', '', path.stem), []).append(json.loads(path.read_text()))
    return runs


def spread(values: list[float | None], digits: int) -> str:
    """``mean ± standard deviation``, or a dash where a run did not measure the figure."""
    if any(value is None for value in values):
        return '-'
    deviation = f' ± {statistics.stdev(values):,.{digits}f}' if len(values) > 1 else ''
    return f'{statistics.mean(values):,.{digits}f}{deviation}'


def table(runs: dict[str, list[dict]]) -> list[str]:
    """A Markdown table, one row a run, the best student first."""
    rows = ['| config | given | seeds | ' + ' | '.join(title for title, _, _ in COLUMNS) + ' |',
            '|---' * (3 + len(COLUMNS)) + '|']
    for name, summaries in sorted(runs.items(), key=lambda item: -statistics.mean(s['student_top1'] for s in item[1])):
        seeds = ', '.join(str(summary['seed']) for summary in summaries)
        figures = ' | '.join(spread([summary[key] for summary in summaries], digits) for _, key, digits in COLUMNS)
        rows.append(f'| `{summaries[0]["config"]}` | {GIVEN.get(name, "-")} | {seeds} | {figures} |')
    return rows


def section(study: Path) -> str:
    """Heading, commands, teachers, hardware and table of a study."""
    runs = load(study)
    every = [summary for summaries in runs.values() for summary in summaries]
    teachers = {summary['seed']: value for summary in every for value in summary['teacher_top1'].values()}
    command = (study / 'command.txt').read_text().strip()
    hardware = (study / 'hardware.txt').read_text().strip()
    parts = [f'## {study.name}', f'```bash\n{command}\n```',
             f'Hardware: {hardware}. Teacher: {spread(list(teachers.values()), 1)}% top-1.', '\n'.join(table(runs))]
    notes = study / 'notes.md'
    return '\n\n'.join(parts + ([notes.read_text().strip()] if notes.is_file() else []))


def page() -> str:
    """The whole page."""
    studies = sorted(path for path in (ROOT / 'results').iterdir() if path.is_dir())
    return '\n'.join([INTRODUCTION, *(section(study) + '\n' for study in studies)])


if __name__ == '__main__':
    if sys.argv[1:]:
        sys.exit('usage: python tools/benchmark_page.py')
    PAGE.write_text(page())
    print(f'wrote {PAGE.relative_to(ROOT)}')
