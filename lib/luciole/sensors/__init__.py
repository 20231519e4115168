"""From recordings to a file on a device: vary windows, train well, search without training, study, deploy.

* :mod:`luciole.sensors.augmentation` varies windows, :mod:`luciole.sensors.features` describes them by numbers;
* :mod:`luciole.sensors.training` trains one network as well as it can, the same way for all that are compared;
* :mod:`luciole.sensors.search` gives designs of :mod:`luciole.spaces.har1d` a fitness that trains nothing;
* :mod:`luciole.sensors.study` goes the whole way on any data set;
* :mod:`luciole.sensors.recogniser` recognises on a stream that is fed sample by sample, :mod:`luciole.sensors.events`
  has the metrics of events in time, :mod:`luciole.sensors.replay` feeds recordings as if they were live;
* :mod:`luciole.sensors.deploy` writes ONNX files in 32 and 8 bits, and times them;
* :mod:`luciole.sensors.saturation` bounds the sums of an 8-bit file, so that it answers alike on every processor.
"""
