// What a person does at the page, by the name of the case.
import assert from 'node:assert/strict';

async function lost(person) {
  return person.page.evaluate(async () => {
    const inbound = [...(await window.lastPeer.getStats()).values()].find((entry) => entry.type === 'inbound-rtp');
    return inbound ? inbound.packetsLost : 0;
  }).catch(() => 0);
}

// What the gateway sends against losses and about the audio, as the browser itself takes it.
async function understands(person) {
  const seen = await person.page.evaluate(async () => {
    const stats = [...(await window.lastPeer.getStats()).values()];
    const inbound = stats.find((entry) => entry.type === 'inbound-rtp');
    const [source] = window.lastPeer.getReceivers()[0].getSynchronizationSources();
    return { redundant: inbound.fecPacketsReceived, level: source.audioLevel };
  });
  // RFC 2198: it unpacks redundant audio.
  assert.ok(seen.redundant > 50, `redundant frames: ${seen.redundant}`);
  // RFC 6464: it has the level from the header and from nowhere else.
  assert.ok(seen.level >= 0 && seen.level <= 1, `level: ${seen.level}`);
}

// The gateway says which packets of the browser arrive, and when. A browser that is not told keeps
// its first guess of the way, 300 kbit/s.
async function isTold(person) {
  const read = () => person.page.evaluate(async () => {
    const stats = [...(await window.lastPeer.getStats()).values()];
    const pair = stats.find((entry) => entry.type === 'candidate-pair' && entry.nominated);
    const remote = stats.find((entry) => entry.type === 'remote-inbound-rtp');
    return {available: pair.availableOutgoingBitrate, lost: remote ? remote.packetsLost : 0};
  });
  let seen = await read();
  // Reports come 5 s apart on average (RFC 3550, section 6.2).
  for (let tries = 0; seen.lost === 0 && tries < 50; ++tries) {
    await person.page.waitForTimeout(200);
    seen = await read();
  }
  assert.ok(seen.available > 0 && seen.available !== 300000, `guessed: ${seen.available} bit/s`);
  assert.ok(seen.lost > 0, 'the browser knows what was lost on the way to the gateway');
}

// One in ten packets is lost for a while; the browser has their frames from the ones behind.
async function mends(person) {
  const read = () => person.page.evaluate(async () => {
    const stats = [...(await window.lastPeer.getStats()).values()];
    const inbound = stats.find((entry) => entry.type === 'inbound-rtp');
    return {lost: inbound.packetsLost, concealed: inbound.concealmentEvents};
  });
  const before = await read();
  person.relay.lose_every = 10;
  await person.page.waitForTimeout(3000);
  person.relay.lose_every = 0;
  await person.page.waitForTimeout(500);
  const after = await read();
  const lost = after.lost - before.lost;
  const concealed = after.concealed - before.concealed;
  assert.ok(lost >= 5, `lost on the way: ${lost}`);
  assert.ok(concealed * 3 <= lost, `not mended: ${concealed} of ${lost}`);
}

// What the page tells a person: how loud both are, the quality, and who can hear what.
async function shows(person) {
  for (const name of ['phone', 'mic']) await person.waitFor(`text-${name}`, 'dB', 4000);
  const all = (selector) => person.page.$$eval(selector, (found) => found.map((element) => element.textContent));
  for (const [name, codec, keys] of [['phone', 'PCMU', 'SDES'], ['browser', 'opus', 'DTLS']]) {
    const [shown, ...rest] = await all(`#row-${name} td`);
    assert.equal(shown, codec);
    assert.deepEqual(rest.slice(0, 2), ['0', '0'], `lost of the ${name}`);
    assert.match(rest[2], /^[0-9.]+ ms$/);
    const [suite, how] = await all(`#hop-${name} span`);
    assert.match(suite, /^AES CM 128|^AEAD AES/);
    assert.ok(how.startsWith(`keys by ${keys}, peer `), how);
  }
  assert.match(await person.text('opened'), /^opens the audio: decode, denoise, .*encode$/);
  assert.match(await person.text('plaintext'), / open for \d+ µs/);
  // The terminal of the gateway has to show the same.
  for (const end of ['gateway', 'browser']) console.log(`words ${end} ${await person.text(`words-${end}`)}`);
}

