"""What the steps in numpy have in common."""

import numpy as np

F = np.float32
rng = np.random.default_rng(1)


def normal(*shape, scale=1.0):
    return (scale * rng.standard_normal(shape)).astype(F)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def adam(params):
    """A function that moves `params` by their gradients, at a rate."""
    first = {n: np.zeros_like(p) for n, p in params.items()}
    second = {n: np.zeros_like(p) for n, p in params.items()}
    steps = [0]

    def update(grads, rate):
        steps[0] += 1
        c1, c2 = 1 - 0.9 ** steps[0], 1 - 0.999 ** steps[0]
        for n, p in params.items():
            g = grads[n]
            first[n] += F(0.1) * (g - first[n])
            second[n] += F(0.001) * (g * g - second[n])
            p -= F(rate / c1) * first[n] / (np.sqrt(second[n] / F(c2)) + F(1e-8))

    return update
