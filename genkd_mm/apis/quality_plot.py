"""The quality of several sample sets against the accuracy of their students."""

from collections.abc import Sequence
from pathlib import Path

from rich import box

from ..engine.runner.failures import check_output_file, stopped_in_one_sentence
from ..utils import read_json, save_json
from ..visualization.sample_quality import Run, draw_scatter, points, results, rows
from ..visualization.tables import print_table

EXPECTED = 'quality.json of tools/evaluate_samples.py and summary.json of tools/train.py'


def quality_plot(
    runs: Sequence[tuple[str, str, str]],
    metric: str = 'fid',
    out: str | Path = 'quality.png',
    json_out: str | Path | None = None,
) -> dict:
    """Print a table, the best student first, and draw a scatter plot.

    Args:
        runs (Sequence[tuple[str, str, str]]): For each student a name of its sample set, the path of the set's
            quality.json and that of the student's summary.json.
        metric (str): What to draw of quality.json. Defaults to fid.
        out (str | Path): The PNG. Defaults to quality.png.
        json_out (str | Path, optional): A file for what is returned.

    Returns:
        dict: As :func:`genkd_mm.visualization.sample_quality.results`.

    Raises:
        ConfigError: At bad input, or if the sets were measured in different ways.
        TrainingError: If a file cannot be written.
    """
    for path, option in ((out, '--out'), (json_out, '--json')):
        if path:
            check_output_file(path, option)
    read = [Run(name, read_json(quality, EXPECTED), read_json(summary, EXPECTED)) for name, quality, summary in runs]
    points(read, metric)  # or raises, before anything is shown
    found = results(read)
    header, *lines = rows(found, metric)
    print_table(header, lines, box=box.SIMPLE)
    with stopped_in_one_sentence(lambda: 'what is there is whole', 'give the same command again'):
        if json_out:
            save_json(json_out, found)
        draw_scatter(read, metric, Path(out))
    print(f'The plot is {out}')
    return found
