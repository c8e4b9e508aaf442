// A person at the gateway's page, played by a Chromium: answers the call, listens, talks from a file,
// and does what the case asks for. Usage: drive.mjs CASE URL MIC.wav OUT-FOLDER PLAYWRIGHT-FOLDER
//
// Leaves heard.wav (8 kHz, what WebAudio got of the phone), page.png and listener.json in the folder.
// Exit status 0 only if all that the case claims held.
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import {writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {cases} from './cases.mjs';

const [name, url, mic, out, folder] = process.argv.slice(2);
const {chromium} = createRequire(path.resolve(folder, 'package.json'))('playwright-core');
const kRate = 8000;

// Runs in the page before its own script: hands on what arrives from the phone, as 16-bit samples.
function listen(rate) {
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...args) {
      super(...args);
      window.lastPeer = this;
      this.addEventListener('track', ({track}) => {
        const audio = new AudioContext({sampleRate: rate});
        const processor = audio.createScriptProcessor(1024, 1, 1);
        processor.onaudioprocess = (event) => {
          const samples = event.inputBuffer.getChannelData(0);
          window.keepAudio(Array.from(samples, (x) => Math.round(Math.max(-1, Math.min(1, x)) * 32767)));
        };
        audio.createMediaStreamSource(new MediaStream([track])).connect(processor).connect(audio.destination);
      });
    }
  };
}

// RFC 7983, section 7, and RFC 5761, section 4: version 2, and no RTCP packet type.
function isRtp(data) {
  const type = data[1] & 0x7f;
  return data[0] >> 6 === 2 && (type < 64 || type > 95);
}

// A network that can be taken away, or loses one in so many packets of media: the gateway's only
// candidate is replaced by this relay.
class Relay {
  is_down = false;
  lose_every = 0;
  hello = {length: 0, fragment: 0}; // of the browser's first ClientHello: all of it, and the part of it in one datagram
  #sockets = [];
  #media = {to_browser: 0, to_gateway: 0};

  #loses(data, way) {
    return this.is_down || (this.lose_every !== 0 && isRtp(data) && ++this.#media[way] % this.lose_every === 0);
  }
  // RFC 6347, section 4.2.2: a handshake record (22) with a ClientHello (1).
  #look(data) {
    if (this.hello.length === 0 && data[0] === 22 && data[13] === 1)
      this.hello = {length: data.readUIntBE(14, 3), fragment: data.readUIntBE(22, 3)};
  }

  async open(target) {
    const front = this.#make((data) => data);
    const backs = new Map();
    front.on('message', (data, from) => {
      this.#look(data);
      if (this.#loses(data, 'to_gateway')) return;
      const key = `${from.address}:${from.port}`;
      if (!backs.has(key)) {
        const back = this.#make();
        back.on('message', (reply) => { if (!this.#loses(reply, 'to_browser')) front.send(reply, from.port, from.address); });
        backs.set(key, back);
      }
      backs.get(key).send(data, target, '127.0.0.1');
    });
    await new Promise((done) => front.bind(0, '127.0.0.1', done));
    return front.address().port;
  }
  #make() {
    const socket = dgram.createSocket('udp4');
    this.#sockets.push(socket);
    return socket;
  }
  close() {
    for (const socket of this.#sockets) socket.close();
  }
}

class Person {
  heard = [];        // samples since the beginning
  problems = [];     // what the browser complained about
  relay = new Relay();

  constructor(page) {
    this.page = page;
    page.on('pageerror', (error) => this.problems.push(String(error)));
    page.on('console', (line) => {
      // A gateway that was told to take one call ends with it, and the page asks it once more.
      if (line.type() === 'error' && !/ERR_CONNECTION_|ERR_EMPTY_RESPONSE/.test(line.text())) this.problems.push(line.text());
    });
  }
  async open() {
    await this.page.exposeFunction('keepAudio', (samples) => { this.heard.push(...samples); });
    await this.page.addInitScript(listen, kRate);
    await this.page.goto(url);
    await this.page.waitForSelector('body');
  }
  // From now on through the relay.
  async relayed() {
    await this.page.route(/\/calls\/\d+$/, async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      // The browser begins the handshake, with a post-quantum key share.
      const postData = route.request().postData().replace('a=setup:actpass', 'a=setup:active');
      const response = await route.fetch({postData});
      const sdp = await response.text();
      const port = await this.relay.open(Number(/a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+)/i.exec(sdp)[1]));
      return route.fulfill({response, body: sdp.replace(/(a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1) \d+/i, `$1 ${port}`)});
    });
  }
  text(id) { return this.page.textContent(`#${id}`); }
  async waitFor(id, text, ms = 10_000) {
    await this.page.waitForFunction(([at, wanted]) => document.getElementById(at).textContent.includes(wanted), [id, text],
      {timeout: ms, polling: 50}).catch(() => { throw new Error(`no '${text}' in #${id}`); });
  }
  click(id) { return this.page.click(`#${id}:enabled`, {timeout: 10_000}); }
  async answer() {
    await this.waitFor('title', 'A phone rings', 20_000);
    await this.click('answer');
    await this.waitFor('title', 'In the call');
  }
  // The loudest half second of the last so many seconds, in dB below full scale.
  loudness(seconds) {
    const recent = this.heard.slice(-seconds * kRate);
    let best = 0;
    for (let i = 0; i + kRate / 2 <= recent.length; i += kRate / 10) {
      let power = 0;
      for (let k = i; k < i + kRate / 2; ++k) power += recent[k] * recent[k];
      best = Math.max(best, power / (kRate / 2));
    }
    return 10 * Math.log10(best / 32768 ** 2 + 1e-12);
  }
  // Speech has pauses: within so many seconds there is sound, after half a second at least.
  async hears(seconds) {
    const end = Date.now() + seconds * 1000;
    let db;
    do {
      await this.page.waitForTimeout(500);
      db = this.loudness(seconds);
    } while (db <= -45 && Date.now() < end);
    assert.ok(db > -45, `the page hears the phone: ${db.toFixed(1)} dB`);
  }
  picture(file) { return this.page.screenshot({path: path.join(out, file), fullPage: true}); }
}

function writeWav(file, samples) {
  const data = Buffer.from(Int16Array.from(samples).buffer);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0); head.writeUInt32LE(36 + data.length, 4); head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16); head.writeUInt16LE(1, 20); head.writeUInt16LE(1, 22);
  head.writeUInt32LE(kRate, 24); head.writeUInt32LE(2 * kRate, 28); head.writeUInt16LE(2, 32); head.writeUInt16LE(16, 34);
  head.write('data', 36); head.writeUInt32LE(data.length, 40);
  writeFileSync(file, Buffer.concat([head, data]));
}

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', `--use-file-for-fake-audio-capture=${path.resolve(mic)}`,
    '--enable-features=WebRtcPqcForDtls', '--force-fieldtrials=WebRTC-EnableDtlsPqc/Enabled/',
    ...(process.getuid() === 0 ? ['--no-sandbox'] : [])],
});
let rc = 0;
const person = new Person(await browser.newPage({viewport: {width: 860, height: 900}}));
try {
  await person.open();
  console.log('ready');
  await cases[name](person, browser);
  assert.deepEqual(person.problems, [], 'the browser complains');
} catch (error) {
  console.error(`FAILED: ${error.message}`);
  await person.picture('failed.png').catch(() => {});
  rc = 1;
}
writeWav(path.join(out, 'heard.wav'), person.heard);
writeFileSync(path.join(out, 'listener.json'), JSON.stringify({lost: person.lost ?? 0}));
person.relay.close();
await browser.close();
process.exit(rc);
