# GenKD with factor transfer (Kim et al., NeurIPS 2018): the student's translator learns the factors into which the
# paraphraser of paraphraser_digits.py, no longer trained, puts the teacher's features. Stage 3, since stage 4 is of one
# pixel here. Weight 500: the default of the authors' code (mmrazor's config has 1). The default losses beside it.
_base_ = ['../genkd_digits.py']
paraphraser_ckpt = 'work_dirs/mix/paraphraser_digits/final.pth'

model = dict(distiller=dict(
    student_recorders=dict(stage3=dict(type='ModuleOutputs', source='backbone.layer3.1.conv2')),
    teacher_recorders=dict(stage3=dict(type='ModuleOutputs', source='teacher.backbone.layer3.1.conv2')),
    connectors=dict(
        translator=dict(type='Translator', in_channel=32, out_channel=64),
        paraphraser=dict(
            type='Paraphraser', phase='train', in_channel=128, out_channel=64,
            init_cfg=dict(type='Pretrained', checkpoint=paraphraser_ckpt))),
    distill_losses=dict(loss_ft=dict(type='FTLoss', loss_weight=500.0)),
    loss_forward_mappings=dict(loss_ft=dict(
        s_feature=dict(from_student=True, recorder='stage3', connector='translator'),
        t_feature=dict(from_student=False, recorder='stage3', connector='paraphraser')))))
optim_wrapper = dict(constructor='GenKDOptimWrapperConstructor')  # the translator trains too
model_wrapper_cfg = dict(find_unused_parameters=True)  # the paraphraser does not
prerequisites = [
    dict(config='{{ fileDirname }}/../teachers/resnet18_digits.py', checkpoint={{_base_.teacher_ckpt}}),
    dict(config='{{ fileDirname }}/../priors/energy_matching_digits.py', checkpoint={{_base_.prior_ckpt}}),
    dict(config='{{ fileDirname }}/paraphraser_digits.py', checkpoint=paraphraser_ckpt)]
