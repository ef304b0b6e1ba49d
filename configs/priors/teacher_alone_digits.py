# Data-free side: a prior for digits from the teacher alone, on the chains that the teacher guided in
# baselines/deepinversion_digits.py. The teacher labels them, and guides the new chains.
_base_ = ['./proxy_digits.py']
chains = 'work_dirs/baselines/deepinversion_digits/final.pth'

train_dataloader = dict(
    dataset=dict(_delete_=True, type='StoredChains', checkpoint=chains, pipeline={{_base_.pipeline}}))

prerequisites = [
    dict(config='{{ fileDirname }}/../teachers/resnet18_digits.py', checkpoint={{_base_.teacher_ckpt}}),
    dict(config='{{ fileDirname }}/../baselines/deepinversion_digits.py', checkpoint=chains)]
