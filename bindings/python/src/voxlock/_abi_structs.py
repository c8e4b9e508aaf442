"""Layouts of the public structs. Written by tools/generate.py from include/voxlock; do not edit."""
from ctypes import (
    CFUNCTYPE, Structure, c_char, c_int32, c_size_t, c_uint16, c_uint32, c_uint64, c_uint8, c_void_p,
)

voxlock_log_fn = CFUNCTYPE(None, c_void_p, c_int32, c_void_p, c_size_t)
voxlock_audio_process_fn = CFUNCTYPE(c_int32, c_void_p, c_void_p, c_void_p, c_size_t)


class voxlock_address(Structure):
    _fields_ = [
        ("ip", c_uint8 * 16), ("port", c_uint16), ("family", c_uint8), ("reserved", c_uint8),
    ]


class voxlock_allocator(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("reserved", c_uint32), ("user", c_void_p),
        ("alloc", CFUNCTYPE(c_void_p, c_void_p, c_size_t, c_size_t)),
        ("free", CFUNCTYPE(None, c_void_p, c_void_p, c_size_t, c_size_t)),
    ]


class voxlock_context_config(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("log_level", c_int32), ("allocator", c_void_p), ("log", voxlock_log_fn),
        ("log_user", c_void_p), ("seed", c_void_p), ("seed_len", c_size_t), ("wall_time_ns", c_uint64),
        ("memory", c_uint32), ("reserved", c_uint32),
    ]


class voxlock_memory_info(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("is_locked", c_uint32), ("reserved_bytes", c_uint64),
        ("locked_bytes", c_uint64), ("used_bytes", c_uint64),
    ]


class voxlock_codec_config(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("codec", c_uint32), ("sample_rate", c_uint32), ("opus_bitrate", c_uint32),
        ("opus_complexity", c_uint32), ("opus_packet_loss_perc", c_uint32), ("opus_fec", c_uint32),
        ("opus_dtx", c_uint32), ("opus_vbr", c_uint32),
    ]


class voxlock_decoder_stats(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("last_samples", c_uint32), ("packets", c_uint64),
        ("silent_packets", c_uint64), ("malformed_packets", c_uint64), ("concealed_frames", c_uint64),
        ("fec_frames", c_uint64),
    ]


class voxlock_stage(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("kind", c_uint32), ("gain_cdb", c_int32), ("attenuation_db", c_uint32),
        ("frame_ms", c_uint32), ("out_rate", c_uint32), ("quality", c_uint32), ("sample_rate", c_uint32),
        ("frame_samples", c_uint32), ("latency_samples", c_uint32), ("process", voxlock_audio_process_fn),
        ("user", c_void_p),
    ]


class voxlock_chain_config(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("sample_rate", c_uint32), ("block_samples", c_uint32),
        ("stage_count", c_uint32), ("stages", c_void_p),
    ]


class voxlock_stage_stats(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("kind", c_uint32), ("samples", c_uint64), ("frames", c_uint64),
        ("bypassed_frames", c_uint64), ("latency_samples", c_uint32), ("reserved", c_uint32),
    ]


class voxlock_frame_cryptor_config(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("format", c_int32), ("ring_size", c_uint32), ("clear_len", c_uint32),
        ("ratchet_window", c_uint32), ("pbkdf2_iterations", c_uint32), ("salt", c_void_p),
        ("salt_len", c_size_t), ("server_trailer", c_void_p), ("server_trailer_len", c_size_t),
        ("server_codec", c_uint32), ("sframe_suite", c_int32), ("first_counter", c_uint64),
        ("max_frames", c_uint64),
    ]


class voxlock_frame_cryptor_stats(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("opening_keys", c_uint32), ("sealed", c_uint64), ("opened", c_uint64),
        ("empty", c_uint64), ("server_frames", c_uint64), ("auth_failed", c_uint64), ("no_key", c_uint64),
        ("malformed", c_uint64), ("server_refused", c_uint64), ("replayed", c_uint64),
        ("exhausted", c_uint64), ("ratcheted", c_uint64), ("next_counter", c_uint64),
    ]


