// Drives the C ABI from a third language without glue: no generated code, no compiled addition, only the
// headers' own declarations handed to koffi. Usage: node smoke.mjs LIBRARY. Needs node_modules/koffi beside it.
import assert from "node:assert/strict";
import koffi from "koffi";

const lib = koffi.load(process.argv[2]);
const OK = 0, REPLAYED = -401, AUTH = -400, AEAD_AES_128_GCM = 5, DATAGRAM = 0;

// The layouts as the headers write them.
const text = koffi.struct("voxlock_sip_text", { data: "const uint8_t *", len: "size_t" });
const summary = koffi.struct("voxlock_sip_summary", {
  struct_size: "uint32_t", status_code: "int32_t", method: text, uri: text, reason: text, from_uri: text,
  from_name: text, from_tag: text, to_uri: text, to_name: text, to_tag: text, call_id: text, contact_uri: text,
  via_branch: text, content_type: text, body: text, cseq: "uint32_t", max_forwards: "int32_t",
  header_count: "uint32_t", is_answerable: "int32_t",
});
const config = koffi.struct("voxlock_srtp_config", {
  struct_size: "uint32_t", suite: "int32_t", key: "uint8_t *", key_len: "size_t", peer_key: "uint8_t *",
  peer_key_len: "size_t", mki: "uint8_t *", mki_len: "size_t", peer_mki: "uint8_t *", peer_mki_len: "size_t",
  replay_window: "uint32_t", max_ssrcs: "uint32_t", rtp_lifetime: "uint64_t", rtcp_lifetime: "uint64_t",
  flags: "uint32_t", reserved: "uint32_t",
});
for (const handle of ["voxlock_context", "voxlock_sip_message", "voxlock_srtp"]) koffi.opaque(handle);

const version = lib.func("const char *voxlock_version_string()");
const statusName = lib.func("const char *voxlock_status_name(int32_t)");
const sizeOf = lib.func("size_t voxlock_sizeof(const char *)");
const offsetOf = lib.func("size_t voxlock_offsetof(const char *, const char *)");
const newContext = lib.func("int32_t voxlock_context_new(void *, _Out_ voxlock_context **)");
const freeContext = lib.func("void voxlock_context_free(voxlock_context *)");
const newMessage = lib.func("int32_t voxlock_sip_message_new(voxlock_context *, void *, _Out_ voxlock_sip_message **)");
const freeMessage = lib.func("void voxlock_sip_message_free(voxlock_sip_message *)");
const parse = lib.func("int32_t voxlock_sip_message_parse(voxlock_sip_message *, const uint8_t *, size_t, int32_t, _Out_ size_t *)");
const summarise = lib.func("int32_t voxlock_sip_message_summary(voxlock_sip_message *, _Inout_ voxlock_sip_summary *)");
const initSrtp = lib.func("int32_t voxlock_srtp_config_init(_Out_ voxlock_srtp_config *, size_t)");
const newSrtp = lib.func("int32_t voxlock_srtp_new(voxlock_context *, voxlock_srtp_config *, _Out_ voxlock_srtp **)");
const freeSrtp = lib.func("void voxlock_srtp_free(voxlock_srtp *)");
const seal = lib.func("int32_t voxlock_srtp_seal(voxlock_srtp *, const uint8_t *, size_t, _Out_ uint8_t *, _Inout_ size_t *)");
const open = lib.func("int32_t voxlock_srtp_open(voxlock_srtp *, const uint8_t *, size_t, _Out_ uint8_t *, _Inout_ size_t *, uint64_t)");

const ok = (status) => assert.equal(statusName(status), "VOXLOCK_OK");
const made = (make, ...args) => {
  const out = [null];
  ok(make(...args, out));
  return out[0];
};

// Every field lies where the library has it.
for (const [name, type] of Object.entries({ voxlock_sip_summary: summary, voxlock_srtp_config: config })) {
  assert.equal(Number(sizeOf(name)), koffi.sizeof(type), name);
  for (const field of Object.keys(koffi.type(type).members)) {
    assert.equal(Number(offsetOf(name, field)), koffi.offsetof(type, field), `${name}.${field}`);
  }
}

const context = made(newContext, null);

const message = made(newMessage, context, null);
const options = Buffer.from([
  "OPTIONS sips:pbx.example.com SIP/2.0", "Via: SIP/2.0/TLS a.example.net;branch=z9hG4bK1", "Max-Forwards: 70",
  "From: <sips:node@example.net>;tag=7", "To: <sips:pbx.example.com>", "Call-ID: 1@example.net", "CSeq: 9 OPTIONS",
  "Content-Length: 0", "", "",
].join("\r\n"));
const used = [0];
ok(parse(message, options, options.length, DATAGRAM, used));
assert.equal(Number(used[0]), options.length);
const told = { struct_size: koffi.sizeof(summary) };
for (const [name, member] of Object.entries(koffi.type(summary).members)) {
  if (name !== "struct_size") told[name] = koffi.type(member.type ?? member).primitive === "Record" ? { data: null, len: 0 } : 0;
}
ok(summarise(message, told));
const said = ({ data, len }) => Buffer.from(koffi.decode(data, koffi.array("uint8_t", Number(len)))).toString();
assert.deepEqual([said(told.method), said(told.from_uri), told.cseq, told.header_count],
  ["OPTIONS", "sips:node@example.net", 9, 7]);
// A head without its mandatory fields is refused by name.
const bad = Buffer.from("OPTIONS sips:pbx.example.com SIP/2.0\r\n\r\n");
assert.equal(statusName(parse(message, bad, bad.length, DATAGRAM, used)), "VOXLOCK_ERR_SIP_MISSING_HEADER");

const keys = {};
ok(initSrtp(keys, koffi.sizeof(config)));
keys.suite = AEAD_AES_128_GCM;
keys.key = Buffer.alloc(28, 3);
keys.key_len = 28;
const srtp = made(newSrtp, context, keys);
const plain = Buffer.concat([Buffer.from([0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7]), Buffer.alloc(160, 0xd5)]);
const sealed = Buffer.alloc(256), opened = Buffer.alloc(256), len = [sealed.length];
ok(seal(srtp, plain, plain.length, sealed, len));
const packet = sealed.subarray(0, Number(len[0]));
assert.equal(packet.length, plain.length + 16);
assert.ok(!packet.includes(plain.subarray(12, 44)), "the payload is not sealed");

const forged = Buffer.from(packet);
forged[20] ^= 1;
assert.equal(open(srtp, forged, forged.length, opened, [opened.length], 0), AUTH);
len[0] = opened.length;
assert.equal(open(srtp, packet, packet.length, opened, len, 0), OK);
assert.deepEqual(opened.subarray(0, Number(len[0])), plain);
assert.equal(open(srtp, packet, packet.length, opened, [opened.length], 0), REPLAYED);

// In any order.
freeContext(context);
freeSrtp(srtp);
freeMessage(message);
freeMessage(null);
console.log(`voxlock ${version()} from node ${process.versions.node}`);
