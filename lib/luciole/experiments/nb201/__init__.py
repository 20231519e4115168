"""NAS-Bench-201: scored, judged and searched."""
