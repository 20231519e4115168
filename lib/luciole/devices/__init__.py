"""From a trained network to something that runs elsewhere, and what it costs there.

* :mod:`luciole.devices.plan` says what is computed, in which order, and which memory holds it: one plan, many printers;
* :mod:`luciole.devices.lower` makes the plan of a trained network, normalisations folded into what stands beside them;
* :mod:`luciole.devices.eight` takes the 8-bit numbers of a plan from the file of :mod:`luciole.sensors.deploy`;
* :mod:`luciole.devices.c` prints C99 in 32-bit floats and in 8 bits, :mod:`luciole.devices.js` plain JavaScript;
* :mod:`luciole.devices.cortex_m` compiles for an emulated Cortex-M and counts flash, memory, stack and instructions;
* :mod:`luciole.devices.foretell` foretells these for a plan that nobody compiled, and compares them with limits.
"""
