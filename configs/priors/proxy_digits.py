# Data-free side: proxy_energy_matching_digits.py for a teacher whose gradient is at hand. It guides the chains when
# they are drawn, towards their class and its batch norms' statistics; without, it finds the class in a third of them.
_base_ = ['./proxy_energy_matching_digits.py']

model = dict(
    generator=dict(
        sampler=dict(guidance=[
            dict(type='TeacherCrossEntropy', weight=1.0),
            dict(type='BatchNormStatistics', weight=0.2, per_image=False)])))