class voxlock_identity_config(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("is_ca", c_uint32), ("common_name", c_void_p), ("dns_name", c_void_p),
        ("ip", c_void_p), ("ip_len", c_size_t), ("sip_uri", c_void_p), ("not_before_s", c_uint64),
        ("not_after_s", c_uint64), ("issuer", c_void_p),
    ]


class voxlock_tls_settings_config(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("role", c_int32), ("client_auth", c_int32), ("requires_tls13", c_uint32),
        ("requires_alpn", c_uint32), ("allows_unknown_time", c_uint32), ("certificates", c_void_p),
        ("certificates_len", c_size_t), ("key", c_void_p), ("key_len", c_size_t), ("authorities", c_void_p),
        ("authorities_len", c_size_t), ("alpn", c_void_p),
    ]


class voxlock_tls_info(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("state", c_int32), ("failure", c_int32), ("is_peer_verified", c_uint32),
        ("alert_received", c_uint32), ("alert_sent", c_uint32), ("version", c_char * 16),
        ("cipher", c_char * 64), ("alpn", c_char * 32), ("peer_subject", c_char * 256),
        ("peer_sha256", c_uint8 * 32),
    ]


class voxlock_datagram(Structure):
    _fields_ = [
        ("data", c_void_p), ("len", c_size_t), ("source", voxlock_address), ("leg", c_uint32),
        ("local", c_uint32), ("reserved", c_uint32),
    ]


class voxlock_leg_config(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("srtp_policy", c_int32), ("suites", c_uint32 * 8),
        ("codecs", c_uint32 * 8), ("ptime_ms", c_uint32), ("telephone_event", c_int32),
        ("rtp_address", voxlock_address), ("rtcp_address", voxlock_address), ("rtcp_mux", c_int32),
        ("symmetric", c_int32), ("signalling", c_int32), ("opus_bitrate", c_uint32),
        ("opus_complexity", c_uint32), ("opus_fec", c_int32), ("opus_dtx", c_int32),
        ("rekey_overlap_ms", c_uint32), ("media_timeout_ms", c_uint32), ("queue_bytes", c_uint32),
        ("reserved", c_uint32), ("cname", c_void_p), ("key_exchange", c_int32), ("dtls_client", c_int32),
        ("identity", c_void_p), ("further_addresses", c_void_p), ("further_address_count", c_size_t),
        ("consent_ms", c_uint32), ("reserved2", c_uint32), ("nack", c_int32), ("rtcp_rsize", c_int32),
        ("rtcp_xr", c_int32), ("reserved3", c_uint32), ("transport_cc", c_int32), ("extensions", c_uint32),
        ("red", c_int32), ("red_blocks", c_uint32), ("early_media_ms", c_uint32), ("reserved4", c_uint32),
    ]


class voxlock_verdict(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("kind", c_int32), ("reason", c_int32), ("sip_status", c_int32),
        ("warn_code", c_int32), ("reserved", c_uint32), ("warning", c_void_p), ("changes", c_uint32),
        ("reserved2", c_uint32),
    ]


class voxlock_leg_media_info(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("codec", c_uint32), ("rtp_clock_hz", c_uint32), ("channels", c_uint32),
        ("ptime_ms", c_uint32), ("payload_type_send", c_uint32), ("payload_type_recv", c_uint32),
        ("event_type_send", c_uint32), ("event_type_recv", c_uint32), ("direction", c_int32),
        ("is_secure", c_int32), ("suite_send", c_uint32), ("suite_recv", c_uint32), ("ssrc_send", c_uint32),
        ("rtcp_mux", c_int32), ("generation", c_uint32), ("remote_rtp", voxlock_address),
        ("remote_rtcp", voxlock_address), ("key_exchange", c_int32), ("is_connected", c_int32),
        ("local_fingerprint", c_uint8 * 32), ("remote_fingerprint", c_uint8 * 32),
    ]


