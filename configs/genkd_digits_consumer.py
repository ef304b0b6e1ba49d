# The consumer's side alone: a student of the digits from the teacher and the prior that the package holds, see
# published/digits/README.md. No image of the data is used but those that score the student.
_base_ = ['./genkd_digits.py']

model = dict(
    teachers=dict(_delete_=True, teacher=dict(
        build_cfg={{_base_.conv_teacher}}, ckpt_path='{{ fileDirname }}/published/digits/teacher.safetensors')),
    generator=dict(init_cfg=dict(checkpoint='{{ fileDirname }}/published/digits/prior.safetensors')))
prerequisites = []
