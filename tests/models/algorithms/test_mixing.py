"""GenKD with mmrazor's other distillers: what they need, they get, and what they train, is trained."""

import functools
import json

import pytest
import torch
from mmrazor.models.losses import CRDLoss, DKDLoss, KLDivergence
from mmrazor.registry import MODELS

from genkd_mm.apis import train
from genkd_mm.models import GenKD
from genkd_mm.utils import unwrapped

from ...engine.runner.test_resume import compare, stopped_and_resumed
from ...processes import run_ranks


def record(recorder, student=True, **more):
    return dict(from_student=student, recorder=recorder, **more)


MIX = dict(
    student_recorders=dict(
        gap=dict(type='ModuleOutputs', source='neck.gap'),
        stage3=dict(type='ModuleOutputs', source='backbone.layer3.1.relu'),
        loss=dict(type='ModuleInputs', source='head.loss_module'),
        data_samples=dict(type='ModuleInputs', source=''),
    ),
    teacher_recorders=dict(
        gap=dict(type='ModuleOutputs', source='teacher.neck.gap'),
        stage3=dict(type='ModuleOutputs', source='teacher.backbone.layer3.1.relu'),
    ),
    connectors=dict(
        hint=dict(type='ConvModuleConnector', in_channel=16, out_channel=16, norm_cfg=dict(type='BN')),
        crd_student=dict(type='CRDConnector', dim_in=32, dim_out=8),
        crd_teacher=dict(type='CRDConnector', dim_in=32, dim_out=8),
    ),
    distill_losses=dict(
        loss_hint=dict(type='L2Loss'),
        loss_dkd=dict(type='DKDLoss'),
        loss_crd=dict(type='CRDLoss', neg_num=10, sample_n=100, dim_out=8),
    ),
    loss_forward_mappings=dict(
        loss_hint=dict(
            s_feature=record('stage3', record_idx=1, connector='hint'), t_feature=record('stage3', False, record_idx=1)
        ),
        loss_dkd=dict(preds_S=record('fc'), preds_T=record('fc', False), gt_labels=record('loss', data_idx=1)),
        loss_crd=dict(
            s_feats=record('gap', connector='crd_student'),
            t_feats=record('gap', False, connector='crd_teacher'),
            data_samples=record('data_samples', data_idx=1),
        ),
    ),
)
CONNECTORS = (
    'hint.conv_module.conv.weight',
    'hint.conv_module.bn.weight',
    'crd_student.linear.weight',
    'crd_teacher.linear.bias',
)


@pytest.fixture
def mixed(tiny):
    """The tiny config with three more losses and three connectors, in a folder."""

    def make(work, **overrides):
        config = tiny(**{'train_cfg.max_iters': 4, 'train_cfg.val_interval': 4, **overrides})
        config.merge_from_dict(
            dict(model=dict(distiller=MIX), optim_wrapper=dict(constructor='GenKDOptimWrapperConstructor'))
        )
        config.work_dir = str(work)
        return config

    return make


@pytest.fixture
def seen(monkeypatch):
    """What each student step was given, and what the named losses were called with."""
    calls = {}

    def watch(cls, method, name):
        original = getattr(cls, method)

        @functools.wraps(original)  # mmrazor looks at the signature
        def watched(self, *args, **kwargs):
            calls.setdefault(name, []).append((args, kwargs))
            return original(self, *args, **kwargs)

        monkeypatch.setattr(cls, method, watched)

    watch(GenKD, 'student_step', 'steps')
    watch(DKDLoss, 'forward', 'dkd')
    watch(CRDLoss, 'forward', 'crd')
    watch(KLDivergence, 'forward', 'kl')
    return calls


def test_connectors_are_trained_and_saved_and_resumed_exactly(mixed, tmp_path):
    runner = train(mixed(tmp_path / 'alone', **{'default_hooks.checkpoint.interval': 3}))
    first, last = (torch.load(tmp_path / 'alone' / f'iter_{step}.pth', weights_only=True) for step in (3, 4))
    for name in CONNECTORS:
        before, after = (state['state_dict'][f'distiller.connectors.{name}'] for state in (first, last))
        assert not torch.equal(before, after), name
    trained = unwrapped(unwrapped(runner.model).distiller).connectors.state_dict()
    for name, value in trained.items():
        assert torch.equal(value, last['state_dict'][f'distiller.connectors.{name}'])
    student, connectors = last['optimizer']['architecture']['param_groups']
    assert student['lr'] == connectors['lr'] and len(connectors['params']) == 7
    stopped_and_resumed(mixed, tmp_path / 'stopped', (2,))
    compare(tmp_path / 'alone', tmp_path / 'stopped', 4)


def test_losses_get_the_drawn_class_and_the_number_of_the_chain(mixed, seen, tmp_path):
    runner = train(mixed(tmp_path / 'work', **{'train_cfg.max_iters': 2, 'train_cfg.val_interval': 2}))
    buffer = unwrapped(unwrapped(runner.model).generator).replay_buffer
    assert len(seen['steps']) == len(seen['dkd']) == len(seen['crd']) == 4
    for ((samples, _), _), (_, dkd), (_, crd) in zip(seen['steps'], seen['dkd'], seen['crd']):
        assert torch.equal(dkd['gt_labels'], samples.labels)
        numbers = torch.stack([sample.sample_idx for sample in crd['data_samples']])
        assert torch.equal(numbers, samples.slots)  # one process keeps all chains
        assert torch.equal(buffer.labels[numbers], samples.labels)
    visited = torch.unique(torch.cat([samples.slots for (samples, *_), _ in seen['steps']]))
    contrast = unwrapped(unwrapped(runner.model).distiller).distill_losses.loss_crd.contrast
    for memory in (contrast.memory_v1, contrast.memory_v2):  # a row that was written has length 1
        written = (memory.norm(dim=1) - 1).abs() < 1e-5
        assert torch.equal(written.nonzero()[:, 0], visited)