// Lets the caller hear a few words more first.
async function hangsUp(person) {
  await person.page.waitForTimeout(2500);
  await person.click('hangup');
  await person.waitFor('title', 'No call');
}

export const cases = {
  // Listens to the end of the call, and takes a picture in the middle of it.
  async demo(person) {
    await person.answer();
    await person.waitFor('match', 'both ends agree');
    await person.page.waitForTimeout(2500);
    await understands(person);
    await shows(person);
    await person.picture('page.png');
    assert.match(await person.text('scope'), /hop by hop/);
    for (;;) {
      person.lost = await lost(person) || person.lost;
      if (await person.text('title') === 'No call') return;
      await person.page.waitForTimeout(250);
    }
  },

  async reload(person) {
    await person.answer();
    await person.waitFor('match', 'both ends agree');
    const before = await person.text('words-browser');
    await person.hears(6);
    await person.page.reload();
    // By itself, with a certificate of its own.
    await person.waitFor('title', 'In the call');
    await person.waitFor('match', 'both ends agree');
    assert.notEqual(await person.text('words-browser'), before);
    person.heard.length = 0;
    await person.hears(6);
    await hangsUp(person);
  },

  async mute(person) {
    await person.answer();
    await person.hears(6);
    await person.click('mute');
    assert.equal(await person.text('mute'), 'Muted');
    await person.page.waitForTimeout(3000);
    await person.click('mute');
    await person.page.waitForTimeout(2000);
    for (const digit of '159#') await person.page.click(`#keypad button:text-is("${digit}")`);
    assert.equal(await person.text('sent'), '159#');
    await person.page.waitForTimeout(1500);
    await hangsUp(person);
  },

  // A network that loses packets, and five seconds without one: the same session goes on.
  async drop(person) {
    await person.relayed();
    await person.answer();
    await person.hears(6);
    // RFC 6347, section 4.2.3: a post-quantum key share does not fit into one datagram.
    const {length, fragment} = person.relay.hello;
    assert.ok(length > 1200 && fragment < length, `a ClientHello of ${length} bytes, ${fragment} of them in the first datagram`);
    await mends(person);
    person.relay.is_down = true;
    await person.page.waitForTimeout(5000);
    const during = person.loudness(2);
    assert.ok(during < -45, `nothing comes through a network that is gone: ${during.toFixed(1)} dB`);
    person.relay.is_down = false;
    await person.waitFor('title', 'In the call');
    await person.page.waitForFunction(() => document.getElementById('notice').hidden);
    await person.page.waitForTimeout(1000);
    person.heard.length = 0;
    await person.hears(6);
    await isTold(person);
    // Once reports went both ways, which those that the network lost delay.
    await person.page.waitForFunction(
      () => /^[0-9.]+ ms$/.test(document.querySelector('#row-browser td:last-child').textContent), null,
      {timeout: 10_000});
    await hangsUp(person);
  },

  // Leaves and comes back; then another page takes the call.
  async rejoin(person, browser) {
    await person.answer();
    await person.hears(6);
    await person.click('leave');
    await person.waitFor('title', 'The call waits');
    await person.click('answer');
    await person.waitFor('title', 'In the call');
    person.heard.length = 0;
    await person.hears(6);
    const other = await browser.newPage();
    await other.goto(person.page.url());
    await other.click('#answer:enabled');
    await other.waitForFunction(() => document.getElementById('title').textContent === 'In the call');
    await person.waitFor('notice', 'Another page');
    await other.click('#hangup:enabled');
    await other.waitForFunction(() => document.getElementById('title').textContent === 'No call');
  },
};
