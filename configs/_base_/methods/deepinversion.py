# DeepInversion's loss (Yin et al., CVPR 2020) image by image, as guidance of chains on a flat energy: the teacher's
# cross entropy and batch-norm statistics, smoothness, norm, and the disagreement of teacher and student, which is
# sought.
deepinversion = [
    dict(type='TeacherCrossEntropy', weight=1.0),
    dict(type='BatchNormStatistics', weight=0.1),
    dict(type='TotalVariation', weight=0.1),
    dict(type='ImageNorm', weight=1e-4),
    dict(type='Disagreement', weight=-1.0)]
