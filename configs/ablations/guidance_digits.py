# Criteria that the chain climbs beside the energy: none; the disagreement of teacher and student, as in the base; the
# teacher's cross entropy; the paper's sum of three costs times 0.2, as in _base_/genkd_cifar.py.
base = '../genkd_digits_maximum_likelihood.py'
axes = dict(guidance={
    'none': {'model.generator.sampler.guidance': []},
    'disagreement': {},
    'teacher': {'model.generator.sampler.guidance': [dict(type='TeacherCrossEntropy', weight=0.2)]},
    'teacher, disagreement, norm': {'model.generator.sampler.guidance': [
        dict(type='TeacherCrossEntropy', weight=0.2),
        dict(type='Disagreement', tau=3.0, weight=-0.2),
        dict(type='ImageNorm', weight=4e-6)]}})
seeds = [0, 1, 2]
shared = dict(
    teacher=dict(config='../teachers/resnet18_digits.py', key='model.teachers.teacher.ckpt_path'),
    prior=dict(config='../priors/jem_wrn10x1_digits.py', key='model.generator.init_cfg.checkpoint'))
