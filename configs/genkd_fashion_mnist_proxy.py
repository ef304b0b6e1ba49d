# GenKD on Fashion-MNIST with a prior that was trained on other images: see priors/proxy_fashion_mnist.py.
_base_ = ['./genkd_fashion_mnist_maximum_likelihood.py']
prior_ckpt = 'work_dirs/priors/proxy_fashion_mnist/final.pth'

model = dict(generator=dict(init_cfg=dict(checkpoint=prior_ckpt)))
prerequisites = [
    dict(config='{{ fileDirname }}/teachers/small_conv_net_fashion_mnist.py', checkpoint={{_base_.teacher_ckpt}}),
    dict(config='{{ fileDirname }}/priors/proxy_fashion_mnist.py', checkpoint=prior_ckpt)]