class voxlock_leg_stats(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("ssrc_send", c_uint32), ("ssrc_recv", c_uint32), ("reserved", c_uint32),
        ("packets_in", c_uint64), ("bytes_in", c_uint64), ("packets_out", c_uint64), ("bytes_out", c_uint64),
        ("rtcp_in", c_uint64), ("rtcp_out", c_uint64), ("lost_in", c_uint64), ("duplicates_in", c_uint64),
        ("reordered_in", c_uint64), ("jitter_in_us", c_uint64), ("rtt_us", c_uint64), ("peer_lost", c_uint64),
        ("peer_jitter_us", c_uint64), ("peer_fraction_lost", c_uint32), ("rekeys", c_uint32),
        ("followed", c_uint64), ("dropped", c_uint64 * 16), ("nacked_out", c_uint64),
        ("recovered_in", c_uint64), ("unrecovered", c_uint64), ("resent_out", c_uint64),
        ("resend_denied", c_uint64), ("feedback_out", c_uint64), ("feedback_in", c_uint64),
        ("transport_received", c_uint64), ("transport_lost", c_uint64), ("transport_queue_us", c_uint64),
        ("redundant_in", c_uint64), ("redundant_out", c_uint64), ("fault", c_int32), ("fault_ssrc", c_uint32),
        ("fault_rounds", c_uint32), ("reserved2", c_uint32), ("faults", c_uint64), ("recovered", c_uint64),
    ]


class voxlock_media_event(Structure):
    _fields_ = [
        ("type", c_uint32), ("leg", c_uint32), ("offset", c_size_t), ("len", c_size_t),
        ("address", voxlock_address), ("ssrc", c_uint32), ("sequence", c_uint64), ("timestamp", c_uint32),
        ("payload_type", c_uint8), ("marker", c_uint8), ("is_rtcp", c_uint8), ("digit", c_uint8),
        ("duration_ms", c_uint32), ("lost", c_uint32), ("value", c_uint64), ("local", c_uint32),
        ("reserved0", c_uint32), ("reserved", c_uint64),
    ]


class voxlock_bridge_config(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("conceal_max_ms", c_uint32), ("denoise_db", c_uint32 * 2),
        ("stage_count", c_uint32 * 2), ("stages", c_void_p * 2), ("cryptor", c_void_p * 2),
        ("repair_ms", c_uint32 * 2),
    ]


class voxlock_protection(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("scope", c_int32), ("transport", c_int32 * 2),
        ("key_exchange", c_int32 * 2), ("suite_in", c_uint32 * 2), ("suite_out", c_uint32 * 2),
        ("signalling", c_int32 * 2), ("peer_verified", c_int32 * 2), ("content_opened", c_int32 * 2),
        ("stages", c_char * 96 * 2), ("hop_scope", c_int32 * 2), ("participant", c_int32),
        ("reserved", c_uint32), ("tap_count", c_uint32 * 2), ("taps", c_char * 160 * 2),
        ("peer_fingerprint", c_uint8 * 32 * 2), ("peer_name", c_char * 256 * 2),
    ]


class voxlock_bridge_stats(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("reserved", c_uint32), ("packets_in", c_uint64 * 2),
        ("packets_out", c_uint64 * 2), ("lost", c_uint64 * 2), ("concealed", c_uint64 * 2),
        ("silences", c_uint64 * 2), ("muted", c_uint64 * 2), ("events_out", c_uint64 * 2),
        ("bypassed", c_uint64 * 2), ("latency_us", c_uint64 * 2), ("plaintext_count", c_uint64 * 2),
        ("plaintext_p50_ns", c_uint64 * 2), ("plaintext_p99_ns", c_uint64 * 2),
        ("plaintext_p999_ns", c_uint64 * 2), ("plaintext_max_ns", c_uint64 * 2), ("unopened", c_uint64 * 2),
        ("unsealed", c_uint64 * 2), ("waited", c_uint64 * 2), ("recovered", c_uint64 * 2),
        ("tapped", c_uint64 * 2),
    ]


