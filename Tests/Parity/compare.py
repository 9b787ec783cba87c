# SPDX-License-Identifier: Apache-2.0
# Random models of one operator: what TensorFlow Lite Micro gives, and what nnq gives after importing them.

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import one_op
import operators_of_several  # noqa: F401, registers its cases
import operators_with_states  # noqa: F401
from operators import CASES


def through_nnq(nnq, folder, model, given):
    """The output's bytes, or the sentence of an error."""
    path = lambda name: os.path.join(folder, name)
    with open(path("model.tflite"), "wb") as file:
        file.write(model)
    inputs = [path("input_%d.bin" % place) for place in range(len(given))]
    for name, (_, values) in zip(inputs, given):
        values.tofile(name)
    commands = [
        [nnq, "import", path("model.tflite"), "-o", path("model.nnq")],
        [nnq, "run", path("model.nnq"), *inputs, "-o", path("output.bin")]]
    for command in commands:
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode != 0:
            return (result.stderr or result.stdout).strip()
    with open(path("output.bin"), "rb") as file:
        return file.read()


def compare(nnq, name, place, seed):
    """True or a report; None where TensorFlow Lite Micro refuses the model."""
    operator, model = CASES[name](np.random.default_rng([seed, place, sum(map(ord, name))]))
    expected = one_op.run(model, operator.given)
    if expected is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        found = through_nnq(nnq, folder, model, operator.given)
    if found == expected:
        return True
    if isinstance(found, str):
        return found
    differing = np.flatnonzero(np.frombuffer(found, np.int8) != np.frombuffer(expected, np.int8)[: len(found)])
    return "%d of %d bytes differ" % (len(differing), len(expected))


def main():
    nnq, arguments = sys.argv[1], sys.argv[2:]
    count = int(arguments[0]) if arguments else 25
    seed = int(arguments[1]) if len(arguments) > 1 else 1
    cases = equal = 0
    print("seed %d" % seed)
    for name in arguments[2:] or CASES:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(lambda place: compare(nnq, name, place, seed), range(count)))
        reports = [(place, result) for place, result in enumerate(results) if result not in (True, None)]
        ran = sum(result is not None for result in results)
        cases, equal = cases + ran, equal + ran - len(reports)
        print("%-30s %4d cases, %4d equal" % (name, ran, ran - len(reports)), flush=True)
        for place, report in reports[:3]:
            print("    case %d: %s" % (place, report))
    print("%d cases, %d equal" % (cases, equal))
    sys.exit(0 if cases > 0 and cases == equal else 1)


main()
