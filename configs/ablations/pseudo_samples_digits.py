# Fewer pseudo samples for a student of as many steps, 2,000. It sees a new batch of 64 images in each train step and
# stored chains in between, so at most 64 * max_iters + capacity of its images are distinct, which is the label;
# student_iter says how often each comes back.
base = '../genkd_digits.py'
axes = dict(images={
    f'{64 * iterations + 20 * iterations}': {
        'train_cfg.max_iters': iterations,
        'train_cfg.val_interval': max(1, iterations // 4),
        'param_scheduler.architecture.T_max': iterations,
        'model.student_iter': 2000 // iterations,
        'model.refresh_interval': 1,
        'model.generator.replay_buffer.capacity': 20 * iterations}
    for iterations in (100, 50, 25, 10)})
seeds = [0, 1, 2]
shared = dict(
    teacher=dict(config='../teachers/resnet18_digits.py', key='model.teachers.teacher.ckpt_path'),
    prior=dict(config='../priors/energy_matching_digits.py', key='model.generator.init_cfg.checkpoint'))
