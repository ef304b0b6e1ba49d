# GenKD from a black-box teacher that answers with probabilities: the policy gradient needs no gradient of it.
# Start the teacher first; its owner does so elsewhere (the token is any text that both sides know):
#   export GENKD_TEACHER_TOKEN=...
#   python tools/train.py configs/teachers/resnet18_digits.py
#   python tools/serve_teacher.py configs/teachers/resnet18_digits.py work_dirs/teachers/resnet18_digits/final.pth
_base_ = ['./genkd_digits.py']

model = dict(
    teachers=dict(
        teacher=dict(
            _delete_=True,
            build_cfg=dict(
                type='HTTPTeacher', url='http://127.0.0.1:8000', num_classes={{_base_.num_classes}},
                mean={{_base_.mean}}, std={{_base_.std}}))),
    generator=dict(sampler=dict(guidance=[])),
    distiller=dict(teacher_recorders=dict(fc=dict(source='teacher.logits'))))
# The end's reward costs no query: the student has been taught the same image in the same iteration.
default_hooks = dict(
    teacher_queries=dict(budget=20000),
    chain_reward=dict(interval=1000),
    policy_gradient=dict(
        type='PolicyGradientHook', interval=4, window=5, credit='end', estimator='finite_difference',
        baseline='leave_one_out', normalize_advantage=True, clip_advantage=3.0, policy_weight=1e-2,
        reward=[dict(type='TeacherCrossEntropy', weight=1.0), dict(type='Disagreement', weight=-0.1)]))

prerequisites = [
    dict(config='{{ fileDirname }}/priors/energy_matching_digits.py', checkpoint={{_base_.prior_ckpt}})]
