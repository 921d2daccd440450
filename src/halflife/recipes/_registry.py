"""Every framework by its name, in the order in which answers are printed."""

from halflife.recipes import (
    apex,
    bitsandbytes,
    blog,
    caffe,
    composer,
    deepspeed,
    fastai,
    hugging_face,
    keras,
    lion_pytorch,
    optax,
    optimi,
    paddle,
    paper,
    scikit_learn,
    tensorflow_addons,
    timm,
    torch,
)
from halflife.recipes._framework import Framework

FRAMEWORKS: dict[str, Framework] = {
    module.FRAMEWORK.name: module.FRAMEWORK
    for module in (
        torch,
        keras,
        optax,
        scikit_learn,
        tensorflow_addons,
        fastai,
        optimi,
        composer,
        lion_pytorch,
        hugging_face,
        timm,
        paddle,
        caffe,
        deepspeed,
        paper,
        blog,
    )
}
"""The table of contents of this folder."""

ON_REQUEST: dict[str, Framework] = {module.FRAMEWORK.name: module.FRAMEWORK for module in (bitsandbytes, apex)}
"""Those that take torch's steps under names of their own: read wherever they are met, written where asked for."""

KNOWN: dict[str, Framework] = {**FRAMEWORKS, **ON_REQUEST}
