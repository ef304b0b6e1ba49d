"""The ablation tool: its processes, its table, bad input, and going on after a kill."""

import json
import os
import re
import runpy
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
import torch
from mmrazor.registry import MODELS

import genkd_mm
from genkd_mm.apis import ablate
from genkd_mm.apis.ablation import grid, plan, processes, report
from genkd_mm.engine.runner.config import load_config

ROOT = Path(genkd_mm.__file__).parents[1]
TOOLS, CONFIGS = ROOT / 'tools', ROOT / 'configs'
GENKD = f'base = {str(CONFIGS / "genkd_digits_maximum_likelihood.py")!r}\n'
K = "axes = dict(K={str(k): {'default_hooks.policy_gradient.window': k} for k in (1, 3)})\n"
SHARED = (
    f'shared = dict(teacher=dict(config={str(CONFIGS / "teachers/resnet18_digits.py")!r}, '
    "key='model.teachers.teacher.ckpt_path'),\n"
    f'    prior=dict(config={str(CONFIGS / "priors/jem_wrn10x1_digits.py")!r}, '
    "key='model.generator.init_cfg.checkpoint'))\n"
)
# Takes the place of the process that trains: fails where its config says so, else leaves a summary and a checkpoint.
STUB = """
import json, sys
from pathlib import Path
config = {}
exec(Path(sys.argv[1]).read_text(), config)
work_dir = Path(sys.argv[sys.argv.index('--work-dir') + 1])
hook = config.get('default_hooks', {}).get('policy_gradient')
seed, window = config['randomness']['seed'], hook['window'] if hook else 0
if (window, seed) in FAILING:
    sys.exit('error: no luck')
(work_dir / 'final.pth').write_text('')
(work_dir / 'summary.json').write_text(json.dumps(dict(
    config='/somewhere', seed=seed, student_top1=90.0 + window + 2 * seed, chain_reward=0.5 * seed,
    pseudo_samples=1000 * (seed + 1), generation_seconds=10.0, policy_seconds=None, student_seconds=20.0,
    accuracy_curve=[[5, 1.0, 500, 50.0], [10, 2.0, 1000, 90.0 + window]])))
"""


@pytest.fixture
def call(monkeypatch, tmp_path):
    """Factory: write an ablation file, run the tool on it with arguments, and give back the exit code.

    The working directory is ``tmp_path``.
    """
    monkeypatch.chdir(tmp_path)

    def run(text: str, *args: str, failing=(), child: str | None = None) -> int:
        Path('ablation.py').write_text(text)
        (tmp_path / 'stub.py').write_text(child or f'FAILING = {failing!r}\n{STUB}')
        monkeypatch.setattr(plan, 'CHILD', (str(tmp_path / 'stub.py'),))
        monkeypatch.setattr(sys, 'argv', ['ablate.py', 'ablation.py', '--out', 'out', *args])
        with pytest.raises(SystemExit) as stopped:
            runpy.run_path(str(TOOLS / 'ablate.py'), run_name='__main__')
        return stopped.value.code

    return run


def read(text: str):
    Path('ablation.py').write_text(text)
    return grid.read_ablation('ablation.py')


@pytest.mark.parametrize(
    'text, words',
    [
        (
            GENKD + "axes = {'default_hooks.policy_gradient.windw': [1]}\nseeds = [0]",
            "sets 'default_hooks.policy_gradient.windw', which",
        ),
        (GENKD + "axes = {'randomness.seed': [1]}\nseeds = [0]", "and seeds 'randomness.seed', so one would undo"),
        (GENKD + "axes = dict(a={'x y': {}, 'x-y': {}})\nseeds = [0]", 'would share the folder a=x-y_seed0'),
        (
            GENKD + "axes = {'load_from': ['x.pth']}\nseeds = [0]",
            "load_from of .* is 'x.pth', which would take the place",
        ),
        (GENKD + "axes = dict(a={'no': {'default_hooks': dict(_delete_=True)}})\nseeds = [0]", 'has no SummaryHook'),
        (
            GENKD + K + 'seeds = [0]\n' + SHARED.replace('teacher.ckpt_path', 'techer.ckpt_path'),
            "key of ablation.py is 'model.teachers.techer.ckpt_path', which .* lacks",
        ),
    ],
)
def test_bad_input_ends_the_tool_before_anything_starts(call, capsys, text, words):
    assert call(text) == 2
    error = capsys.readouterr().err
    assert error.startswith('error: ') and error.count('\n') == 1 and re.search(words, error), error
    assert not Path('out').exists()