class voxlock_ua_config(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("survive", c_uint32), ("host", c_void_p), ("host_len", c_size_t),
        ("user", c_void_p), ("user_len", c_size_t), ("product", c_void_p), ("product_len", c_size_t),
        ("realm", c_void_p), ("realm_len", c_size_t), ("port_tcp", c_uint32), ("port_tls", c_uint32),
        ("algorithms", c_uint32), ("retry_after_s", c_uint32), ("nonce_lifetime_ns", c_uint64),
        ("t1_ns", c_uint64), ("t2_ns", c_uint64), ("t4_ns", c_uint64), ("max_connections", c_uint32),
        ("max_calls", c_uint32), ("max_transactions", c_uint32), ("max_message", c_uint32),
        ("max_output", c_uint32), ("reserved", c_uint32), ("session_expires_s", c_uint32),
        ("min_se_s", c_uint32),
    ]


class voxlock_ua_event(Structure):
    _fields_ = [
        ("type", c_uint32), ("status", c_uint32), ("call", c_uint64), ("connection", c_uint64),
        ("cause", c_uint32), ("transport", c_uint32), ("port", c_uint32), ("retry_after_s", c_uint32),
        ("data_offset", c_uint32), ("data_len", c_uint32), ("sdp_offset", c_uint32), ("sdp_len", c_uint32),
        ("reason_offset", c_uint32), ("reason_len", c_uint32), ("warning_offset", c_uint32),
        ("warning_len", c_uint32), ("digit", c_uint32), ("duration_ms", c_uint32),
    ]


class voxlock_ua_invite_config(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("transport", c_uint32), ("connection", c_uint64), ("to", c_void_p),
        ("to_len", c_size_t), ("from", c_void_p), ("from_len", c_size_t), ("display_name", c_void_p),
        ("display_name_len", c_size_t), ("route", c_void_p), ("route_len", c_size_t), ("sdp", c_void_p),
        ("sdp_len", c_size_t), ("headers", c_void_p), ("headers_len", c_size_t),
    ]


class voxlock_ua_refusal(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("status", c_uint32), ("reason", c_void_p), ("reason_len", c_size_t),
        ("warning", c_void_p), ("warning_len", c_size_t), ("warn_code", c_uint32),
        ("retry_after_s", c_uint32),
    ]


class voxlock_ua_stats(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("connections", c_uint32), ("calls", c_uint32), ("transactions", c_uint32),
        ("requests_in", c_uint64), ("responses_in", c_uint64), ("malformed", c_uint64),
        ("unmatched", c_uint64), ("refused_by_limit", c_uint64), ("challenges", c_uint64),
        ("auth_failures", c_uint64),
    ]


class voxlock_checkpoint_config(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("allowance", c_uint32), ("key", c_void_p), ("key_len", c_size_t),
        ("epoch", c_uint64),
    ]


class voxlock_dtls_config(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("role", c_int32), ("identity", c_void_p), ("certificates", c_void_p),
        ("certificates_len", c_size_t), ("key", c_void_p), ("key_len", c_size_t),
        ("peer_fingerprints", c_void_p), ("suites", c_void_p), ("suite_count", c_size_t), ("mtu", c_uint32),
        ("is_address_proven", c_uint32), ("first_timeout_ns", c_uint64), ("max_timeout_ns", c_uint64),
        ("give_up_ns", c_uint64),
    ]


