"""Codecs and the processing chain. PCM is 16-bit mono in host byte order at 8000, 16000 or 48000 Hz;
it goes in and out without a copy: array("h"), memoryview, or a numpy int16 array."""
from __future__ import annotations

from ctypes import addressof, byref, c_char, c_int16, c_size_t, c_uint32, memmove, sizeof, string_at
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Callable, Optional, Sequence

from . import _abi_constants as abi
from ._abi_structs import (
    voxlock_audio_process_fn, voxlock_chain_config, voxlock_codec_config, voxlock_decoder_stats, voxlock_stage,
    voxlock_stage_stats,
)
from ._handle import Handle, configured, in_callback, names_of, result
from ._library import check, fail, lib
from ._memory import Bytes, Samples, borrowed, borrowed_samples, room
from .context import Context

MAX_PACKET_SAMPLES = abi.MAX_PACKET_SAMPLES  # 120 ms at 48 kHz: any packet at any rate
_PAYLOAD_ROOM = 2 * MAX_PACKET_SAMPLES


class Codec(IntEnum):
    """RFC 3551 (G.711, L16), RFC 6716 and 7587 (Opus)"""

    PCMU = abi.CODEC_PCMU
    PCMA = abi.CODEC_PCMA
    OPUS = abi.CODEC_OPUS
    L16 = abi.CODEC_L16


@dataclass(frozen=True, slots=True)
class CodecConfig:
    """Settings of an encoder or decoder; the opus_ ones are read by Opus encoders only."""

    codec: Codec = Codec.PCMU
    sample_rate: int = 8000  # Hz of the PCM: 8000 (G.711 always), 16000, 48000
    opus_bitrate: int = 0  # bit/s, 6000..128000; 0: 28000 at 8 kHz, else 48000
    opus_complexity: int = 1  # 0..10
    opus_packet_loss_perc: int = 10  # the loss to prepare for, 0..100
    opus_fec: bool = True  # each packet repeats the one before, coarser
    opus_dtx: bool = False
    opus_vbr: bool = True  # False: sizes tell nothing about the words, RFC 6562

    def _struct(self) -> Any:
        config = configured(voxlock_codec_config, lib.voxlock_codec_config_init)
        for name in names_of(CodecConfig):
            setattr(config, name, int(getattr(self, name)))
        return config


def rtp_clock(codec: Codec, sample_rate: int) -> int:
    """RTP clock in Hz of a codec run at sample_rate: 48000 for Opus (RFC 7587, section 4.1)."""
    return int(lib.voxlock_codec_rtp_clock(codec, sample_rate))


class Encoder(Handle):
    """Encodes packets. config: codec, rate and Opus settings."""

    _FREE = "voxlock_encoder_free"

    def __init__(self, context: Context, config: CodecConfig = CodecConfig()) -> None:
        self.config = config
        super().__init__(context._make(lib.voxlock_encoder_new, byref(config._struct())), context._keep)
        self._room = (c_char * _PAYLOAD_ROOM)()

    def encode(self, pcm: Samples) -> bytes:
        """The payload of one packet: 1 sample to 120 ms, for Opus 2.5, 5, 10, 20, 40 ... 120 ms.

        Raises AudioError (VOXLOCK_ERR_AUDIO_FRAME_SIZE)."""
        data, samples = borrowed_samples(pcm)
        size = c_size_t(_PAYLOAD_ROOM)
        with self._state as pointer:
            check(lib.voxlock_encoder_encode(pointer, data, samples, self._room, byref(size)))
            return string_at(self._room, size.value)

    def configure(self, **changes: Any) -> None:
        """Changes opus_ settings between two packets, for example opus_packet_loss_perc."""
        config = replace(self.config, **changes)
        self._do(lib.voxlock_encoder_configure, byref(config._struct()))
        self.config = config


@dataclass(frozen=True, slots=True)
class DecoderStats:
    """Counters of a decoder."""

    last_samples: int  # of the last packet
    packets: int
    silent_packets: int  # DTX or empty
    malformed_packets: int
    concealed_frames: int
    fec_frames: int  # of these: from the next packet's redundant copy


