# Data-free side: a prior for digits from the teacher alone, on the chains that the teacher guided in
# baselines/deepinversion_digits.py. The teacher labels them, and guides the new chains as in proxy_digits.py.
_base_ = ['./proxy_energy_matching_digits.py']
chains = 'work_dirs/baselines/deepinversion_digits/final.pth'

model = dict(
    generator=dict(
        sampler=dict(guidance=[
            dict(type='TeacherCrossEntropy', weight=1.0),
            dict(type='BatchNormStatistics', weight=0.2, per_image=False)])))
train_dataloader = dict(
    dataset=dict(_delete_=True, type='StoredChains', checkpoint=chains, pipeline={{_base_.pipeline}}))

prerequisites = [
    dict(config='{{ fileDirname }}/../teachers/resnet18_digits.py', checkpoint={{_base_.teacher_ckpt}}),
    dict(config='{{ fileDirname }}/../baselines/deepinversion_digits.py', checkpoint=chains)]