class voxlock_dtls_info(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("state", c_int32), ("failure", c_int32), ("doubt", c_int32),
        ("media_allowed", c_uint32), ("is_peer_verified", c_uint32), ("suite", c_int32),
        ("alert_received", c_uint32), ("alert_sent", c_uint32), ("cipher", c_char * 64),
        ("peer_sha256", c_uint8 * 32), ("records_dropped", c_uint64), ("datagrams_dropped", c_uint64),
    ]


class voxlock_dtls_keys(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("suite", c_int32), ("key_len", c_uint32), ("reserved", c_uint32),
        ("key", c_uint8 * 46), ("peer_key", c_uint8 * 46),
    ]


class voxlock_ice_config(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("local_count", c_uint32), ("local", voxlock_address * 8),
        ("ufrag", c_void_p), ("pwd", c_void_p), ("consent_ms", c_uint32), ("max_errors_per_s", c_uint32),
    ]


class voxlock_ice_event(Structure):
    _fields_ = [
        ("type", c_uint32), ("local", c_uint32), ("remote", voxlock_address), ("reserved", c_uint32),
    ]


class voxlock_ice_info(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("is_selected", c_uint32), ("selected_local", c_uint32),
        ("selected_remote", voxlock_address), ("has_consent", c_uint32), ("reserved", c_uint32),
        ("checks", c_uint64), ("repeated", c_uint64), ("role_conflicts", c_uint64),
        ("unknown_required", c_uint64), ("errors_sent", c_uint64), ("errors_withheld", c_uint64),
        ("not_stun", c_uint64), ("not_request", c_uint64), ("bad_request", c_uint64),
        ("bad_username", c_uint64), ("bad_integrity", c_uint64), ("replayed", c_uint64),
    ]


class voxlock_port_config(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("format", c_uint32), ("codec", c_uint32), ("sample_rate", c_uint32),
        ("ptime_ms", c_uint32), ("payload_type", c_uint32), ("event_type", c_uint32),
        ("host_protects", c_int32), ("signalling", c_int32), ("opus_bitrate", c_uint32),
        ("opus_complexity", c_uint32), ("opus_fec", c_int32), ("opus_dtx", c_int32),
        ("queue_bytes", c_uint32),
    ]


class voxlock_port_frame(Structure):
    _fields_ = [
        ("data", c_void_p), ("len", c_size_t), ("timestamp", c_uint32), ("lost", c_uint32),
        ("payload_type", c_uint32), ("marker", c_uint32),
    ]


class voxlock_quality(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("is_known", c_int32), ("ssrc", c_uint32), ("gmin", c_uint32),
        ("loss_rate", c_uint32), ("discard_rate", c_uint32), ("burst_density", c_uint32),
        ("gap_density", c_uint32), ("burst_ms", c_uint32), ("gap_ms", c_uint32), ("round_trip_ms", c_uint32),
        ("end_system_ms", c_uint32), ("signal_dbm0", c_int32), ("noise_dbm0", c_int32), ("rerl_db", c_uint32),
        ("r_factor", c_uint32), ("external_r_factor", c_uint32), ("mos_lq", c_uint32), ("mos_cq", c_uint32),
        ("concealment", c_int32), ("jitter_buffer", c_int32), ("jitter_buffer_rate", c_uint32),
        ("buffer_nominal_ms", c_uint32), ("buffer_maximum_ms", c_uint32), ("buffer_absolute_ms", c_uint32),
        ("reserved", c_uint32), ("packets", c_uint64), ("lost", c_uint64), ("discarded", c_uint64),
        ("bursts", c_uint64),
    ]


class voxlock_terminal(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("concealment", c_int32), ("jitter_buffer", c_int32),
        ("jitter_buffer_rate", c_uint32), ("buffer_nominal_ms", c_uint32), ("buffer_maximum_ms", c_uint32),
        ("buffer_absolute_ms", c_uint32), ("delay_ms", c_uint32), ("signal_dbm0", c_int32),
        ("noise_dbm0", c_int32), ("rerl_db", c_uint32), ("reserved", c_uint32),
    ]