@pytest.mark.parametrize(
    'arguments, words',
    [
        (('--jobs', '0'), '--jobs is 0; expected 1 or more'),
        (('--shared', 'out'), "--shared and --out are both 'out'; name two folders"),
    ],
)
def test_bad_arguments(call, capsys, arguments, words):
    assert call(GENKD + K + 'seeds = [0]', *arguments) == 2
    assert capsys.readouterr().err == f'error: {words}\n' and not Path('out').exists()


def test_what_a_seed_shares_is_loaded_where_the_setting_still_loads_it(call):
    ablation = read(
        GENKD + "axes = dict(prior={'with': {}, 'without': {'model.generator.init_cfg': None}})\nseeds = [7]\n" + SHARED
    )
    planned = plan.make_plan(ablation, Path('out'), Path('shared'))
    assert [(run.name, run.config['randomness']['seed']) for run in planned.runs] == [
        ('teacher_seed7', 7),
        ('prior_seed7', 7),
        ('prior=with_seed7', 7),
        ('prior=without_seed7', 7),
    ]
    teacher, prior = Path('shared/teacher_seed7/final.pth'), Path('shared/prior_seed7/final.pth')
    assert [run.needs for run in planned.grid] == [(teacher, prior), (teacher,)] and planned.prerequisites == []
    models = [run.config['model'] for run in planned.grid]
    assert all(model['teachers']['teacher']['ckpt_path'] == str(teacher) for model in models)
    with_prior, without = (model['generator']['init_cfg'] for model in models)
    assert with_prior == dict(type='Pretrained', checkpoint=str(prior)) and without is None


def test_prerequisites_that_no_seed_shares_are_trained_once_and_first(call):
    planned = plan.make_plan(read(GENKD + K + 'seeds = [0, 1]'), Path('out'), Path('shared'))
    made = [Path('work_dirs/teachers/resnet18_digits/final.pth'), Path('work_dirs/priors/jem_wrn10x1_digits/final.pth')]
    assert [job.makes for job in planned.prerequisites] == made
    assert all(run.needs == tuple(made) and 'prerequisites' not in run.config for run in planned.grid)


# --- the table


def test_the_table_has_exact_means_and_spreads_and_names_what_failed(call, capsys):
    text = GENKD + K + 'seeds = [0, 1, 2]\n' + SHARED
    assert call(text, failing=[(3, 1)]) == 1
    table = Path('out/table.md').read_text()
    assert Path('out/accuracy.png').stat().st_size > 1000
    assert table in capsys.readouterr().out
    head, *rows = [line for line in table.splitlines() if line.startswith('|')]
    assert head.strip('| ').split(' | ') == [
        'K',
        'seeds',
        'student top-1, %',
        'reward of fresh chains, nats',
        'distinct images',
        'generation, s',
        'student, s',
    ]
    assert rows == [
        '|---|---|---|---|---|---|---|',
        '| 1 | 0, 1, 2 | 93.00 ± 2.00 | 0.500 ± 0.500 | 2,000 ± 1,000 | 10 ± 0 | 20 ± 0 |',
        '| 3 | 0, 2 | 95.00 ± 2.83 | 0.500 ± 0.707 | 2,000 ± 1,414 | 10 ± 0 | 20 ± 0 |',
    ]
    assert 'Not finished: K 3 (seed 1).' in table
    assert (
        '- failed: K=3_seed1: exit code 1 without summary.json: error: no luck (log: out/K=3_seed1/console.log)'
    ) in table
    found = json.loads(Path('out/results.json').read_text())
    one, three = found['settings']
    assert one['labels'] == dict(K='1') and one['figures']['student_top1'] == dict(mean=93.0, std=2.0)
    assert one['figures']['policy_seconds'] is None and [run['seed'] for run in one['summaries']] == [0, 1, 2]
    assert three['unfinished'] == [1] and list(found['failures']) == ['K=3_seed1']
    assert 'somewhere' not in json.dumps(found)


