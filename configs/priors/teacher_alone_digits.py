# Data-free side: a prior for digits from the teacher alone, on the chains that the teacher guided in
# baselines/deepinversion_digits.py. The teacher labels them. At the owner's penalty of 0.01 and rate the energies
# diverged for two of three seeds.
_base_ = ['./jem_wrn10x1_digits.py']
teacher_ckpt = 'work_dirs/teachers/resnet18_digits/final.pth'
chains = 'work_dirs/baselines/deepinversion_digits/final.pth'

model = dict(
    type='ProxyPrior',
    energy_penalty=0.05,
    teacher={{_base_.teacher}},
    teacher_ckpt=teacher_ckpt,
    teacher_preprocessor={{_base_.data_preprocessor}})
train_dataloader = dict(
    dataset=dict(_delete_=True, type='StoredChains', checkpoint=chains, pipeline={{_base_.pipeline}}))
optim_wrapper = dict(optimizer=dict(lr=3e-4))

prerequisites = [
    dict(config='{{ fileDirname }}/../teachers/resnet18_digits.py', checkpoint=teacher_ckpt),
    dict(config='{{ fileDirname }}/../baselines/deepinversion_digits.py', checkpoint=chains)]
