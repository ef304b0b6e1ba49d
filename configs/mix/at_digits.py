# GenKD with attention transfer (Zagoruyko and Komodakis, ICLR 2017): the attention maps of two stages beside the
# default losses. Stage 4 is left out: its maps are of one pixel here.
# Weight 100 for each map. The paper's 1000 is for maps of 64 pixels and more; the loss is a mean over pixels, of which
# there are 16 and 4 here.
_base_ = ['../genkd_digits.py']

model = dict(distiller=dict(
    student_recorders=dict(
        stage2=dict(type='ModuleOutputs', source='backbone.layer2.1.relu'),
        stage3=dict(type='ModuleOutputs', source='backbone.layer3.1.relu')),
    teacher_recorders=dict(
        stage2=dict(type='ModuleOutputs', source='teacher.backbone.layer2.1.relu'),
        stage3=dict(type='ModuleOutputs', source='teacher.backbone.layer3.1.relu')),
    distill_losses=dict(
        loss_at2=dict(type='ATLoss', loss_weight=100.0),
        loss_at3=dict(type='ATLoss', loss_weight=100.0)),
    loss_forward_mappings=dict(
        loss_at2=dict(
            s_feature=dict(from_student=True, recorder='stage2', record_idx=1),
            t_feature=dict(from_student=False, recorder='stage2', record_idx=1)),
        loss_at3=dict(
            s_feature=dict(from_student=True, recorder='stage3', record_idx=1),
            t_feature=dict(from_student=False, recorder='stage3', record_idx=1)))))
