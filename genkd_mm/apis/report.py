"""One HTML page about several runs."""

from collections.abc import Sequence
from pathlib import Path

from ..engine.runner.failures import check_output_file, stopped_in_one_sentence
from ..utils import save_text


def report(work_dirs: Sequence[str], out: str | Path = 'report.html', samples: Sequence[str] = ()) -> Path:
    """Write one HTML page about several runs, from what they left in their work dirs; it needs no network to be read.

    Args:
        work_dirs (Sequence[str]): Folders that :func:`genkd_mm.apis.train` wrote; those without a run are left out.
        out (str | Path): The page. Defaults to report.html.
        samples (Sequence[str]): quality.json files of :func:`genkd_mm.apis.evaluate_samples`, to set quality against
            accuracy.

    Returns:
        Path: The page.

    Raises:
        ConfigError: At bad input.
        TrainingError: If the page cannot be written; what was there before stays.
    """
    # not at the start of training, which needs neither pandas nor Plotly
    from ..engine.records import read_records
    from ..visualization.report.page import page
    from ..visualization.report.quality import read_evaluations

    out = Path(out)
    check_output_file(out, '--out')
    records = read_records(work_dirs)
    found = [record.path for record in records]
    empty = [path for path in work_dirs if Path(path) not in found]
    if empty:
        print(f'Left out, since no run is in them: {", ".join(empty)}')
    content = page(records, read_evaluations(samples, records))
    with stopped_in_one_sentence(lambda: f'{out} is as it was', 'give the same command again'):
        save_text(out, content)
    print(f'{len(records)} runs are in {out}' if len(records) > 1 else f'1 run is in {out}')
    return out
