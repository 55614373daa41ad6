"""The training steps of the notebooks in numpy, float32.

Written as a good user of numpy would: vectorised over the batch, gradients by
hand, no loop over examples where the algorithm has none.
"""

import numpy as np

VERSION = np.__version__
F = np.float32
rng = np.random.default_rng(1)


def normal(*shape, scale=1.0):
    return (scale * rng.standard_normal(shape)).astype(F)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


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
    return {
        "imax": imax,
        "population": population,
        "neural_em": neural_em,
        "wake_sleep": wake_sleep,
    }[kind]()


WIDTH, SHIFT, BATCH = 10, 3, 256


def stereo_pair(d):
    """Two strips, n × 20 each, at disparities d."""
    pad = SHIFT + 1
    views = []
    for _ in range(2):
        dots = (2 * rng.integers(0, 2, (len(d), WIDTH + 2 * pad)) - 1).astype(F)
        base = np.floor(pad - d).astype(np.int64)
        part = (pad - d - base).astype(F)[:, None]
        at = base[:, None] + np.arange(WIDTH)
        right = (1 - part) * np.take_along_axis(dots, at, 1)
        right += part * np.take_along_axis(dots, at + 1, 1)
        views.append(np.concatenate([dots[:, pad : pad + WIDTH], right], 1))
    return views


def products(strip):
    """Left, right and left[i] · right[i + k] for |k| ≤ 3: n × 90."""
    left, right = strip[:, :WIDTH], strip[:, WIDTH:]
    out = np.zeros((len(strip), (3 + 2 * SHIFT) * WIDTH), F)
    out[:, : 2 * WIDTH] = strip
    for j, k in enumerate(range(-SHIFT, SHIFT + 1)):
        first, end = max(0, -k), min(WIDTH, WIDTH - k)
        to = (2 + j) * WIDTH
        out[:, to + first : to + end] = left[:, first:end] * right[:, first + k : end + k]
    return out


def imax():
    inputs, hidden, rate, momentum, decay = 90, 48, F(0.05), F(0.9), F(1e-5)
    nets = []
    for _ in range(2):
        params = [
            normal(inputs, hidden, scale=0.5 / inputs**0.5),
            np.zeros(hidden, F),
            normal(hidden, 1, scale=0.5 / hidden**0.5),
            np.zeros(1, F),
        ]
        nets.append((params, [np.zeros_like(p) for p in params]))

    def step():
        d = rng.uniform(-SHIFT, SHIFT, BATCH)
        xs = [products(strip) for strip in stereo_pair(d)]
        hs, ys = [], []
        for x, ((w1, b1, w2, b2), _) in zip(xs, nets):
            hs.append(sigmoid(x @ w1 + b1))
            ys.append((hs[-1] @ w2 + b2)[:, 0])
        a, b = (y - y.mean() for y in ys)
        total = (a @ a + b @ b) / BATCH
        gap = a - b
        difference = gap @ gap / BATCH
        loss = -0.5 * np.log(total / difference)
        das = (
            (gap / difference - a / total) / BATCH,
            (-gap / difference - b / total) / BATCH,
        )
        for x, h, dy, (params, velocities) in zip(xs, hs, das, nets):
            dy = dy[:, None]
            dh = (dy @ params[2].T) * h * (1 - h)
            grads = (x.T @ dh, dh.sum(0), h.T @ dy, dy.sum(0))
            for p, v, g in zip(params, velocities, grads):
                v *= momentum
                v -= rate * (g + decay * p)
                p += v
        return loss

    return step


def population():
    pixels, hidden, dims, units, batch, rate = 64, 64, 3, 225, 64, F(0.1)
    images = rng.random((2000, pixels), dtype=F)
    w1, b1 = normal(pixels, hidden, scale=0.12), np.zeros(hidden, F)
    w2, b2 = normal(hidden, dims, scale=0.17), np.zeros(dims, F)
    centres = rng.random((units, dims), dtype=F)
    v, c = normal(units, pixels, scale=0.08), np.zeros(pixels, F)
    inverse = F(1 / 0.18**2)
    state = {"order": rng.permutation(2000), "start": 0}

    def step():
        if state["start"] + batch > 2000:
            state["order"], state["start"] = rng.permutation(2000), 0
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


def neural_em():
    batch, K, D, H, T = 32, 3, 576, 24, 4
    rate, clip, eps = 3e-3, 5.0, F(1e-6)
    images = (rng.random((1024, 1, D)) < 0.21).astype(F)
    params = {
        "wx": normal(D, H, scale=0.04),
        "wh": normal(H, H, scale=0.2),
        "bh": np.zeros(H, F),
        "wd": normal(H, D, scale=0.04),
        "bd": np.zeros(D, F),
        "start": normal(K, H, scale=0.5),
    }
    first = {n: np.zeros_like(p) for n, p in params.items()}
    second = {n: np.zeros_like(p) for n, p in params.items()}
    steps = [0]

    def step():
        p = params
        x = images[rng.integers(0, 1024, batch)]
        x = np.where(rng.random(x.shape, dtype=F) < 0.1, 1 - x, x)
        h = p["start"] + 0.1 * rng.standard_normal((batch, K, H), dtype=F)
        tape, loss = [], 0.0
        for t in range(T):
            psi = sigmoid(h @ p["wd"] + p["bd"])
            like = x * psi + (1 - x) * (1 - psi) + eps
            total = like.sum(1, keepdims=True)
            gamma = like / total
            loss -= np.log(total / K).sum() / (batch * T)
            tape.append((h, psi, total, gamma))
            if t < T - 1:
                residual = gamma * (x - psi)
                h = np.tanh(residual @ p["wx"] + h @ p["wh"] + p["bh"])
        g = {n: np.zeros_like(q) for n, q in p.items()}
        weight = F(1 / (batch * T))
        dh = np.zeros((batch, K, H), F)
        flat = lambda a: a.reshape(batch * K, -1)
        dresidual = None
        for t in reversed(range(T)):
            h, psi, total, gamma = tape[t]
            if dresidual is None:
                dlike = -weight / total
                dpsi = (2 * x - 1) * dlike
            else:
                dgamma = dresidual * (x - psi)
                inner = (gamma * dgamma).sum(1, keepdims=True)
                dlike = (dgamma - inner - weight) / total
                dpsi = (2 * x - 1) * dlike - gamma * dresidual
            dlogits = dpsi * psi * (1 - psi)
            g["wd"] += flat(h).T @ flat(dlogits)
            g["bd"] += dlogits.sum((0, 1))
            dh = dh + dlogits @ p["wd"].T
            if t > 0:
                before, psi, _, gamma = tape[t - 1]
                da = dh * (1 - h * h)
                residual = gamma * (x - psi)
                g["wx"] += flat(residual).T @ flat(da)
                g["wh"] += flat(before).T @ flat(da)
                g["bh"] += da.sum((0, 1))
                dresidual = da @ p["wx"].T
                dh = da @ p["wh"].T
        g["start"] += dh.sum(0)
        norm = np.sqrt(sum(np.vdot(q, q) for q in g.values()))
        scale = F(min(1.0, clip / norm))
        steps[0] += 1
        c1, c2 = 1 - 0.9 ** steps[0], 1 - 0.999 ** steps[0]
        for n, q in p.items():
            grad = g[n] * scale
            first[n] += F(0.1) * (grad - first[n])
            second[n] += F(0.001) * (grad * grad - second[n])
            q -= F(rate / c1) * first[n] / (np.sqrt(second[n] / F(c2)) + F(1e-8))
        return loss

    return step


def wake_sleep():
    V, H, T, rate = 32, 16, 4, F(0.1)
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
