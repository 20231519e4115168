"""NAS-Bench-101: searched, by training and by measured joules; which scores to add up."""
