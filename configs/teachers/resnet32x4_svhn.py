# Owner's side: the resnet32x4 teacher, trained on SVHN as resnet34_svhn.py is.
_base_ = ['./resnet34_svhn.py', '../_base_/models/resnets_x4.py']

model = {{_base_.resnet32x4}}
teacher = model