def test_what_has_finished_is_not_run_again_and_one_that_failed_is(call):
    text = GENKD + K + 'seeds = [0, 1]\n' + SHARED
    assert call(text, failing=[(3, 1)]) == 1
    stamps = {path: path.stat().st_mtime_ns for path in Path('out').rglob('summary.json')}
    assert len(stamps) == 3 + 4
    assert call(text, '--jobs', '2') == 0
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items())
    assert Path('out/K=3_seed1/summary.json').is_file() and 'failed' not in Path('out/table.md').read_text()


def test_without_what_its_seed_shares_a_run_is_not_started_and_the_others_finish(call, capsys):
    assert call(GENKD + K + 'seeds = [0, 1]\n' + SHARED, failing=[(0, 1)]) == 1
    table = Path('out/table.md').read_text()
    assert '| 1 | 0 | 91.00 |' in table and '| 3 | 0 | 93.00 |' in table
    assert '- failed: prior_seed1: exit code 1 without summary.json: error: no luck' in table
    missing = 'out/shared/teacher_seed1/final.pth'
    assert f'- failed: K=1_seed1: not started: {missing}, which it needs, is not there\n' in table


def test_a_run_of_another_config_is_not_taken_for_this_one(call, capsys):
    text = GENKD + K + 'seeds = [0]\n' + SHARED
    assert call(text) == 0
    assert (
        call(
            text.replace(
                "'default_hooks.policy_gradient.window': k",
                "'default_hooks.policy_gradient.window': k, 'model.student_iter': 2",
            )
        )
        == 2
    )
    assert 'K=1_seed0 holds a run of another config (different: model)' in capsys.readouterr().err


def test_a_setting_that_failed_before_its_first_checkpoint_can_be_mended(call):
    text = GENKD + K + 'seeds = [0]\n' + SHARED
    assert call(text, failing=[(3, 0)]) == 1
    assert (
        call(
            text.replace(
                "'default_hooks.policy_gradient.window': k}", "'default_hooks.policy_gradient.window': k + (k == 3)}"
            )
        )
        == 0
    )
    assert '| 3 | 0 | 94.00 |' in Path('out/table.md').read_text()


def test_a_dry_run_shows_the_runs_and_writes_nothing_and_a_report_starts_nothing(call, capsys):
    text = GENKD + K + 'seeds = [0]\n' + SHARED
    assert call(text, '--dry-run') == 0
    assert not Path('out').exists() and 'K=3_seed0' in capsys.readouterr().out
    assert call(text, '--report-only') == 0
    assert '| 1 | - |' in Path('out/table.md').read_text() and not list(Path('out').rglob('console.log'))


# --- the processes


def jobs(number: int, script: str) -> list:
    """Jobs that run a shell script in the present folder, where ``$0`` is the job's number."""
    return [
        processes.Job(str(index), ('sh', '-c', script, str(index)), Path(f'{index}.log'), Path(f'made{index}'))
        for index in range(number)
    ]


def run_jobs(jobs: list, side_by_side: int, stop, tell=lambda *args: None, threads: int = 2) -> dict[str, str]:
    with processes.exclusive(Path('.'), 0) as lock:
        environment = processes.environment_for(side_by_side, threads)
        return processes.run_jobs(jobs, side_by_side, environment, stop, [lock], tell)


def test_no_more_than_asked_for_run_side_by_side_with_their_share_of_threads(call):
    running, most = set(), []

    def tell(event, job):
        running.add(job) if event == 'started' else running.discard(job)
        most.append(len(running))

    with processes.Stop() as stop:
        assert run_jobs(jobs(5, 'sleep 0.1; echo $OMP_NUM_THREADS $MKL_NUM_THREADS > made$0'), 2, stop, tell, 7) == {}
    assert max(most) == 2 and not running
    assert [Path(f'made{index}').read_text() for index in range(5)] == ['3 3\n'] * 5


