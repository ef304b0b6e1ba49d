"""Plots of several runs."""

from matplotlib.figure import Figure

from genkd_mm.visualization.curves import draw_accuracy


def test_accuracy_has_the_mean_of_the_seeds_that_reached_a_point_and_each_seed(tmp_path, monkeypatch):
    drawn, save = [], Figure.savefig

    def saved(figure, *args, **kwargs):
        drawn.append(figure)
        save(figure, *args, **kwargs)

    monkeypatch.setattr(Figure, 'savefig', saved)
    longer = [[1, 0.5, 10, 20.0], [2, 1.0, 20, 40.0], [3, 1.5, 30, 60.0]]
    shorter = [[1, 0.5, 12, 30.0], [2, 1.0, 24, 50.0]]
    draw_accuracy({'one': [longer, shorter], 'other': [longer[:1]]}, tmp_path / 'accuracy.png')
    assert (tmp_path / 'accuracy.png').stat().st_size > 0
    lines = [line.get_xydata().tolist() for line in drawn[0].axes[0].lines]
    assert lines[0] == [[11, 25], [22, 45]]
    assert lines[1:3] == [[[10, 20], [20, 40], [30, 60]], [[12, 30], [24, 50]]]
    assert [text.get_text() for text in drawn[0].legends[0].texts] == ['one', 'other']
