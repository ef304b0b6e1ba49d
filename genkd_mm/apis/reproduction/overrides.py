"""What the stages change in their configs."""

import os
from pathlib import Path

import torch
from mmengine.config import Config

from ...engine.runner.config import load_config
from .stages import STAGES, Setting

WORKERS = 8  # of a data loader beside a GPU, if there are as many cores
CLASSES = 'airplane automobile bird cat deer dog frog horse ship truck'.split()


def overrides_of(name: str, setting: Setting, trained: Path) -> dict[str, object]:
    """Dotted keys: the data, what suits a GPU, and teacher and prior from TRAINED/teacher and TRAINED/prior."""
    config = load_config(setting.config(name))
    overrides: dict[str, object] = {}
    if setting.data:
        overrides |= npz_data(config, setting.data)
    if torch.cuda.is_available():
        overrides |= on_gpu(config)
    if STAGES[name].needs:
        overrides['prerequisites'] = []
    for needed in STAGES[name].needs:
        key = dict(teacher='teachers.teacher.ckpt_path', prior='generator.init_cfg.checkpoint')[needed]
        overrides[f'model.{key}'] = str(trained / needed / 'final.pth')
    return overrides


def npz_data(config: Config, folder: Path) -> dict[str, object]:
    """The images of ``train.npz`` and ``test.npz`` in place of those that the config names; its pipelines stay."""
    return {
        f'{split}_dataloader.dataset': dict(
            _delete_=True,
            type='NpzDataset',
            ann_file=str(folder / ('train.npz' if split == 'train' else 'test.npz')),
            metainfo=dict(classes=CLASSES),
            pipeline=config[f'{split}_dataloader'].dataset.pipeline,
        )
        for split in ('train', 'val', 'test')
        if 'pipeline' in config[f'{split}_dataloader'].dataset  # a data-free run trains on labels
    }


def on_gpu(config: Config) -> dict[str, object]:
    """Workers for images, and bfloat16 for classifiers in training; energies have it by their own ``dtype``."""
    overrides: dict[str, object] = {}
    if config.train_dataloader.num_workers:
        overrides['train_dataloader.num_workers'] = min(WORKERS, os.cpu_count() or 1)
    wrapper = dict(ImageClassifier='optim_wrapper', GenKD='optim_wrapper.architecture').get(config.model.type)
    if wrapper:  # without a scale of the loss, which bfloat16 does not need and for which each step waits for the GPU
        amp = dict(type='AmpOptimWrapper', dtype='bfloat16', loss_scale=dict(enabled=False))
        overrides |= {f'{wrapper}.{key}': value for key, value in amp.items()}
    return overrides
