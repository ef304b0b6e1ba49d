# What every run shares: the loop, logs, checkpoints, guards, summary. Inherit it last or first; it sets no model and no
# data. The loop needs train_dataloader.sampler.type='ResumableSampler'.
custom_imports = dict(imports=['genkd_mm'])
default_scope = 'mmrazor'

train_cfg = dict(type='ResumableTrainLoop')

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=100, log_metric_by_epoch=False),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(type='GenKDCheckpointHook', by_epoch=False, interval=1000, max_keep_ckpts=2),
    divergence_guard=dict(type='DivergenceGuardHook'),
    signals=dict(type='SignalHook'),
    teacher_queries=dict(type='TeacherQueriesHook'),
    summary=dict(type='SummaryHook'))

# No cudnn_benchmark: it tunes again for each batch size, and teacher_cache passes batches of varying size.
env_cfg = dict(cudnn_benchmark=False, mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0))
visualizer = dict(
    type='mmengine.Visualizer', vis_backends=[dict(type='LocalVisBackend'), dict(type='TensorboardVisBackend')])
log_processor = dict(by_epoch=False)
log_level = 'INFO'
load_from = None
resume = False
# Every rank draws its own chains, classes and noise.
randomness = dict(seed=0, diff_rank_seed=True)
