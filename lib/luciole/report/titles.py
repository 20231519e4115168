"""What data sets of sensors are called in prose, tables and figures.

>>> of("uci_har", "hapt")
{'uci_har': 'UCI HAR', 'hapt': 'HAPT'}
"""

SENSORS = {"uci_har": "UCI HAR", "wisdm": "WISDM watch", "hapt": "HAPT", "seglearn": "seglearn exercises"}


def of(*names: str) -> dict[str, str]:
    """The data sets' titles by name, in the order asked for."""
    return {name: SENSORS[name] for name in names}
