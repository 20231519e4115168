"""HAR-201: the cells of NAS-Bench-201 in one dimension, trained on sensor data."""
