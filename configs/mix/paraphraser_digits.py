# What factor_transfer_digits.py needs first: the paraphraser, an autoencoder of the teacher's features, trained on the
# prior's chains. The student is not trained. Half as many factors as channels, L2 loss of weight 1: mmrazor's config.
_base_ = ['../genkd_digits.py']

model = dict(distiller=dict(
    student_recorders=dict(_delete_=True),
    teacher_recorders=dict(
        _delete_=True, stage3=dict(type='ModuleOutputs', source='teacher.backbone.layer3.1.conv2')),
    connectors=dict(paraphraser=dict(type='Paraphraser', phase='pretrain', in_channel=128, out_channel=64)),
    distill_losses=dict(_delete_=True, loss_reconstruction=dict(type='L2Loss', loss_weight=1.0)),
    loss_forward_mappings=dict(
        _delete_=True,
        loss_reconstruction=dict(
            s_feature=dict(from_student=False, recorder='stage3', connector='paraphraser'),
            t_feature=dict(from_student=False, recorder='stage3')))))
model_wrapper_cfg = dict(find_unused_parameters=True)  # the student is not trained
optim_wrapper = dict(constructor='GenKDOptimWrapperConstructor')
train_cfg = dict(max_iters=30, val_interval=30)
param_scheduler = dict(architecture=dict(T_max=30))
