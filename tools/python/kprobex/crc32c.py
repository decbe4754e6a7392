# SPDX-License-Identifier: MIT
"""CRC-32C (Castagnoli), of which Python's own modules have none.

With numpy, lanes of bytes are taken side by side; a lane's result is then put
behind that of those before it, as if so many zeros had followed them.
"""
from .vectors import HAVE_NUMPY

TABLE = []
for _byte in range(256):
    for _ in range(8):
        _byte = _byte >> 1 ^ (0x82F63B78 if _byte & 1 else 0)
    TABLE.append(_byte)


def _bytes(state, data):
    for byte in data:
        state = TABLE[(state ^ byte) & 255] ^ state >> 8
    return state


if HAVE_NUMPY:
    import numpy as np

    LANE = 512
    _TABLE = np.array(TABLE, np.uint32)

    def _zeros():
        """For each byte of a state what it is after a lane of zeros."""
        state = np.concatenate([np.arange(256, dtype=np.uint32) << (8 * i) for i in range(4)])
        for _ in range(LANE):
            state = _TABLE[state & 255] ^ state >> 8
        return state.reshape(4, 256).tolist()

    _A, _B, _C, _D = _zeros()

    def _lanes(state, data, nr):
        rows = np.frombuffer(data, np.uint8, nr * LANE).reshape(nr, LANE)
        lanes = np.zeros(nr, np.uint32)
        for column in np.ascontiguousarray(rows.T):
            lanes = _TABLE[(lanes ^ column) & 255] ^ lanes >> 8
        for lane in lanes.tolist():
            state = (_A[state & 255] ^ _B[state >> 8 & 255] ^
                     _C[state >> 16 & 255] ^ _D[state >> 24] ^ lane)
        return state


def crc32c(*pieces):
    """Of the pieces, one after the other.

    >>> hex(crc32c(b"1234", b"56789"))
    '0xe3069283'
    >>> crc32c(bytes(range(256)) * 40) == crc32c(*[bytes(range(256))] * 40)
    True
    """
    state = 0xFFFFFFFF
    for piece in pieces:
        done = 0
        if HAVE_NUMPY and len(piece) >= 2 * LANE:
            nr = len(piece) // LANE
            state = _lanes(state, piece, nr)
            done = nr * LANE
        state = _bytes(state, piece[done:])
    return state ^ 0xFFFFFFFF
