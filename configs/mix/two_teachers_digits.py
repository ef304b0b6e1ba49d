# GenKD with two teachers of different build: each one's logits teach, and both guide the chains: Disagreement is the
# mean over teachers. The weights are the default ones, the KL divergence's split evenly.
_base_ = ['../genkd_digits.py']
second_ckpt = 'work_dirs/teachers/small_conv_net_digits/final.pth'

model = dict(
    teachers=dict(second=dict(build_cfg={{_base_.conv_teacher}}, ckpt_path=second_ckpt)),
    distiller=dict(
        teacher_recorders=dict(second_fc=dict(type='ModuleOutputs', source='second.head.fc')),
        distill_losses=dict(
            loss_kl=dict(loss_weight=0.3),
            loss_kl_second=dict(type='KLDivergence', tau=4, loss_weight=0.3)),
        loss_forward_mappings=dict(loss_kl_second=dict(
            preds_S=dict(from_student=True, recorder='fc'),
            preds_T=dict(from_student=False, recorder='second_fc')))))
prerequisites = [
    dict(config='{{ fileDirname }}/../teachers/resnet18_digits.py', checkpoint={{_base_.teacher_ckpt}}),
    dict(config='{{ fileDirname }}/../priors/energy_matching_digits.py', checkpoint={{_base_.prior_ckpt}}),
    dict(config='{{ fileDirname }}/../teachers/small_conv_net_digits.py', checkpoint=second_ckpt)]
