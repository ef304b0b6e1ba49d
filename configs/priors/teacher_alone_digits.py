# Data-free side: a prior for digits from the teacher alone, on the chains that the teacher guided in
# baselines/deepinversion_digits.py. The teacher labels them.
_base_ = ['./jem_wrn10x1_digits.py']
teacher_ckpt = 'work_dirs/teachers/resnet18_digits/final.pth'
chains = 'work_dirs/baselines/deepinversion_digits/final.pth'

model = dict(
    type='ProxyPrior',
    teacher={{_base_.teacher}},
    teacher_ckpt=teacher_ckpt,
    teacher_preprocessor={{_base_.data_preprocessor}})
train_dataloader = dict(
    dataset=dict(_delete_=True, type='StoredChains', checkpoint=chains, pipeline={{_base_.pipeline}}))

prerequisites = [
    dict(config='{{ fileDirname }}/../teachers/resnet18_digits.py', checkpoint=teacher_ckpt),
    dict(config='{{ fileDirname }}/../baselines/deepinversion_digits.py', checkpoint=chains)]
