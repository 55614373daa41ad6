"""Fails where a gradient by hand, in numpy, is not that of PyTorch's autograd."""

import numpy as np
import torch

import numpy_imax
import numpy_neural_em
import torch_steps
from numpy_parts import F, normal, rng


def compare(what, gradients, loss_of, params, *data):
    """Loss and gradients of numpy's function, and by autograd of torch's."""
    value, grads = gradients(params, *data)
    leaves = [torch.tensor(p, requires_grad=True) for p in params.values()]
    loss = loss_of(leaves, *(torchly(d) for d in data))
    loss.backward()
    np.testing.assert_allclose(value, loss.item(), rtol=1e-5, err_msg=what)
    largest = max(np.abs(grad).max() for grad in grads.values())
    for (name, grad), leaf in zip(grads.items(), leaves):
        apart = np.abs(grad - leaf.grad.numpy()).max() / largest
        assert apart < 1e-4, f"{what}, {name}: {apart:.1e} of the largest apart"


def torchly(value):
    if isinstance(value, dict):
        return {"covariance": torch.zeros(6, 6), "weight": 0}
    return torch.tensor(value)


batch, K, D, H, T = 5, 4, 30, 7, 4
x = (rng.random((batch, 1, D)) < 0.3).astype(F)
flips = rng.random((T, *x.shape)) < 0.1
gamma = np.abs(normal(batch, K, D))
compare(
    "neural_em_paper",
    numpy_neural_em.paper_gradients,
    torch_steps.paper_loss,
    {
        "wx": normal(D, H, scale=0.5),
        "wh": normal(H, H, scale=0.5),
        "bh": normal(H),
        "wd": normal(H, D),
        "bd": normal(D),
    },
    x,
    np.where(flips, 1 - x, x),
    gamma / gamma.sum(1, keepdims=True),
)
compare(
    "imax_pixels",
    numpy_imax.pixels_gradients,
    torch_steps.pixels_loss,
    {
        "w1": normal(20, 9),
        "b1": normal(9),
        "w2": normal(9, 8),
        "b2": normal(8),
        "w3": normal(8, 3),
        "b3": normal(3),
    },
    np.concatenate(numpy_imax.stereo_pair(rng.integers(-3, 4, 64))),
    {"covariance": np.zeros((6, 6)), "weight": 0},
)
