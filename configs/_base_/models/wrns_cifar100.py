# The networks of wrns_cifar.py, in a hundred classes.
_base_ = ['./wrns_cifar.py']

teacher = dict(head=dict(num_classes=100))
student = dict(head=dict(num_classes=100))
energy_net = dict(head=dict(num_classes=100))