class Decoder(Handle):
    """Decodes packets of any legal duration, and fills in for lost ones."""

    _FREE = "voxlock_decoder_free"

    def __init__(self, context: Context, config: CodecConfig = CodecConfig()) -> None:
        self.config = config
        super().__init__(context._make(lib.voxlock_decoder_new, byref(config._struct())), context._keep)
        self._room = (c_int16 * MAX_PACKET_SAMPLES)()

    def decode(self, payload: Bytes, out: Samples | None = None) -> memoryview:
        """Decodes one payload and gives its samples as a view of format "h".

        out: writable buffer that the samples go to directly; None: a new one.
        Raises AudioError (VOXLOCK_ERR_AUDIO_PAYLOAD: treat it as lost), Error
        (VOXLOCK_ERR_BUFFER_TOO_SMALL, .needed in samples: decode it again)."""
        data, size = borrowed(payload)
        if out is not None:
            view, target = room(0, out)
            samples = c_size_t(len(view))
            status = self._call(lib.voxlock_decoder_decode, data, size, target, byref(samples))
            if status != 0:
                fail(status, samples.value if status == abi.Status.ERR_BUFFER_TOO_SMALL else None)
            return view[:samples.value]
        samples = c_size_t(MAX_PACKET_SAMPLES)
        with self._state as pointer:
            check(lib.voxlock_decoder_decode(pointer, data, size, self._room, byref(samples)))
            return self._copied(samples.value)

    def _copied(self, samples: int) -> memoryview:
        """Out of the common room, which is wiped: the samples then exist once, in the caller's hands."""
        view, target = room(samples, None)
        memmove(target, self._room, 2 * samples)
        lib.voxlock_audio_wipe(self._room, samples)
        return view

    def conceal(self, samples: int, next_payload: Bytes | None = None) -> memoryview:
        """Fills in for one lost packet of so many samples, as long as the lost one was.

        next_payload: of the packet after the gap where it is here already; decode it afterwards."""
        data, size = (None, 0) if next_payload is None else borrowed(next_payload)
        view, target = room(samples, None)
        self._do(lib.voxlock_decoder_conceal, data, size, target, samples)
        return view

    def stats(self) -> DecoderStats:
        """The counters."""
        out = result(voxlock_decoder_stats)
        self._do(lib.voxlock_decoder_get_stats, byref(out))
        return DecoderStats(*(getattr(out, name) for name in names_of(DecoderStats)))


@dataclass(frozen=True, slots=True)
class Gain:
    """gain_db: -60 to 30; saturates."""

    gain_db: float = 0.0


@dataclass(frozen=True, slots=True)
class Denoise:
    """attenuation_db: the most that is taken away, 1..45. frame_ms: 10 or 20; also its delay."""

    attenuation_db: int = 15
    frame_ms: int = 10


@dataclass(frozen=True, slots=True)
class Resample:
    """out_rate: 8000, 16000 or 48000 Hz. quality: 0..10."""

    out_rate: int = 48000
    quality: int = 3


# process(input, output): both of format "h" with frame_samples samples; must not use voxlock objects.
Process = Callable[[memoryview, memoryview], None]


@dataclass(frozen=True, slots=True)
class HostProcessor:
    """A processor in Python, for example around a vendor's denoiser. It is called with the GIL held;
    an exception makes the frame pass unchanged and counts it (StageStats.bypassed_frames)."""

    process: Process
    sample_rate: int
    frame_samples: int
    latency_samples: int = 0


Stage = Gain | Denoise | Resample | HostProcessor


def _processor(process: Process) -> Callable[..., int]:
    def run(_user: Optional[int], source: int, target: int, samples: int) -> int:
        with in_callback():
            read = memoryview((c_int16 * samples).from_address(source)).cast("B").cast("h")
            write = memoryview((c_int16 * samples).from_address(target)).cast("B").cast("h")
            try:
                process(read.toreadonly(), write)
            except Exception:  # noqa: BLE001 - nothing may leave through C
                return 1
            finally:
                read.release()
                write.release()
            return 0

    return run


