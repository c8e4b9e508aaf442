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

  // Five seconds without a network: the same session goes on.
  async drop(person) {
    await person.relayed();
    await person.answer();
    await person.hears(6);
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