class voxlock_relay_config(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("digits", c_int32), ("levels", c_int32), ("is_sealed", c_int32),
        ("level_id", c_uint32 * 2),
    ]


class voxlock_relay_stats(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("status", c_int32), ("packets_in", c_uint64 * 2),
        ("packets_out", c_uint64 * 2), ("lost", c_uint64 * 2), ("reordered", c_uint64 * 2),
        ("too_late", c_uint64 * 2), ("events_out", c_uint64 * 2), ("events_blocked", c_uint64 * 2),
        ("levels_out", c_uint64 * 2), ("recovered", c_uint64 * 2),
    ]


class voxlock_rtp_header(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("payload_type", c_uint32), ("marker", c_uint32), ("sequence", c_uint32),
        ("timestamp", c_uint32), ("ssrc", c_uint32), ("padding_len", c_uint32), ("csrc_count", c_uint32),
        ("extension_profile", c_uint32), ("extension_offset", c_uint32), ("extension_len", c_uint32),
        ("payload_offset", c_uint32), ("payload_len", c_uint32), ("reserved", c_uint32),
    ]


class voxlock_rtcp_block(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("ssrc", c_uint32), ("fraction_lost", c_uint32),
        ("cumulative_lost", c_int32), ("extended_highest", c_uint32), ("jitter", c_uint32),
        ("last_sr", c_uint32), ("delay_since_sr", c_uint32),
    ]


class voxlock_rtcp_report(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("ssrc", c_uint32), ("ntp", c_uint64), ("is_sender", c_uint32),
        ("rtp_timestamp", c_uint32), ("packets", c_uint32), ("octets", c_uint32), ("block_count", c_uint32),
        ("is_bye", c_uint32),
    ]


class voxlock_dtmf_event(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("code", c_uint32), ("is_end", c_uint32), ("volume", c_uint32),
        ("duration", c_uint32), ("digit", c_uint32),
    ]


class voxlock_sip_text(Structure):
    _fields_ = [
        ("data", c_void_p), ("len", c_size_t),
    ]


class voxlock_sip_config(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("max_message", c_uint32), ("is_client", c_int32), ("reserved", c_uint32),
    ]


class voxlock_sip_summary(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("status_code", c_int32), ("method", voxlock_sip_text),
        ("uri", voxlock_sip_text), ("reason", voxlock_sip_text), ("from_uri", voxlock_sip_text),
        ("from_name", voxlock_sip_text), ("from_tag", voxlock_sip_text), ("to_uri", voxlock_sip_text),
        ("to_name", voxlock_sip_text), ("to_tag", voxlock_sip_text), ("call_id", voxlock_sip_text),
        ("contact_uri", voxlock_sip_text), ("via_branch", voxlock_sip_text),
        ("content_type", voxlock_sip_text), ("body", voxlock_sip_text), ("cseq", c_uint32),
        ("max_forwards", c_int32), ("header_count", c_uint32), ("is_answerable", c_int32),
    ]


class voxlock_sip_header(Structure):
    _fields_ = [
        ("name", voxlock_sip_text), ("value", voxlock_sip_text),
    ]


class voxlock_sip_start(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("status_code", c_int32), ("method", voxlock_sip_text),
        ("uri", voxlock_sip_text), ("reason", voxlock_sip_text),
    ]


class voxlock_sip_uri(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("scheme", c_int32), ("uri", voxlock_sip_text), ("user", voxlock_sip_text),
        ("password", voxlock_sip_text), ("host", voxlock_sip_text), ("params", voxlock_sip_text),
        ("headers", voxlock_sip_text), ("display_name", voxlock_sip_text), ("field_params", voxlock_sip_text),
        ("port", c_int32), ("reserved", c_uint32),
    ]


