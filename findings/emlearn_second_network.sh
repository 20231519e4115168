#!/usr/bin/env bash
# emlearn 0.23.2: a converted dense network answers as the network that was converted after it.
#
# What one would guess: emlearn.convert() gives an object of its own, whose predict() runs the C code of the model that
# it was made from, however many others are converted in the same program.
# What happens: both are compiled to one file of a fixed name in the folder tmp of the working directory, and predict()
# starts whatever lies there. After a second conversion the first object gives the second network's answers, with no
# warning; with two classes and as many inputs nothing looks wrong.
# Why it matters: whoever compares several small networks on a test set compares the last one with itself.
#
# Expected output:
#   accuracy of the first network: 0.99 alone, 0.47 once the second is converted (and 0.98 as the second)
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/python" -m pip install -q emlearn==0.23.2 scikit-learn==1.9.1 numpy==2.4.6
cd "$place"
"$place/env/bin/python" -W ignore - <<'END'
import sys

import emlearn
import numpy as np
from sklearn.neural_network import MLPClassifier

signals = np.random.default_rng(0).normal(size=(200, 4)).astype("float32")
labels = [(signals[:, channel] > 0).astype(int) for channel in (0, 1)]
networks = [MLPClassifier((8,), random_state=0, max_iter=800).fit(signals, y) for y in labels]

first = emlearn.convert(networks[0])
alone = np.mean(first.predict(signals) == labels[0])
second = emlearn.convert(networks[1])
after = np.mean(first.predict(signals) == labels[0])
same = np.array_equal(first.predict(signals), second.predict(signals))
own = np.mean(second.predict(signals) == labels[1])
print(
    f"accuracy of the first network: {alone:.2f} alone, {after:.2f} once the second is converted"
    f" (and {own:.2f} as the second)"
)
sys.exit(not (alone > 0.95 and own > 0.95 and after < 0.6 and same))
END
echo "as stated"
