"""Tones of 8 kHz PCM, and how much of one is in what was heard."""
from __future__ import annotations

import array
import math

RATE, FRAME = 8000, 160


def tone(hz: int, number: int = 0, frames: int = 1) -> array.array[int]:
    """So many frames of 20 ms from the given one on."""
    samples = range(number * FRAME, (number + frames) * FRAME)
    return array.array("h", (int(9000 * math.sin(math.tau * hz * n / RATE)) for n in samples))


def strength(pcm: array.array[int], hz: int) -> float:
    """How much of the energy lies at a frequency, 0..1 (Goertzel)."""
    coefficient, one, two = 2 * math.cos(math.tau * hz / RATE), 0.0, 0.0
    for sample in pcm:
        one, two = sample + coefficient * one - two, one
    power = one * one + two * two - coefficient * one * two
    return 2 * power / max(1.0, len(pcm) * sum(sample * sample for sample in pcm))