def test_one_that_is_killed_is_named_and_the_others_finish(call):
    with processes.Stop() as stop:
        failures = run_jobs(jobs(3, 'echo here; if [ $0 = 1 ]; then kill -9 $$; fi; touch made$0'), 1, stop)
    assert failures == {'1': 'killed by SIGKILL without made1: here'}


CTRL_C = """
import signal, sys, time
from pathlib import Path
work_dir = Path(sys.argv[sys.argv.index('--work-dir') + 1])
def save(*args):
    (work_dir / 'last_checkpoint').write_text('iter_1.pth')
    sys.exit(143)
signal.signal(signal.SIGTERM, save)
signal.signal(signal.SIGINT, lambda *args: (work_dir / 'interrupted').write_text(''))
(work_dir / 'started').write_text('')
time.sleep(60)
"""


@pytest.mark.parametrize('number, code', [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_runs_with_a_checkpoint_and_says_how_to_go_on(call, capsys, number, code):
    def interrupt():
        while len(list(Path('out').rglob('started'))) < 2:
            time.sleep(0.02)
        os.kill(os.getpid(), number)

    threading.Thread(target=interrupt, daemon=True).start()
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    assert call(GENKD + K + 'seeds = [0]\n' + SHARED, '--jobs', '2', child=CTRL_C) == code
    output = capsys.readouterr()
    assert f'stopped by {number.name}; the same command resumes' in output.err and 'failed' not in output.out
    assert len(list(Path('out/shared').glob('*/last_checkpoint'))) == 2
    assert not list(Path('out').rglob('interrupted'))  # Ctrl-C at the terminal would have reached the tool alone
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == handlers


# One setting finishes when the output has been closed, the other one only ends by a signal, or after a minute.
ONE_STAYS = """
import signal, sys, time
from pathlib import Path
work_dir = Path(sys.argv[sys.argv.index('--work-dir') + 1])
def save(*args):
    (work_dir / 'last_checkpoint').write_text('iter_1.pth')
    sys.exit(143)
signal.signal(signal.SIGTERM, save)
(work_dir / 'started').write_text('')
deadline = time.monotonic() + 60
while work_dir.name.startswith('K=') and time.monotonic() < deadline:
    if 'K=1' in work_dir.name and Path('closed').exists():
        break
    time.sleep(0.02)
FAILING = []
"""


def test_a_closed_output_stops_the_runs_quietly_and_the_same_call_goes_on(call):
    text = GENKD + K + 'seeds = [0]\n' + SHARED
    reader, writer = os.pipe()
    first = os.fork()
    if not first:
        code = 1
        try:
            os.close(reader)
            os.dup2(writer, 1)
            sys.stdout, sys.stderr = open(1, 'w'), open('errors', 'w', buffering=1)
            code = call(text, '--jobs', '2', child=ONE_STAYS + STUB)
        finally:
            os._exit(code)
    os.close(writer)
    wait_until(lambda: len(list(Path('out').glob('K=*/started'))) == 2)
    os.close(reader)
    Path('closed').touch()
    assert os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) == 141
    assert Path('errors').read_text() == 'stopped by SIGPIPE; the same command resumes\n'
    finished = Path('out/K=1_seed0/summary.json').stat().st_mtime_ns
    assert Path('out/K=3_seed0/last_checkpoint').is_file() and not Path('out/K=3_seed0/summary.json').exists()
    assert call(text) == 0
    assert Path('out/K=1_seed0/summary.json').stat().st_mtime_ns == finished


def test_two_calls_cannot_work_in_one_folder(call, capsys, monkeypatch):
    monkeypatch.setattr(sys.modules['genkd_mm.apis.ablate'], 'PATIENCE_SECONDS', 0)
    Path('out').mkdir()
    with processes.exclusive(Path('out'), 0):
        assert call(GENKD + K + 'seeds = [0]\n' + SHARED) == 2
    assert 'out is in use: another call, or a run that one has started, has not ended' in capsys.readouterr().err


# --- the whole, with real runs

TINY = """
train_cfg = dict(max_iters=40, val_interval=40)
train_dataloader = dict(batch_size=10)
val_dataloader = dict(dataset=dict(indices=100))
default_hooks = dict(checkpoint=dict(interval=5))
"""
SMALL = 'backbone=dict(stem_channels=4, base_channels=4), head=dict(in_channels=32)'


@pytest.fixture
def toy(tmp_path) -> str:
    """An ablation of one student on noise, which takes a little while, and of a random teacher."""
    (tmp_path / 'noise.py').write_text(
        f'_base_ = [{str(CONFIGS / "baselines/noise_digits.py")!r}]\nprerequisites = []\n'
        f'model = dict(student_iter=1, architecture=dict({SMALL}),\n'
        f"    teachers=dict(teacher=dict(ckpt_path='teacher.pth', build_cfg=dict({SMALL}))))\n" + TINY
    )
    teacher = MODELS.build(load_config(str(tmp_path / 'noise.py')).model.teachers.teacher.build_cfg)
    torch.save(teacher.state_dict(), tmp_path / 'teacher.pth')
    return "base = 'noise.py'\naxes = dict(student_iter={'2': {'model.student_iter': 2}})\nseeds = [3]\n"


def wait_until(condition, seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_killed_in_the_middle_it_goes_on(toy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'ablation.py').write_text(toy)
    work = tmp_path / 'out/student_iter=2_seed3'
    first = os.fork()
    if not first:
        try:
            ablate('ablation.py', 'out')
        finally:
            os._exit(0)
    try:
        wait_until(lambda: list(work.glob('iter_*.pth')))
    finally:
        os.kill(first, signal.SIGKILL)
        os.waitpid(first, 0)
    with processes.exclusive(Path('out'), 60):  # its run has seen that and ends as after SIGTERM
        log = (work / 'console.log').read_text()
    ended = re.search(r'Ended by SIGTERM after iteration (\d+)', log)[1]
    assert not (work / 'summary.json').exists() and not (tmp_path / 'out/results.json').exists()

    assert not ablate('ablation.py', 'out')['failures']
    assert f'resumed epoch: 0, iter: {ended}' in (work / 'console.log').read_text()
    found = json.loads(Path('out/results.json').read_text())
    (setting,) = found['settings']
    (run,) = setting['summaries']
    assert run['seed'] == 3 and setting['figures']['student_top1'] == dict(mean=run['student_top1'], std=None)
    assert run['student_top1'] == json.loads((work / 'summary.json').read_text())['student_top1']
    config = load_config('out/configs/student_iter=2_seed3.py')
    assert config.randomness.seed == 3 and config.model.student_iter == 2


def test_there_is_no_picture_of_a_prior_which_counts_no_images(tmp_path):
    summary = dict(seed=0, top1=9.0, accuracy_curve=[[3, 1.0, None, 9.0]])
    setting = dict(labels=dict(width='32'), summaries=[summary], unfinished=[])
    report.write(dict(settings=[setting], failures={}), tmp_path)
    assert 'top-1' in (tmp_path / 'table.md').read_text() and not (tmp_path / 'accuracy.png').exists()


def test_what_a_seed_shares_may_load_what_it_shares_before(call):
    shared = SHARED.replace('jem_wrn10x1_digits', 'proxy_digits')
    planned = plan.make_plan(read(GENKD + K + 'seeds = [0, 1]' + '\n' + shared), Path('out'), Path('shared'))
    assert [run.name for run in planned.shared[0]] == ['teacher_seed0', 'teacher_seed1']
    priors = {run.seed: run for run in planned.shared[1]}
    for seed in (0, 1):
        teacher = Path(f'shared/teacher_seed{seed}/final.pth')
        assert priors[seed].config['model']['teacher_ckpt'] == str(teacher) and teacher in priors[seed].needs
    assert planned.prerequisites == []
