"""Every score by name; each says what it needs.

>>> sorted(name for name, score in SCORES.items() if score.labels)[:2]
['epe_nas', 'fisher']
"""

from luciole.scores.aznas import expressivity, progressivity, trainability
from luciole.scores.icd import icd, icd_relu
from luciole.scores.jacobian import epe_nas, jacov
from luciole.scores.meco import meco
from luciole.scores.naswot import naswot
from luciole.scores.saliency import fisher, fisher_published, grad_norm, grasp, l2_norm, plain, snip
from luciole.scores.samples import gradsign, gradsign_mean, knas, linear_regions, ntk
from luciole.scores.score import Score
from luciole.scores.size import layers, macs, params, tensors
from luciole.scores.swap import swap
from luciole.scores.synflow import logsynflow, synflow
from luciole.scores.vkdnw import vkdnw, vkdnw_released
from luciole.scores.zen import zen
from luciole.scores.zico import zico

SCORES: dict[str, Score] = {
    score.name: score
    for score in (
        *(params, macs, layers, tensors),
        *(naswot, icd, icd_relu, swap, linear_regions),
        *(jacov, epe_nas),
        *(grad_norm, snip, plain, grasp, fisher, fisher_published, l2_norm),
        *(synflow, logsynflow, zen),
        *(expressivity, progressivity, trainability, meco),
        *(zico, gradsign, gradsign_mean, knas, ntk, vkdnw, vkdnw_released),
    )
}
