# GenKD with contrastive representation distillation (Tian et al., ICLR 2020). Its memory has a row for each chain of
# the replay buffer, which sample_idx in the data samples names: an image's positive is its own chain at earlier visits.
# Weight 0.8, 128 dimensions, temperature 0.07: mmrazor's crd config. 1,024 negatives instead of 16,384, since there are
# 2,000 chains; they are drawn from all of them.
_base_ = ['../genkd_digits.py']
num_chains = 2000

model = dict(
    generator=dict(replay_buffer=dict(capacity=num_chains)),
    distiller=dict(
        student_recorders=dict(
            gap=dict(type='ModuleOutputs', source='neck.gap'), data_samples=dict(type='ModuleInputs', source='')),
        teacher_recorders=dict(gap=dict(type='ModuleOutputs', source='teacher.neck.gap')),
        connectors=dict(
            crd_student=dict(type='CRDConnector', dim_in=64, dim_out=128),
            crd_teacher=dict(type='CRDConnector', dim_in=256, dim_out=128)),
        distill_losses=dict(loss_crd=dict(
            type='CRDLoss', loss_weight=0.8, temperature=0.07, neg_num=1024, sample_n=num_chains, dim_out=128)),
        loss_forward_mappings=dict(loss_crd=dict(
            s_feats=dict(from_student=True, recorder='gap', connector='crd_student'),
            t_feats=dict(from_student=False, recorder='gap', connector='crd_teacher'),
            data_samples=dict(from_student=True, recorder='data_samples', data_idx=1)))))
optim_wrapper = dict(constructor='GenKDOptimWrapperConstructor')  # the connectors train too
