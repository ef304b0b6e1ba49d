"""tools/report.py: a page about real runs, whole, cut and resumed, and about files that others may have written."""

import base64
import hashlib
import json
import math
import runpy
import shutil
import statistics
import time
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
import torch
from mmrazor.registry import MODELS

import genkd_mm
from genkd_mm.apis import train
from genkd_mm.engine.hooks import SummaryHook
from genkd_mm.engine.runner.config import load_config
from genkd_mm.engine.runner.launch import process_group

ROOT = Path(genkd_mm.__file__).parents[1]
TOOL = ROOT / 'tools/report.py'
CLASSIFIER = {'backbone.base_channels': 4, 'backbone.stem_channels': 4, 'head.in_channels': 32}
RUN = {
    f'{part}.{key}': value
    for part in ('model.architecture', 'model.teachers.teacher.build_cfg')
    for key, value in CLASSIFIER.items()
}
RUN |= {
    'model.student_iter': 1,
    'train_dataloader.batch_size': 10,
    'train_cfg.max_iters': 6,
    'train_cfg.val_interval': 3,
    'default_hooks.logger.interval': 1,
    'default_hooks.checkpoint.interval': 2,
    'default_hooks.sample_grid.interval': 1,
    'default_hooks.chain_reward.num_chains': 10,
    'default_hooks.chain_reward.interval': 3,
    'val_dataloader.dataset.indices': 100,
    'prerequisites': [],
}