class voxlock_sdp_summary(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("media_count", c_uint32), ("username", voxlock_sip_text),
        ("session_id", voxlock_sip_text), ("version", voxlock_sip_text), ("origin_address", voxlock_sip_text),
        ("name", voxlock_sip_text),
    ]


class voxlock_sdp_media(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("direction", c_int32), ("type", voxlock_sip_text),
        ("proto", voxlock_sip_text), ("formats", voxlock_sip_text), ("connection", voxlock_sip_text),
        ("address", voxlock_address), ("port", c_uint32), ("port_count", c_uint32),
        ("attribute_count", c_uint32), ("reserved", c_uint32),
    ]


class voxlock_sdp_crypto(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("tag", c_uint32), ("suite", c_uint32), ("usability", c_int32),
        ("key_len", c_uint32), ("mki_len", c_uint32), ("lifetime", c_uint64), ("key", c_uint8 * 64),
        ("mki", c_uint8 * 128),
    ]


class voxlock_negotiation_config(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("key_exchange", c_int32), ("srtp_policy", c_int32),
        ("ptime_ms", c_uint32), ("suites", c_uint32 * 8), ("codecs", c_uint32 * 8),
        ("rtp_address", voxlock_address), ("rtcp_address", voxlock_address), ("telephone_event", c_int32),
        ("rtcp_mux", c_int32), ("opus_fec", c_int32), ("opus_dtx", c_int32), ("fingerprint", c_void_p),
        ("ice_ufrag", c_void_p), ("ice_pwd", c_void_p), ("candidates", c_void_p), ("mid", c_void_p),
        ("stream_id", c_void_p), ("track_id", c_void_p), ("cname", c_void_p), ("ssrc", c_uint32),
        ("max_opus_bitrate", c_uint32), ("extensions", c_uint32), ("dtls_role", c_int32),
        ("ice_required", c_int32), ("ice_lite", c_int32), ("end_of_candidates", c_int32), ("red", c_int32),
        ("nack", c_int32), ("transport_cc", c_int32), ("rtcp_rsize", c_int32), ("reserved", c_uint32),
    ]


class voxlock_negotiated(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("key_exchange", c_int32), ("media_index", c_uint32), ("codec", c_uint32),
        ("rtp_clock_hz", c_uint32), ("channels", c_uint32), ("ptime_ms", c_uint32), ("direction", c_int32),
        ("payload_type_send", c_uint32), ("payload_type_recv", c_uint32), ("event_type_send", c_uint32),
        ("event_type_recv", c_uint32), ("event_clock_hz", c_uint32), ("remote_hold", c_int32),
        ("wants_opus_fec", c_int32), ("wants_opus_dtx", c_int32), ("max_opus_bitrate", c_uint32),
        ("rtcp_mux", c_int32), ("remote_rtp", voxlock_address), ("remote_rtcp", voxlock_address),
        ("suite", c_uint32), ("key_len", c_uint32), ("remote_lifetime", c_uint64),
        ("remote_mki_len", c_uint32), ("reserved", c_uint32), ("local_key", c_uint8 * 64),
        ("remote_key", c_uint8 * 64), ("remote_mki", c_uint8 * 128), ("dtls_role", c_int32), ("ice", c_int32),
        ("remote_ice_lite", c_int32), ("remote_trickle", c_int32), ("end_of_candidates", c_int32),
        ("candidate_count", c_uint32), ("fingerprint_count", c_uint32), ("bundled", c_int32),
        ("extmap_mixed", c_int32), ("extension_id", c_uint32 * 4), ("extension_direction", c_int32 * 4),
        ("red_type_send", c_uint32), ("red_type_recv", c_uint32), ("nack", c_int32),
        ("transport_cc", c_int32), ("rtcp_rsize", c_int32), ("ssrc_count", c_uint32), ("ssrcs", c_uint32 * 8),
        ("rtcp_senders_bps", c_uint32), ("rtcp_receivers_bps", c_uint32),
    ]


