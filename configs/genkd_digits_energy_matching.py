# GenKD on digits with a prior that was trained by energy matching: see priors/energy_matching_digits.py. A step is
# 0.02 as long as one of genkd_digits.py, and the guidance weighs as much more.
_base_ = ['./genkd_digits.py']
prior_ckpt = 'work_dirs/priors/energy_matching_digits/final.pth'

model = dict(
    generator=dict(
        energy=dict(_delete_=True, type='ClassifierEnergy', classifier={{_base_.flow_net}}),
        sampler=dict(
            num_steps=10, step_size=0.02, noise_std=0.01, start='normal',
            guidance=[dict(type='Disagreement', weight=-100.0)]),
        init_cfg=dict(checkpoint=prior_ckpt)))
prerequisites = [
    dict(config='{{ fileDirname }}/teachers/resnet18_digits.py', checkpoint={{_base_.teacher_ckpt}}),
    dict(config='{{ fileDirname }}/priors/energy_matching_digits.py', checkpoint=prior_ckpt)]
