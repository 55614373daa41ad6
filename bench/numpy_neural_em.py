"""Neural EM in numpy: the reference's step, and that of the paper's size."""

import numpy as np

from numpy_parts import F, adam, normal, rng, sigmoid

EPS = F(1e-6)


def neural_em(batch):
    K, D, H, T = 3, 576, 24, 4
    rate, clip = 3e-3, 5.0
    images = (rng.random((1024, 1, D)) < 0.21).astype(F)
    params = {
        "wx": normal(D, H, scale=0.04),
        "wh": normal(H, H, scale=0.2),
        "bh": np.zeros(H, F),
        "wd": normal(H, D, scale=0.04),
        "bd": np.zeros(D, F),
        "start": normal(K, H, scale=0.5),
    }
    update = adam(params)
    flat = lambda a: a.reshape(batch * K, -1)  # a product a batch, not an image
    deep = lambda a: a.reshape(batch, K, -1)

    def step():
        p = params
        x = images[rng.integers(0, 1024, batch)]
        x = np.where(rng.random(x.shape, dtype=F) < 0.1, 1 - x, x)
        sign, base = 2 * x - 1, 1 - x + EPS
        h = flat(p["start"] + 0.1 * rng.standard_normal((batch, K, H), dtype=F))
        tape, loss = [], 0.0
        for t in range(T):
            psi = sigmoid(deep(h @ p["wd"] + p["bd"]))
            gamma = base + sign * psi
            total = gamma.sum(1, keepdims=True)
            gamma /= total
            loss -= np.log(total / K).sum() / (batch * T)
            gap = x - psi
            residual = gamma * gap
            tape.append((h, psi, total, gamma, gap, residual))
            if t < T - 1:
                h = np.tanh(flat(residual) @ p["wx"] + h @ p["wh"] + p["bh"])
        g = {n: np.zeros_like(q) for n, q in p.items()}
        weight = F(1 / (batch * T))
        dh, dresidual = F(0), None
        for t in reversed(range(T)):
            h, psi, total, gamma, gap, _ = tape[t]
            if dresidual is None:
                dpsi = sign * (-weight / total)
            else:
                dgamma = dresidual * gap
                inner = (gamma * dgamma).sum(1, keepdims=True) + weight
                dpsi = sign * ((dgamma - inner) / total) - gamma * dresidual
            dlogits = flat(dpsi * psi * (1 - psi))
            g["wd"] += h.T @ dlogits
            g["bd"] += dlogits.sum(0)
            dh = dh + dlogits @ p["wd"].T
            if t > 0:
                before, *_, residual = tape[t - 1]
                da = dh * (1 - h * h)
                g["wx"] += flat(residual).T @ da
                g["wh"] += before.T @ da
                g["bh"] += da.sum(0)
                dresidual = deep(da @ p["wx"].T)
                dh = da @ p["wh"].T
        g["start"] += deep(dh).sum(0)
        norm = np.sqrt(sum(np.vdot(q, q) for q in g.values()))
        scale = F(min(1.0, clip / norm))
        update({n: scale * q for n, q in g.items()}, rate)
        return loss

    return step


def paper_gradients(p, x, inputs, gamma):
    """Loss after the last step, nats an image, and its gradients.

    x: batch × 1 × D, of 0 and 1; inputs: the same with noise, one a step;
    gamma: responsibilities to start from, batch × K × D.
    """
    batch, K, D = gamma.shape
    flat = lambda a: a.reshape(batch * K, -1)  # a product a batch, not an image
    deep = lambda a: a.reshape(batch, K, -1)
    sign, base = 2 * x - 1, 1 - x + EPS
    h = np.zeros((batch * K, len(p["wh"])), F)
    residual = gamma * inputs[0]
    tape = []
    for t in range(len(inputs)):
        before = h
        h = sigmoid(flat(residual) @ p["wx"] + before @ p["wh"] + p["bh"])
        logits = deep(h @ p["wd"] + p["bd"])
        psi = sigmoid(logits)
        gamma = base + sign * psi
        total = gamma.sum(1, keepdims=True)
        gamma /= total
        gap = inputs[t + 1] - psi if t + 1 < len(inputs) else None
        tape.append((residual, before, h, psi, total, gamma, gap))
        if gap is not None:
            residual = gamma * gap
    loss = (np.logaddexp(F(0), logits) - gamma * x * logits).sum() / batch
    g = {n: np.zeros_like(q) for n, q in p.items()}
    dh = F(0)
    for residual, before, h, psi, total, gamma, gap in reversed(tape):
        if gap is None:  # the last step: by the loss, and through its gamma
            dgamma = x * logits / F(-batch)
            dpsi = F(0)
            dlogits = (psi - gamma * x) / F(batch)
        else:
            dgamma = dresidual * gap
            dpsi = -gamma * dresidual
            dlogits = F(0)
        inner = (gamma * dgamma).sum(1, keepdims=True)
        dpsi = dpsi + sign * ((dgamma - inner) / total)
        dlogits = flat(dlogits + dpsi * psi * (1 - psi))
        g["wd"] += h.T @ dlogits
        g["bd"] += dlogits.sum(0)
        da = (dh + dlogits @ p["wd"].T) * h * (1 - h)
        g["wx"] += flat(residual).T @ da
        g["wh"] += before.T @ da
        g["bh"] += da.sum(0)
        dresidual = deep(da @ p["wx"].T)
        dh = da @ p["wh"].T
    return loss, g


def neural_em_paper(batch):
    K, D, H, T = 4, 784, 250, 15
    images = (rng.random((1024, 1, D)) < 0.17).astype(F)
    params = {
        "wx": normal(D, H, scale=0.04),
        "wh": normal(H, H, scale=0.04),
        "bh": np.zeros(H, F),
        "wd": normal(H, D, scale=0.04),
        "bd": np.zeros(D, F),
    }
    update = adam(params)

    def step():
        x = images[rng.integers(0, 1024, batch)]
        flips = rng.random((T, *x.shape), dtype=F) < 0.1
        gamma = np.abs(rng.standard_normal((batch, K, D), dtype=F))
        gamma /= gamma.sum(1, keepdims=True)
        loss, grads = paper_gradients(params, x, np.where(flips, 1 - x, x), gamma)
        update(grads, 1e-3)
        return loss

    return step
