import pytest
from PIL import Image

from genkd_mm.utils import ConfigError
from genkd_mm.visualization.sample_quality import Run, by_name, draw_scatter, points, rank_correlation


def run(name, fid, accuracy, **changes):
    return Run(
        name,
        dict(features='teacher', number=100, data='data_train', fid=fid, recall=None) | changes,
        dict(student_top1=accuracy),
    )


RUNS = [run('a', 1.0, 90.0), run('b', 30.0, 95.0), run('c', 500.0, 20.0)]


def test_points_and_their_rank_correlation():
    pairs = points(RUNS, 'fid')
    assert pairs == [(1.0, 90.0), (30.0, 95.0), (500.0, 20.0)]
    assert rank_correlation(pairs) == pytest.approx(-0.5)  # 1 - 6 (1 + 1 + 4) / (3 * 8)
    assert rank_correlation(pairs[:2]) is None and rank_correlation([(1, 2), (1, 3), (1, 4)]) is None


def test_the_plot_is_a_png(tmp_path):
    draw_scatter(RUNS, 'fid', tmp_path / 'plot.png')
    with Image.open(tmp_path / 'plot.png') as picture:
        assert picture.format == 'PNG' and len(picture.convert('RGB').getcolors(1 << 20)) > 10


def test_students_of_one_set_share_its_name():
    assert by_name([*RUNS, run('a', 1.0, 80.0)]) == {
        'a': [RUNS[0], run('a', 1.0, 80.0)],
        'b': [RUNS[1]],
        'c': [RUNS[2]],
    }
    with pytest.raises(ConfigError, match='runs of the name a have different metrics of quality'):
        by_name([*RUNS, run('a', 2.0, 80.0)])


@pytest.mark.parametrize(
    'runs, figure, words',
    [
        (RUNS, 'beauty', "--metric is 'beauty'; expected one of fid, inception_score"),
        (RUNS, 'recall', 'The quality of run a has no recall; .*, with --data'),
        ([*RUNS, Run('d', RUNS[0].quality, dict(top1=3))], 'fid', 'The summary of run d has no student_top1'),
        ([*RUNS, run('d', 1.0, 1.0, features='inception')], 'fid', 'measured with different features'),
        ([*RUNS, run('d', 1.0, 1.0, number=99)], 'fid', 'measured with different features, numbers'),
    ],
)
def test_runs_that_cannot_be_compared(runs, figure, words):
    with pytest.raises(ConfigError, match=words):
        points(runs, figure)
