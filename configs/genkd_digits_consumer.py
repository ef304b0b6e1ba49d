# The consumer's side alone: a student of the digits from the teacher and the prior that the package holds, see
# published/digits/README.md. No image of the data is used but those that score the student. The policy gradient is that
# of baselines/policy_gradient_digits.py: the accuracy in results/own_data/ was measured with it.
_base_ = ['./genkd_digits.py']

model = dict(
    teachers=dict(_delete_=True, teacher=dict(
        build_cfg={{_base_.conv_teacher}}, ckpt_path='{{ fileDirname }}/published/digits/teacher.safetensors')),
    generator=dict(init_cfg=dict(checkpoint='{{ fileDirname }}/published/digits/prior.safetensors')))
default_hooks = dict(
    policy_gradient=dict(
        type='PolicyGradientHook', interval=4, window=5, estimator='finite_difference', baseline='leave_one_out',
        normalize_advantage=True, policy_weight=1e-2,
        reward=[dict(type='TeacherCrossEntropy', weight=1.0), dict(type='Disagreement', weight=-0.1)]))
prerequisites = []
