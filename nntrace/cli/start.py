"""The commented file that ``nntrace init`` writes."""

from ..catalogue import KINDS

TEMPLATE = """\
# A network for nntrace. Change the names and numbers to those of your homework, then:
#   nntrace forward         every unit's value, with the working
#   nntrace grad --param w1 the gradient by one weight, over its paths
#   nntrace step            all gradients and the updated parameters
title: My first network

inputs:  {x1: 1.0, x2: -2.0}
targets: {t: 1.0}

layers:
  # A layer is its kind, then the names of its units.
  - dense: [z1, z2]
    weights:                    # a row for each input: its weights to z1 and z2
      x1: {w1: 0.5, w2: -0.25}
      x2: {w3: 1.0, w4: 0.75}
    biases: {b1: 0.5, b2: 0.0}  # one for each unit; for one shared by all: bias: {b: 0.5}
  - sigmoid: [a1, a2]           # known: @ACTIVATIONS@

  - dense: [y]
    weights:                    # labelled by unit, a row lists its inputs: y: {w5: 1.0, w6: -0.5}
      a1: {w5: 1.0}
      a2: {w6: -0.5}
    biases: {b3: 0.25}

loss: {half_squared_error: E}   # known: @LOSSES@
learning_rate: 0.1
# iterations: 3               # so many steps; with samples, samples_per_step: 1 takes them one at a time
# penalty: {l2: 0.01}         # 0.01 × Σ w² on the weights; known: @PENALTIES@

# A name used twice is one weight in two places (a tied weight). null means: no connection.
# frozen: [b1]                  # keeps its value in a step
# values: {w1: 0.5}             # numbers may stand here instead; above, write the bare name: x1: [w1, w2]
"""


def starting_file() -> str:
    """The file, with what the catalogue has at present."""
    known = {kind: ", ".join(KINDS[kind]) for kind in ("activation", "loss", "penalty")}
    text = TEMPLATE.replace("@ACTIVATIONS@", known["activation"])
    return text.replace("@LOSSES@", known["loss"]).replace("@PENALTIES@", known["penalty"])
