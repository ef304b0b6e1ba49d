# GenKD on digits with a prior that was trained on other images: see priors/proxy_digits.py.
_base_ = ['./genkd_digits.py']
prior_ckpt = 'work_dirs/priors/proxy_digits/final.pth'

model = dict(generator=dict(init_cfg=dict(checkpoint=prior_ckpt)))
prerequisites = [
    dict(config='{{ fileDirname }}/teachers/resnet18_digits.py', checkpoint={{_base_.teacher_ckpt}}),
    dict(config='{{ fileDirname }}/priors/proxy_digits.py', checkpoint=prior_ckpt)]
