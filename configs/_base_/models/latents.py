# The networks of the configs in an autoencoder's latent space, for grey images in ten classes, whatever their size. The
# configs let the autoencoder see them at 32 x 32 pixels (size=32), of which it makes 4 x 8 x 8 latents: Fashion-MNIST
# has no finer detail. Leave size out where the teacher needs all pixels.
teacher = dict(
    _scope_='mmpretrain',
    type='ImageClassifier',
    backbone=dict(
        type='ResNet', depth=18, in_channels=1, stem_channels=16, base_channels=16, out_indices=(0, 1, 2, 3)),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(type='LinearClsHead', num_classes=10, in_channels=128, loss=dict(type='CrossEntropyLoss')))
student = dict(
    _scope_='mmpretrain',
    type='ImageClassifier',
    backbone=dict(type='ResNet', depth=18, in_channels=1, stem_channels=8, base_channels=8),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(type='LinearClsHead', num_classes=10, in_channels=64, loss=dict(type='CrossEntropyLoss')))
autoencoder_net = dict(
    type='AutoencoderTiny', in_channels=1, out_channels=1, latent_channels=4,
    encoder_block_out_channels=(32, 32, 32), decoder_block_out_channels=(32, 32, 32),
    num_encoder_blocks=(0, 1, 2), num_decoder_blocks=(2, 1, 0))
flow_net = dict(  # the energy, of latents
    _scope_='mmpretrain',
    type='ImageClassifier',
    backbone=dict(
        type='mmrazor.SmoothWideResNet', depth=10, widen_factor=1, in_channels=4, base_channels=64,
        strides=(1, 2)),
    neck=dict(type='mmrazor.FlattenNeck'),
    head=dict(type='LinearClsHead', num_classes=10, in_channels=4096, loss=dict(type='CrossEntropyLoss')))
