"""Actions from skeletons: searched and recognised frame by frame."""