def test_two_teachers_are_both_asked_and_both_judge(tiny, seen, tmp_path):
    config = tiny(**{'train_cfg.max_iters': 2})
    second = dict(
        config.model.teachers.teacher.build_cfg,
        backbone=dict(config.model.teachers.teacher.build_cfg.backbone, depth=34),
    )
    torch.save(dict(state_dict=MODELS.build(second).state_dict()), tmp_path / 'second.pth')
    distiller = dict(
        teacher_recorders=dict(second=dict(type='ModuleOutputs', source='second.head.fc')),
        distill_losses=dict(loss_second=dict(type='KLDivergence')),
        loss_forward_mappings=dict(loss_second=dict(preds_S=record('fc'), preds_T=record('second', False))),
    )
    config.merge_from_dict(
        dict(
            model=dict(
                distiller=distiller,
                teachers=dict(second=dict(build_cfg=second, ckpt_path=str(tmp_path / 'second.pth'))),
            )
        )
    )
    runner = train(config)
    teachers = unwrapped(runner.model).teachers.eval()
    asked = iter(seen['kl'])
    for (samples, *_), _ in seen['steps']:
        for name in ('teacher', 'second'):
            with torch.no_grad():
                expected = teachers[name](samples.images, mode='tensor')
            torch.testing.assert_close(next(asked)[1]['preds_T'], expected)
    hook = runner.hooks[[type(hook).__name__ for hook in runner.hooks].index('PolicyGradientHook')]
    images, labels = samples.images, samples.labels
    costs = torch.stack(
        [
            torch.nn.functional.cross_entropy(teacher(images, mode='tensor'), labels, reduction='none')
            for teacher in teachers.values()
        ]
    )
    torch.testing.assert_close(hook.criteria[0](images, labels), costs.mean(0))
    summary = json.loads((tmp_path / 'work' / 'summary.json').read_text())
    assert list(summary['teacher_top1']) == ['teacher', 'second']


def test_pretrained_connectors_are_those_of_the_file(mixed, tmp_path):
    config = mixed(tmp_path / 'work', **{'train_cfg.max_iters': 1, 'optim_wrapper.architecture.optimizer.lr': 0.0})
    stored = MODELS.build(config.model.distiller.connectors.crd_teacher).state_dict()
    torch.save(
        dict(state_dict={f'distiller.connectors.crd_teacher.{name}': value for name, value in stored.items()}),
        tmp_path / 'connector.pth',
    )
    config.model.distiller.connectors.crd_teacher.init_cfg = dict(
        type='Pretrained', checkpoint=str(tmp_path / 'connector.pth')
    )
    loaded = unwrapped(unwrapped(train(config).model).distiller).connectors.crd_teacher.state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in stored.items())


# argv: config, folder
SCRIPT = """
import signal, sys
import torch
from mmengine.dist import all_gather_object, get_rank
from mmengine.hooks import Hook
from mmrazor.registry import HOOKS
import genkd_mm
from genkd_mm.utils import unwrapped
from genkd_mm.engine.runner.config import load_config
from genkd_mm.engine.runner.launch import process_group
from genkd_mm.apis import train

@HOOKS.register_module()
class Stop(Hook):
    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter == 2 and get_rank() == 1:
            signal.raise_signal(signal.SIGTERM)

def run(name, resume=False, **overrides):
    config = load_config(sys.argv[1], overrides, f'{sys.argv[2]}/{name}')
    if name == 'stopped' and not resume:
        config.custom_hooks = [dict(type='Stop')]
    return train(config, 'pytorch', resume)

with process_group('pytorch'):
    model = unwrapped(run('alone').model)
    distiller = unwrapped(model.distiller)
    shared = {**dict(distiller.named_parameters()), **distiller.distill_losses.state_dict()}
    assert len(shared) == 10  # parameters of three connectors, two memories and their constants
    for name, value in shared.items():
        one, other = all_gather_object(value.detach())
        assert torch.equal(one, other), name
    chains = all_gather_object(unwrapped(model.generator).replay_buffer.states)
    assert not torch.equal(*chains)
    memory = distiller.distill_losses.loss_crd.contrast.memory_v1
    written = (memory.norm(dim=1) - 1).abs() < 1e-5
    by_rank = written.view(10, 2, 5)  # class, rank, chain
    assert by_rank[:, 0].any() and by_rank[:, 1].any(), 'a rank has written nothing'
    try:
        run('stopped')
    except SystemExit as ended:
        assert ended.code == 143
    run('stopped', resume=True)
"""


def test_two_ranks_train_one_set_of_connectors_and_share_one_memory(mixed, tmp_path):
    config = mixed('')
    config.pop('work_dir')
    config.dump(tmp_path / 'config.py')
    (tmp_path / 'script.py').write_text(SCRIPT)
    run_ranks(tmp_path / 'script.py', tmp_path / 'config.py', tmp_path)
    compare(tmp_path / 'alone', tmp_path / 'stopped', 4)
