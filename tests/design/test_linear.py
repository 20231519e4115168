"""A linear classifier written into a network answers as the classifier does."""

import numpy as np
import pytest
import torch
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression

from luciole.design import linear


@pytest.mark.parametrize("kind", linear.KINDS)
@pytest.mark.parametrize("classes", [[0, 1], [0, 2, 3]])  # of four: some are not taught
def test_the_network_is_the_classifier(kind, classes):
    rng = np.random.default_rng(0)
    y = np.array(classes)[np.arange(90) % len(classes)]
    X = torch.from_numpy((rng.normal(size=(90, 3, 32)) * (1 + y[:, None, None])).astype(np.float32))
    network = linear.fit(kind, X, torch.from_numpy(y), classes=4)
    numbers = linear.describe(X)
    scaled = (numbers - numbers.mean(0)) / np.sqrt(numbers.var(0) + 1e-5)
    model = (
        LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
        if kind == "linear discriminant"
        else LogisticRegression(C=0.1, max_iter=300)
    ).fit(scaled, y)
    with torch.no_grad():
        scores = network(X).numpy()
    assert (scores.argmax(1) == model.predict(scaled)).all()
    known = model.decision_function(scaled)
    if len(classes) == 2:
        assert np.allclose(scores[:, 1] - scores[:, 0], known, atol=1e-3)
    else:
        assert np.allclose(scores[:, classes], known, atol=1e-3)
