"""What data sets are called in prose, tables and figures: those of sensors, and the three of NAS-Bench-201.

>>> of("uci_har", "hapt")
{'uci_har': 'UCI HAR', 'hapt': 'HAPT'}
"""

IMAGES = {"c10": "CIFAR-10", "c100": "CIFAR-100", "in16": "ImageNet16-120"}
SENSORS = {"uci_har": "UCI HAR", "wisdm": "WISDM watch", "hapt": "HAPT", "seglearn": "seglearn exercises"}


def of(*names: str) -> dict[str, str]:
    """The sensors' data sets' titles by name, in the order asked for."""
    return {name: SENSORS[name] for name in names}
