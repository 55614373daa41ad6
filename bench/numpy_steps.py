"""The training steps of the notebooks in numpy, float32.

Written as a good user of numpy would: vectorised over the batch, gradients by
hand, no loop over examples where the algorithm has none.
"""

import numpy as np

from numpy_imax import imax, imax_pixels
from numpy_neural_em import neural_em, neural_em_paper
from numpy_parts import F, normal, rng, sigmoid

VERSION = np.__version__


def make(name):
    kind, _, rest = name.partition(":")
    if kind in ("matmul", "matmulTN", "matmulNT"):
        m, k, n = map(int, rest.split("x"))
        a = normal(m, k) if kind != "matmulTN" else normal(k, m).T
        b = normal(k, n) if kind != "matmulNT" else normal(n, k).T
        out = np.empty((m, n), F)
        return lambda: np.matmul(a, b, out=out)
    if kind == "map":
        x = 3 * normal(96, 576)
        out = np.empty_like(x)
        if rest == "sigmoid":
            return lambda: sigmoid(x)
        if rest == "softplus":
            return lambda: np.logaddexp(F(0), x, out=out)
        if rest == "log":
            x = np.abs(x)
        function = getattr(np, rest)
        return lambda: function(x, out=out)
    return STEPS[kind](int(rest))


COUNT = 2048  # images: whole batches


def population(batch):
    pixels, hidden, dims, units, rate = 64, 64, 3, 225, F(0.1)
    images = rng.random((COUNT, pixels), dtype=F)
    w1, b1 = normal(pixels, hidden, scale=0.12), np.zeros(hidden, F)
    w2, b2 = normal(hidden, dims, scale=0.17), np.zeros(dims, F)
    centres = rng.random((units, dims), dtype=F)
    v, c = normal(units, pixels, scale=0.08), np.zeros(pixels, F)
    inverse = F(1 / 0.18**2)
    state = {"order": rng.permutation(COUNT), "start": 0}

    def step():
        if state["start"] + batch > COUNT:
            state["order"], state["start"] = rng.permutation(COUNT), 0
        x = images[state["order"][state["start"] : state["start"] + batch]]
        state["start"] += batch
        h = np.tanh(x @ w1 + b1)
        m = sigmoid(h @ w2 + b2)
        gaps = centres - m[:, None, :]
        bumps = np.exp(-0.5 * inverse * np.einsum("bud,bud->bu", gaps, gaps))
        error = bumps @ v + c - x
        loss = 0.5 * np.vdot(error, error) / batch
        dy = error / F(batch)
        dbumps = (dy @ v.T) * bumps * inverse
        pull = dbumps[:, :, None] * gaps
        dm = pull.sum(1) * m * (1 - m)
        dh = (dm @ w2.T) * (1 - h * h)
        for p, g in (
            (v, bumps.T @ dy),
            (c, dy.sum(0)),
            (centres, -pull.sum(0)),
            (w2, h.T @ dm),
            (b2, dm.sum(0)),
            (w1, x.T @ dh),
            (b1, dh.sum(0)),
        ):
            p -= rate * g
        return loss

    return step


def wake_sleep(H):
    V, T, rate = 32, 4, F(0.1)
    gt, gh, gv = np.zeros(T, F), np.zeros(H, F), np.full(V, -0.85, F)
    wth, whv = normal(T, H, scale=0.1), normal(H, V, scale=0.1)
    rvh, rh = normal(V, H, scale=0.1), np.zeros(H, F)
    rht, rt = normal(H, T, scale=0.1), np.zeros(T, F)

    def draw(p):
        return (rng.random(len(p), dtype=F) < p).astype(F)

    def learn(weights, bias, below, target, p):
        delta = rate * (target - p)
        bias += delta
        weights += np.outer(below, delta)

    def step():
        row = rng.random(8) < 0.3
        shifted = np.roll(row, 1 if rng.random() < 0.5 else -1)
        v = np.concatenate([row, row, shifted, shifted]).astype(F)
        h = draw(sigmoid(v @ rvh + rh))
        t = draw(sigmoid(h @ rht + rt))
        gt[:] += rate * (t - sigmoid(gt))
        learn(wth, gh, t, h, sigmoid(t @ wth + gh))
        learn(whv, gv, h, v, sigmoid(h @ whv + gv))
        t = draw(sigmoid(gt))
        h = draw(sigmoid(t @ wth + gh))
        v = draw(sigmoid(h @ whv + gv))
        learn(rvh, rh, v, h, sigmoid(v @ rvh + rh))
        learn(rht, rt, h, t, sigmoid(h @ rht + rt))

    return step


# The steps of any size: of the batch, or of the layer of hidden units.
STEPS = {
    "imax": imax,
    "imax_pixels": imax_pixels,
    "population": population,
    "neural_em": neural_em,
    "neural_em_paper": neural_em_paper,
    "wake_sleep": wake_sleep,
}
