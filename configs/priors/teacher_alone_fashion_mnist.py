# Data-free side: a prior for Fashion-MNIST from the teacher alone, on the chains that the teacher guided in
# baselines/deepinversion_fashion_mnist.py. The teacher labels them. The rate and the penalty are those of
# proxy_fashion_mnist.py.
_base_ = ['./jem_small_conv_net_fashion_mnist.py']
teacher_ckpt = 'work_dirs/teachers/small_conv_net_fashion_mnist/final.pth'
chains = 'work_dirs/baselines/deepinversion_fashion_mnist/final.pth'

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
    dict(config='{{ fileDirname }}/../teachers/small_conv_net_fashion_mnist.py', checkpoint=teacher_ckpt),
    dict(config='{{ fileDirname }}/../baselines/deepinversion_fashion_mnist.py', checkpoint=chains)]