def stage_structs(stages: Sequence[Stage]) -> tuple[Any, list[object]]:
    """The C array of stages and the callbacks that must live as long as the chain."""
    rows = (voxlock_stage * len(stages))()
    keep: list[object] = []
    for row, stage in zip(rows, stages, strict=True):
        match stage:
            case Gain(gain_db):
                check(lib.voxlock_stage_init(byref(row), sizeof(row), abi.STAGE_GAIN))
                row.gain_cdb = round(gain_db * 100)
            case Denoise(attenuation_db, frame_ms):
                check(lib.voxlock_stage_init(byref(row), sizeof(row), abi.STAGE_DENOISE))
                row.attenuation_db, row.frame_ms = attenuation_db, frame_ms
            case Resample(out_rate, quality):
                check(lib.voxlock_stage_init(byref(row), sizeof(row), abi.STAGE_RESAMPLE))
                row.out_rate, row.quality = out_rate, quality
            case HostProcessor():
                check(lib.voxlock_stage_init(byref(row), sizeof(row), abi.STAGE_HOST))
                row.sample_rate, row.frame_samples = stage.sample_rate, stage.frame_samples
                row.latency_samples = stage.latency_samples
                row.process = callback = voxlock_audio_process_fn(_processor(stage.process))
                keep.append(callback)
    return rows, keep



@dataclass(frozen=True, slots=True)
class StageStats:
    """Counters of one stage."""

    kind: int  # VOXLOCK_STAGE_*
    samples: int  # that reached it
    frames: int  # that it processed
    bypassed_frames: int  # that passed unchanged because it failed
    latency_samples: int  # at its output rate


class Chain(Handle):
    """Audio stages in a row.

    sample_rate: Hz of the input. block_samples: process takes a multiple of it; 0: 10 ms.
    """

    _FREE = "voxlock_chain_free"

    def __init__(self, context: Context, stages: Sequence[Stage] = (), *, sample_rate: int = 8000,
                 block_samples: int = 0) -> None:
        config = configured(voxlock_chain_config, lib.voxlock_chain_config_init)
        config.sample_rate, config.block_samples = sample_rate, block_samples
        rows, keep = stage_structs(stages)
        config.stage_count, config.stages = len(stages), addressof(rows) if len(stages) else None
        super().__init__(context._make(lib.voxlock_chain_new, byref(config)), (context._keep, keep))
        rate = c_uint32()
        #: Delay of the whole chain in samples at the output rate.
        self.latency_samples = int(self._call(lib.voxlock_chain_latency, byref(rate)))
        self.sample_rate = sample_rate
        #: Hz of the output.
        self.out_rate = rate.value

    def process(self, pcm: Samples, out: Samples | None = None) -> memoryview:
        """Runs audio through the stages and gives what comes out, a view of format "h".

        pcm: a multiple of block_samples. out: writable buffer that the samples go to directly; it may
        be pcm itself where the output rate is not higher. None: a new one.
        Raises AudioError (VOXLOCK_ERR_AUDIO_FRAME_SIZE, VOXLOCK_ERR_AUDIO_OVERLAP), Error
        (VOXLOCK_ERR_BUFFER_TOO_SMALL, .needed in samples)."""
        data, samples = borrowed_samples(pcm)
        view, target = room(samples * self.out_rate // self.sample_rate + 1, out)
        written = c_size_t(len(view))
        status = self._call(lib.voxlock_chain_process, data, samples, target, byref(written))
        if status != 0:
            fail(status, written.value if status == abi.Status.ERR_BUFFER_TOO_SMALL else None)
        return view[:written.value]

    def stage_stats(self) -> list[StageStats]:
        """Counters of all stages, in order."""
        rows: list[StageStats] = []
        while True:
            out = result(voxlock_stage_stats)
            status = self._call(lib.voxlock_chain_stage_stats, len(rows), byref(out))
            if status == abi.Status.ERR_NOT_FOUND:
                return rows
            check(status)
            rows.append(StageStats(out.kind, out.samples, out.frames, out.bypassed_frames, out.latency_samples))


def level(pcm: Samples) -> int:
    """Level in -dBov: 0 (full scale) to 127 (silence). RFC 6464, section 3"""
    data, samples = borrowed_samples(pcm)
    return int(lib.voxlock_audio_level(data, samples))


def wipe(pcm: Samples) -> None:
    """Overwrites a writable buffer of samples, for audio that is no longer needed."""
    view, target = room(0, pcm)
    lib.voxlock_audio_wipe(target, len(view))
