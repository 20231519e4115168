"""Scores on the gradient of the summed outputs by each input: are the samples' linear maps alike?

J_i is the gradient of the sum of all logits by sample i, flattened. A network that does not see its input (a
cell without a path from input to output) has J = 0 and no correlations: both scores are then minus infinity.
"""

import numpy as np

from luciole.scores.passes import Passes
from luciole.scores.score import score

_K = 1e-5  # the constant of both codes


def _correlations(rows: np.ndarray) -> np.ndarray | None:
    """Correlation matrix of the rows, or None when a row is constant."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(centred, axis=1)
    if not (norms > 0).all():
        return None
    centred /= norms[:, None]
    return np.clip(centred @ centred.T, -1, 1)


@score(gradients=True, source="Mellor et al. 2020 (arXiv 2006.04647v1); code: get_batch_jacobian, eval_score")
def jacov(seen: Passes) -> float:
    """NASWOT, first version: -sum_i (log(v_i + k) + 1 / (v_i + k)), v the eigenvalues of corr(J), k = 1e-5."""
    matrix = _correlations(seen.jacobian.cpu().numpy())
    if matrix is None:
        return -np.inf
    values = np.clip(np.linalg.eigvalsh(matrix), 0, None) + _K
    return -float((np.log(values) + 1 / values).sum())


@score(labels=True, gradients=True, source="Lopes et al. 2021 (arXiv 2102.08099); authors' code")
def epe_nas(seen: Passes) -> float:
    """EPE-NAS: correlations of J within each class, gathered over classes.

    E_c = sum of log(|R_c| + k) over all entries of the correlation matrix R_c of the samples of class c. With at
    most 100 classes in the batch the score is sum_c |E_c|; with more, each E_c is divided by the size of R_c and
    the score is the mean absolute difference over pairs, (1/C) sum_c sum_c' |E_c - E_c'|.
    """
    rows, labels = seen.jacobian.cpu().numpy(), seen.labels.cpu().numpy()
    classes = np.unique(labels)
    each = []
    for label in classes:
        matrix = _correlations(rows[labels == label])
        if matrix is None:
            return -np.inf
        each.append(np.log(np.abs(matrix) + _K).sum() / (matrix.size if len(classes) > 100 else 1))
    found = np.array(each)
    if len(classes) <= 100:
        return float(np.abs(found).sum())
    return float(np.abs(found[:, None] - found[None, :]).sum() / len(found))