class Page(HTMLParser):
    """The elements of a page, its text, the numbers of its data elements, and its scripts: those that run, and data."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.elements, self.text, self.scripts, self.figures = [], '', [], []
        self.feed(content)
        self.numbers = [float(attributes['value']) for tag, attributes in self.elements if tag == 'data']

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        tag, attributes = self.elements[-1] if self.elements else ('', {})
        if tag == 'script' and self.cdata_elem:
            self.figures.append(json.loads(data)) if attributes else self.scripts.append(data)
        else:
            self.text += data

    def all(self, attribute):
        return [attributes[attribute] for _, attributes in self.elements if attribute in attributes]


@pytest.fixture(scope='module')
def runs(tmp_path_factory):
    """A folder with ``cut``, a run that died in its fifth iteration, and ``whole``, the same run, resumed."""
    folder = tmp_path_factory.mktemp('report')
    config = ROOT / 'configs/baselines/noise_digits.py'
    options = RUN | {'model.teachers.teacher.ckpt_path': str(folder / 'teacher.pth')}
    teacher = MODELS.build(load_config(str(config), options).model.teachers.teacher.build_cfg)
    torch.save(dict(state_dict=teacher.state_dict()), folder / 'teacher.pth')

    def die(self, runner, *args, **kwargs):
        original(self, runner, *args, **kwargs)
        if runner.iter == 4:
            raise RuntimeError('killed')

    original = SummaryHook.after_train_iter
    with process_group('none'):
        with pytest.MonkeyPatch.context() as patch, pytest.raises(RuntimeError, match='killed'):
            patch.setattr(SummaryHook, 'after_train_iter', die)
            train(load_config(str(config), options, str(folder / 'whole')))
        shutil.copytree(folder / 'whole', folder / 'cut')
        time.sleep(1)  # mmengine names the folder of a start by the second
        train(load_config(str(config), options, str(folder / 'whole')), resume=True)
    return folder


@pytest.fixture
def variant(runs, tmp_path):
    """Factory: a copy of ``whole`` with changes of summary.json and of the text of its dumped configs."""

    def make(name, old='', new='', **changes):
        folder = tmp_path / name
        shutil.copytree(runs / 'whole', folder)
        summary = json.loads((folder / 'summary.json').read_text()) | changes
        (folder / 'summary.json').write_text(json.dumps(summary))
        for path in folder.glob('*/vis_data/config.py') if old else ():
            assert old in path.read_text()
            path.write_text(path.read_text().replace(old, new))
        return folder

    return make


def records_of(*folders):
    from genkd_mm.engine.records import read_records

    return read_records([str(folder) for folder in folders])


def page_of(*folders, samples=()):
    from genkd_mm.visualization.report.page import page
    from genkd_mm.visualization.report.quality import read_evaluations

    records = records_of(*folders)
    return page(records, read_evaluations([str(path) for path in samples], records))


def evaluation(folder, samples, **figures):
    path = folder / f'{len(list(folder.glob("*.json")))}.json'
    path.write_text(json.dumps(dict(samples=str(samples), number=100, features='teacher', data='data_train') | figures))
    return path


def test_the_numbers_are_those_of_summary_json(variant):
    folder = variant('a', policy_seconds=1.25)  # the one figure that a run on noise does not have
    summary = json.loads((folder / 'summary.json').read_text())
    page = Page(page_of(folder))
    names = 'student_top1 pseudo_samples chain_reward total_seconds seed divergence_events'.split()
    expected = [
        summary[name] for name in [*names, *(f'{part}_seconds' for part in ('generation', 'policy', 'student'))]
    ]
    assert sorted(page.numbers) == sorted([*expected, summary['teacher_top1']['teacher']])
    assert f'{summary["student_top1"]:.2f}' in page.text and 'complete' in page.text and 'teacher' in page.text


def test_a_resumed_run_has_each_iteration_once(runs):
    (record,) = records_of(runs / 'whole')
    assert list(record.log.index) == [1, 2, 3, 4, 5, 6]
    again = [
        json.loads(line)
        for path in sorted((runs / 'whole').glob('*/vis_data/scalars.json'))
        for line in path.read_text().splitlines()
    ]
    fifth = [entry['time'] for entry in again if entry['step'] == 5]
    assert len(fifth) == 2 and record.log['time'][5] == fifth[1]  # that of the start that went on
    summary = json.loads((runs / 'whole/summary.json').read_text())
    assert record.curve.to_numpy().tolist() == summary['accuracy_curve']
    assert sorted(record.pictures['chains']) == [0, 1, 2, 3, 4, 5, 6]
    assert record.complete and 'The run was resumed 1 time(s)' in record.notes[0]


@pytest.mark.parametrize(
    'config, steps',
    [
        (dict(resume=True, load_from='work/iter_4.pth'), [2, 4, 6, 9]),
        (dict(resume=True, load_from='work/best.pth'), [2, 4, 5, 6, 9]),
        ({}, [2, 4, 5, 6, 9]),
    ],
)
def test_what_a_resumed_run_did_again_is_left_out_of_the_earlier_log(config, steps):
    from genkd_mm.engine.records.attempts import Attempt, joined_log

    first = Attempt('1', {}, pd.DataFrame(dict(loss=1.0, lr=0.1), index=[2, 4, 5, 6, 8]), {}, 0)
    second = Attempt('2', config, pd.DataFrame(dict(loss=2.0), index=[6, 9]), {}, 0)
    loss = joined_log([first, second])['loss']
    assert list(loss.index) == steps and loss[4] == 1.0 and loss[6] == 2.0


def test_a_cut_run_is_shown_from_its_log_and_its_checkpoint(runs):
    (record,) = records_of(runs / 'cut')
    assert record.state == 'cut or still running, up to iteration 5 of 6' and not record.complete
    state = torch.load(runs / 'cut/iter_4.pth', weights_only=True)['metrics']
    assert record.metrics['total_seconds'] == state['total_seconds']
    assert record.metrics['student_top1'] == record.log['accuracy/top1'][3]
    assert record.metrics['teacher_top1'].keys() == {'teacher'} and record.metrics['seed'] == 0
    page = Page(page_of(runs / 'cut', runs / 'whole'))
    assert record.state in page.text and 'Seconds and images are those of iter_4.pth.' in page.text
    assert '1 complete, 1 cut or still running' in page.text


def test_a_run_that_counts_its_images_at_the_end_has_its_last_point(variant):
    (record,) = records_of(variant('a', pseudo_samples=60, accuracy_curve=[[3, 1.0, None, 9.0], [6, 2.0, None, 11.0]]))
    assert record.curve['images'].isna().tolist() == [True, False] and record.curve['images'][1] == 60


def test_a_run_that_was_cut_before_its_first_checkpoint(variant):
    folder = variant('early')
    for path in [*folder.glob('*.pth'), folder / 'last_checkpoint', folder / 'summary.json']:
        path.unlink()
    (record,) = records_of(folder)
    assert record.curve['iteration'].tolist() == [3, 6] and record.curve['seconds'].isna().all()
    assert 'Accuracy over iterations' in page_of(folder) and 'Accuracy over time' not in page_of(folder)


def test_a_run_that_was_cut_before_its_first_log_line(variant):
    folder = variant('at_once')
    for path in [*folder.glob('*.pth'), *folder.glob('*/vis_data/*.json'), folder / 'summary.json']:
        path.unlink()
    (record,) = records_of(folder)
    assert record.state == 'cut or still running, before anything was logged' and record.metrics['seed'] == 0
    assert 4 in record.pictures['chains'] and 'No run has been evaluated yet.' in page_of(folder)


def test_a_start_that_did_not_resume_is_another_run(variant):
    folder = variant('restarted')
    old = folder / '20000101_000000'
    shutil.copytree(min(folder.glob('2*')), old)
    (old / 'vis_data/scalars.json').write_text('{"loss": 1.0, "step": 1}\n{"loss": 1.0, "step": 900}\n')
    (record,) = records_of(folder)
    assert list(record.log.index) == [1, 2, 3, 4, 5, 6] and 'loss' not in record.log
    assert record.complete and any('1 earlier start(s)' in note for note in record.notes)


def test_a_summary_of_an_earlier_run_is_left_out(variant):
    folder = variant('longer', accuracy_curve=[[3, 1.0, 30, 99.0]], student_top1=99.0)
    (record,) = records_of(folder)
    assert not record.complete and record.metrics['student_top1'] == record.log['accuracy/top1'][6]
    assert any('summary.json does not belong to the latest log' in note for note in record.notes)


def test_everything_from_files_is_shown_as_text(variant, tmp_path):
    evil = '<script>alert(1)</script>'
    folder = variant(
        'a<img src=x onerror=alert(2)>',
        'student_iter=1',
        f'student_iter=1, note={{{evil!r}: {evil!r}}}',
        config=f'{evil}.py',
        student_top1=evil,
        device=evil,
    )
    log = next(folder.glob('*/vis_data/scalars.json'))
    log.write_text(log.read_text() + json.dumps({f'loss{evil}': 1.0, 'step': 3}) + '\n')
    other = variant('b')
    content = page_of(folder, other, samples=[evaluation(tmp_path, evil, fid=evil)])
    page = Page(content)
    assert page.text.count(evil) >= 6 and 'a<img src=x onerror=alert(2)>' in page.text
    assert len(page.scripts) == 2 and evil not in ''.join(page.scripts)
    traces = [trace for figure in page.figures for trace in figure['data']]  # Plotly reads their names as HTML
    names = [name for trace in traces for name in (trace.get('name', ''), *trace.get('hovertext', ()))]
    assert any('&lt;img' in name for name in names) and not any('<' in name for name in names)
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith('on')]


def test_the_page_loads_nothing(variant):
    page = Page(page_of(variant('a'), variant('b', 'lr=0.05', 'lr=0.01')))
    assert page.all('src') and all(address.startswith('data:image/png;base64,') for address in page.all('src'))
    links = page.all('href') + page.all('xlink:href')
    assert links and all(address.startswith('#') for address in links)
    assert not {tag for tag, _ in page.elements} & {'link', 'iframe', 'object', 'embed', 'base', 'image'}
    style = page.text + ' '.join(page.all('style'))
    assert '@import' not in style and not [part for part in style.split('url(')[1:] if not part.startswith('#')]
    ids = page.all('id')
    assert len(ids) == len(set(ids)) and {address[1:] for address in links} <= set(ids)
    policy = page.all('content')[-1]
    assert "default-src 'none'" in policy and "script-src 'sha256-" in policy
    for script in page.scripts:  # no other script may run
        assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in policy


def test_seeds_of_a_config_have_a_mean_and_a_deviation(variant):
    top1 = [80.0, 90.0, 85.5]
    folders = [
        variant(f'seed{seed}', 'seed=0', f'seed={seed}', seed=seed, student_top1=value)
        for seed, value in enumerate(top1)
    ]
    page = Page(page_of(*folders, variant('other', 'lr=0.05', 'lr=0.01', student_top1=0.0)))
    assert f'{statistics.mean(top1):.2f} ± {statistics.stdev(top1):.2f}' in page.text
    assert page.text.count('±') == 1 + 6  # in the heading and in one row: the other learning rate is another config
    assert '0, 1, 2' in page.text


def test_the_configs_differences_are_the_keys_that_differ(variant):
    from genkd_mm.visualization.report.page import difference_rows

    records = records_of(variant('a'), variant('b', 'lr=0.05', 'lr=0.01'))
    assert difference_rows(records) == [
        dict(key='optim_wrapper.architecture.optimizer.lr', values=[('0.05', None), ('0.01', None)])
    ]


def test_configs_differ_by_the_keys_of_their_parts():
    from genkd_mm.visualization.report.configs import ABSENT, differences, given

    assert differences([dict(e=[dict(f=1)], g=True), dict(e=[dict(f=2)], g=1), dict(e=[dict(f=2)])]) == {
        'e.0.f': [1, 2, 2],
        'g': [True, 1, ABSENT],
    }
    assert differences([dict(h=[]), dict(h={}), dict(h=[])]) == {'h': [[], {}, []]}
    hooks = [dict(h=[dict(type='A', k=1, m=0)]), dict(h=[dict(type='A', k=2, m=0)]), dict(h=[])]
    assert differences(hooks) == {'h.0': [hooks[0]['h'][0], hooks[1]['h'][0], ABSENT], 'h.0.k': [1, 2, ABSENT]}
    assert (
        given(
            dict(
                model=dict(teachers=dict(t=1), generator=dict(init_cfg=dict(checkpoint='w/jem/final.pth'))),
                train_dataloader=dict(dataset=dict(type='LabelDataset')),
            )
        )
        == 'teacher, prior jem'
    )


def test_damaged_files_are_told(variant):
    folder = variant('damaged')
    log = max(folder.glob('*/vis_data/scalars.json'))
    log.write_text(log.read_text() + '{"loss": 1.0, "st')
    picture = max(folder.glob('*/vis_data/vis_image/*.png'))
    picture.write_bytes(picture.read_bytes()[:100])
    page = Page(page_of(folder))
    assert '1 line(s) of the log cannot be read' in page.text and 'No readable PNG: iteration 6.' in page.text


def test_quality_meets_the_accuracy_of_the_run_that_was_trained_on_the_samples(variant, tmp_path):
    folders = [
        variant(
            name, "type='LabelDataset'", f"type='PseudoSampleDataset', data_root='samples/{name}'", student_top1=top1
        )
        for name, top1 in (('a', 70.0), ('b', 80.0), ('c', 60.0))
    ]
    samples = [
        evaluation(tmp_path, f'./samples/{name}', fid=fid, recall=recall)
        for name, fid, recall in (('a', 3.0, 0.5), ('b', 2.0, None), ('c', 4.0, 0.5), ('d', 9.0, 0.1))
    ]
    page = Page(page_of(*folders, samples=samples))
    assert (
        "Spearman's rank correlation -1.00, 3 points." in page.text
        and page.figures[-1]['data'][1]['name'] == 'b, student b'
    )
    assert page.text.index('samples b') >= 0 and 3.0 in page.numbers

    samples.append(evaluation(tmp_path, 'samples/a', fid=1.0, number=7))
    with pytest.raises(genkd_mm.utils.ConfigError, match='measured with different features, numbers'):
        page_of(*folders, samples=samples)


@pytest.mark.parametrize(
    'args, words',
    [
        (['{}/nowhere'], "nowhere' is no folder; give a work dir"),
        (['{}'], 'has neither a summary.json nor a */vis_data; give a work dir'),
        (['{}/whole', '{}/cut/../whole'], 'is given twice'),
        (['{}/whole', '--samples', '{}/whole/summary.json'], "has no 'samples'; give quality.json"),
        (['{}/whole', '--out', '{}/nowhere/page.html'], 'whose folder does not exist'),
        (['{}/whole', '--out', '{}/cut'], 'which is a folder; name a file'),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(runs, monkeypatch, capsys, args, words):
    monkeypatch.setattr('sys.argv', ['report.py', *(argument.format(runs) for argument in args)])
    with pytest.raises(SystemExit) as stopped:
        runpy.run_path(str(TOOL), run_name='__main__')
    error = capsys.readouterr().err
    assert stopped.value.code == 2 and error.startswith('error: ') and error.count('\n') == 1 and words in error


def test_folders_without_a_run_are_left_out_and_named(runs, monkeypatch, capsys, tmp_path):
    for name in ('teachers', 'priors'):
        (tmp_path / name / 'resnet' / '20000101_000000' / 'vis_data').mkdir(parents=True)
    folders = [tmp_path / 'teachers', runs / 'whole', tmp_path / 'priors']
    arguments = [f'{folder}/' for folder in folders]  # as a shell makes them of work_dirs/*/
    monkeypatch.setattr('sys.argv', ['report.py', *arguments, '--out', f'{tmp_path}/page.html'])
    runpy.run_path(str(TOOL), run_name='__main__')
    assert capsys.readouterr().out.splitlines() == [
        f'Left out, since no run is in them: {folders[0]}/, {folders[2]}/',
        f'1 run is in {tmp_path / "page.html"}',
    ]
    assert (tmp_path / 'page.html').read_text() == page_of(runs / 'whole')


def test_energies_and_rewards_over_seconds_and_images(variant):
    from genkd_mm.visualization.report.figures import chain_plots, logged
    from genkd_mm.visualization.report.page import groups_of

    folder = variant('a', accuracy_curve=[[2, 10.0, 60, 9.0], [6, 30.0, None, 11.0]], pseudo_samples=100)
    (record,) = records_of(folder)
    steps = [0, 1, 2, 4, 6, 7]
    record.log = pd.DataFrame({'energy_gap': map(float, steps), 'chain/reward': math.nan}, index=steps)
    groups = groups_of([record])
    over = {column: logged(groups, {'energy_gap': 'gap'}, column)[0] for column in ('iteration', 'seconds', 'images')}
    assert over['iteration']['x'].tolist() == steps
    assert over['seconds']['x'].tolist() == [0, 5, 10, 20, 30] and over['images']['x'].tolist() == [0, 30, 60, 80, 100]
    assert over['seconds']['y'].tolist() == [0, 1, 2, 4, 6]  # nothing tells when the seventh was
    plots = chain_plots(groups)
    assert {words: [plot.title for plot in found] for words, found in plots.items()} == dict.fromkeys(
        ('over iterations', 'over time', 'over distinct pseudo samples'), ['Energy gap']
    )
    content = page_of(folder)
    assert content.count('<details class="more">') == 2 and 'The same over distinct pseudo samples' in content
