# Criteria that the chain climbs beside the energy: none; the disagreement of teacher and student, as in the base; the
# teacher's cross entropy; the paper's sum of three costs times 0.2, as in _base_/methods/genkd.py. A step is 0.02 as
# long as the paper's, so all weigh 50 times as much.
base = '../genkd_digits.py'
axes = dict(guidance={
    'none': {'model.generator.sampler.guidance': []},
    'disagreement': {},
    'teacher': {'model.generator.sampler.guidance': [dict(type='TeacherCrossEntropy', weight=10.0)]},
    'teacher, disagreement, norm': {'model.generator.sampler.guidance': [
        dict(type='TeacherCrossEntropy', weight=10.0),
        dict(type='Disagreement', tau=3.0, weight=-10.0),
        dict(type='ImageNorm', weight=2e-4)]}})
seeds = [0, 1, 2]
shared = dict(
    teacher=dict(config='../teachers/resnet18_digits.py', key='model.teachers.teacher.ckpt_path'),
    prior=dict(config='../priors/energy_matching_digits.py', key='model.generator.init_cfg.checkpoint'))