class voxlock_srtp_suite(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("suite", c_int32), ("name", c_void_p), ("key_len", c_uint32),
        ("salt_len", c_uint32), ("rtp_tag_len", c_uint32), ("rtcp_tag_len", c_uint32),
    ]


class voxlock_srtp_config(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("suite", c_int32), ("key", c_void_p), ("key_len", c_size_t),
        ("peer_key", c_void_p), ("peer_key_len", c_size_t), ("mki", c_void_p), ("mki_len", c_size_t),
        ("peer_mki", c_void_p), ("peer_mki_len", c_size_t), ("replay_window", c_uint32),
        ("max_ssrcs", c_uint32), ("rtp_lifetime", c_uint64), ("rtcp_lifetime", c_uint64), ("flags", c_uint32),
        ("reserved", c_uint32),
    ]


class voxlock_srtp_packet(Structure):
    _fields_ = [
        ("srtp", c_void_p), ("data", c_void_p), ("len", c_size_t), ("out", c_void_p), ("out_len", c_size_t),
        ("status", c_int32), ("reserved", c_uint32),
    ]


class voxlock_srtp_stats(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("ssrcs", c_uint32), ("rtp_opened", c_uint64), ("rtcp_opened", c_uint64),
        ("rtp_sealed", c_uint64), ("rtcp_sealed", c_uint64), ("auth_failed", c_uint64),
        ("replayed", c_uint64), ("too_old", c_uint64), ("malformed", c_uint64), ("mki_unknown", c_uint64),
        ("ssrc_refused", c_uint64), ("key_expired", c_uint64), ("rtp_left", c_uint64),
        ("rtcp_left", c_uint64), ("fault", c_int32), ("fault_ssrc", c_uint32), ("fault_rounds", c_uint32),
        ("reserved", c_uint32), ("faults", c_uint64), ("recovered", c_uint64),
    ]


class voxlock_tap_config(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("buffer_ms", c_uint32), ("name", c_void_p),
    ]


class voxlock_tap_frame(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("sample_rate", c_uint32), ("position", c_uint64), ("lost", c_uint64),
    ]


STRUCTS: tuple[type[Structure], ...] = (
    voxlock_address, voxlock_allocator, voxlock_context_config, voxlock_memory_info, voxlock_codec_config,
    voxlock_decoder_stats, voxlock_stage, voxlock_chain_config, voxlock_stage_stats,
    voxlock_frame_cryptor_config, voxlock_frame_cryptor_stats, voxlock_identity_config,
    voxlock_tls_settings_config, voxlock_tls_info, voxlock_datagram, voxlock_leg_config, voxlock_verdict,
    voxlock_leg_media_info, voxlock_leg_stats, voxlock_media_event, voxlock_bridge_config, voxlock_protection,
    voxlock_bridge_stats, voxlock_ua_config, voxlock_ua_event, voxlock_ua_invite_config, voxlock_ua_refusal,
    voxlock_ua_stats, voxlock_checkpoint_config, voxlock_dtls_config, voxlock_dtls_info, voxlock_dtls_keys,
    voxlock_ice_config, voxlock_ice_event, voxlock_ice_info, voxlock_port_config, voxlock_port_frame,
    voxlock_quality, voxlock_terminal, voxlock_relay_config, voxlock_relay_stats, voxlock_rtp_header,
    voxlock_rtcp_block, voxlock_rtcp_report, voxlock_dtmf_event, voxlock_sip_text, voxlock_sip_config,
    voxlock_sip_summary, voxlock_sip_header, voxlock_sip_start, voxlock_sip_uri, voxlock_sdp_summary,
    voxlock_sdp_media, voxlock_sdp_crypto, voxlock_negotiation_config, voxlock_negotiated, voxlock_srtp_suite,
    voxlock_srtp_config, voxlock_srtp_packet, voxlock_srtp_stats, voxlock_tap_config, voxlock_tap_frame,
)
