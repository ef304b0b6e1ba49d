"""What a run says of its length and of its student."""

import json
from pathlib import Path

import pytest
from mmengine.config import Config

from genkd_mm.apis import train
from genkd_mm.engine.runner.standing import near_chance, parts, standing


def summary(student, teacher=90.0, curve=()):
    return dict(student_top1=student, teacher_top1=dict(teacher=teacher), accuracy_curve=list(curve))


@pytest.mark.parametrize('student, share', [(82.0, 90), (89.9, 99), (90.0, 100)])
def test_a_good_student_is_told_its_place_alone(student, share):
    assert standing(summary(student), 10, True) == [
        f'The student has {student}%, where chance has 10.0% and the teacher 90.0%: {share}% of the way'
    ]


@pytest.mark.parametrize(
    'curve, advice',
    [
        ([30.0, 40.0], 'It may still rise: try more iterations'),
        ([40.0], 'It may still rise: try more iterations'),
        ([39.5, 40.0], 'More iterations will hardly help'),
    ],
)
def test_a_low_student_is_told_what_to_try(curve, advice):
    place, then = standing(summary(40.0, curve=[[5, 1.0, None, top1] for top1 in curve]), 10, True)
    assert place.endswith('% of the way') and then.startswith(advice)


def test_a_teacher_near_chance_is_the_first_thing_to_settle():
    assert 'normalisation' in standing(summary(11.0, teacher=15.0), 10, True)[1]


def test_two_classes_are_not_near_chance_at_95():
    assert near_chance(52.0, 2) and not near_chance(95.0, 2) and near_chance(1.5, 100) and not near_chance(60.0, 100)


@pytest.mark.parametrize('student, teacher', [(None, 90.0), (80.0, None)])
def test_without_an_evaluation_nothing_is_said(student, teacher):
    assert standing(summary(student, teacher), 10, True) == []


def test_a_run_with_prerequisites_tells_its_parts(tmp_path):
    (tmp_path / 'prior.py').write_text('train_cfg = dict(max_iters=1500)')
    (tmp_path / 'teacher.pth').touch()
    (tmp_path / 'work').mkdir()
    earlier = dict(total_seconds=41.2, accuracy_curve=[[50, 20.0, None, 80.0], [100, 41.0, None, 90.0]])
    (tmp_path / 'work/summary.json').write_text(json.dumps(earlier))
    config = Config(
        dict(
            train_cfg=dict(max_iters=100),
            work_dir=str(tmp_path / 'work'),
            prerequisites=[
                dict(config='gone.py', checkpoint=str(tmp_path / 'teacher.pth')),
                dict(config=str(tmp_path / 'prior.py'), checkpoint=str(tmp_path / 'prior/final.pth')),
            ],
        ),
        filename=str(tmp_path / 'prior.py'),
    )
    assert parts(config).splitlines() == [
        '1. gone.py: is there',
        f'2. {tmp_path}/prior.py: 1,500 iterations',
        f'3. {tmp_path}/prior.py: 100 iterations, 41 s for 100 when it last ran',
        'Each part logs its remaining time as eta',
    ]


def test_the_log_tells_both(tiny):
    runner = train(tiny(**{'train_cfg.max_iters': 20, 'train_cfg.val_interval': 20, 'model.student_iter': 1}))
    log = next(Path(runner.work_dir).glob('*/*.log')).read_text()
    assert 'eta: ' in log and 'The student has' in log


def test_a_run_without_a_prior_is_not_told_to_train_it_longer():
    curve = [[5, 1.0, None, 40.0], [10, 2.0, None, 40.0]]
    assert len(standing(summary(40.0, curve=curve), 10, True)) == 2
    assert len(standing(summary(40.0, curve=curve), 10, False)) == 1
