// The page of a call: answers by one exchange of offer and answer (POST, in the manner of WHIP, RFC
// 9725), plays what the phone says, sends the microphone, and shows what is known about both hops.
'use strict';

const $ = (id) => document.getElementById(id);
const kDigits = '123456789*0#';
const kStateMs = 500;
const kSilence = -60;

const page = {
  call: null,        // as the gateway tells it: the one we are in, or the one that rings
  peer: null,        // RTCPeerConnection
  session: '',       // its URL at the gateway
  microphone: null,
  tones: null,       // RTCDTMFSender
  audio: null,       // AudioContext
  meters: [],
  gone: false,       // we left the call that still waits
};

// ---- The call

async function answer() {
  if (!page.call || page.peer) return;
  const id = page.call.id;
  page.gone = false;
  show('');
  $('answer').disabled = true;
  try {
    await join(id);
    sessionStorage.setItem('call', id);
  } catch (error) {
    drop();
    show(error.name === 'NotAllowedError' ? 'The browser refuses the microphone.' : `Could not answer: ${error.message}`);
  }
  render();
}

async function join(id) {
  page.microphone = await navigator.mediaDevices.getUserMedia({
    audio: {echoCancellation: true, noiseSuppression: true, autoGainControl: true},
  });
  page.audio = new AudioContext();
  const peer = page.peer = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  const track = page.microphone.getAudioTracks()[0];
  page.tones = peer.addTrack(track, page.microphone).dtmf;
  peer.ontrack = (event) => {
    const stream = new MediaStream([event.track]);
    $('phone').srcObject = stream;
    meter('phone', stream);
  };
  peer.onconnectionstatechange = () => { if (page.peer === peer) followConnection(peer); };
  meter('mic', page.microphone);

  // The gateway is ICE-lite on one known address: candidates of ours are not needed there.
  await peer.setLocalDescription();
  const response = await fetch(`calls/${id}`, {
    method: 'POST', headers: {'Content-Type': 'application/sdp'}, body: peer.localDescription.sdp,
  });
  const text = await response.text();
  if (response.status !== 201) throw new Error(text.trim());
  page.session = response.headers.get('Location');
  await peer.setRemoteDescription({type: 'answer', sdp: text});
  setMuted(false);
}

function followConnection(peer) {
  const state = peer.connectionState;
  if (state === 'connected') show('');
  if (state === 'disconnected') show('The network is gone. Waiting for it …');
  if (state === 'failed') {
    drop();
    show('The connection failed. Press Rejoin to come back.');
  }
  render();
}

// Ends our side and nothing else.
function drop() {
  if (page.peer) page.peer.close();
  for (const track of page.microphone ? page.microphone.getTracks() : []) track.stop();
  if (page.audio) page.audio.close();
  $('phone').srcObject = null;
  Object.assign(page, {peer: null, microphone: null, tones: null, audio: null, meters: [], session: ''});
  level('phone', kSilence);
  level('mic', kSilence);
}

async function leave() {
  const session = page.session;
  page.gone = true;
  sessionStorage.removeItem('call');
  drop();
  if (session) await fetch(session, {method: 'DELETE'}).catch(() => {});
  await refresh();
}

async function hangUp() {
  const id = page.call && page.call.id;
  sessionStorage.removeItem('call');
  // First the call, then our side of it; the gateway may be gone with the call.
  if (id) await fetch(`calls/${id}`, {method: 'DELETE'}).catch(() => {});
  drop();
  await refresh();
}

function setMuted(is_muted) {
  if (!page.microphone) return;
  page.microphone.getAudioTracks()[0].enabled = !is_muted;
  $('mute').setAttribute('aria-pressed', is_muted);
  $('mute').textContent = is_muted ? 'Muted' : 'Mute';
}

// RFC 4733, by the browser itself.
function press(digit) {
  if (!page.tones || !page.tones.canInsertDTMF) return;
  page.tones.insertDTMF(page.tones.toneBuffer + digit, 100, 70);
  $('sent').textContent = ($('sent').textContent + digit).slice(-16);
}

// ---- Levels

function meter(name, stream) {
  const analyser = page.audio.createAnalyser();
  analyser.fftSize = 2048;
  page.audio.createMediaStreamSource(stream).connect(analyser);
  page.meters.push({name, analyser, samples: new Float32Array(analyser.fftSize)});
}

function level(name, db) {
  const bar = $(`level-${name}`);
  bar.setAttribute('aria-valuenow', Math.round(db));
  bar.firstElementChild.style.width = `${100 * (1 - db / kSilence)}%`;
  $(`text-${name}`).textContent = db <= kSilence ? 'silent' : `${Math.round(db)} dB`;
}

function drawLevels() {
  for (const {name, analyser, samples} of page.meters) {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, x) => sum + x * x, 0) / samples.length;
    level(name, Math.max(kSilence, 10 * Math.log10(power + 1e-9)));
  }
}

// ---- What is known

async function refresh() {
  try {
    const calls = (await (await fetch('state')).json()).calls;
    const id = page.call && page.call.id;
    page.call = calls.find((call) => call.id === id) || (page.peer ? null : calls[0]) || null;
    if (!page.call && page.peer) drop();
    if (page.call && page.session && page.call.session && !page.session.endsWith(page.call.session)) {
      drop();
      page.gone = true;
      show('Another page has taken this call.');
    }
  } catch {
    drop();
    show('The gateway does not answer.');
    page.call = null;
  }
  render();
}

function show(text) {
  $('notice').textContent = text;
  $('notice').hidden = text === '';
}

function titles(call) {
  if (!call) return ['No call', 'This page rings when somebody calls.'];
  if (page.peer && page.peer.connectionState === 'connected') return ['In the call', `Call ${call.id}, audio both ways.`];
  if (page.peer) return ['Connecting …', `Call ${call.id}`];
  if (call.state === 'ringing') return ['A phone rings', `Call ${call.id} wants to talk to you.`];
  return ['The call waits', 'Rejoin within half a minute, or it ends.'];
}

function render() {
  const call = page.call;
  const is_in = page.peer !== null;
  document.body.dataset.state = !call ? 'idle' : is_in ? 'joined' : call.state;
  [$('title').textContent, $('subtitle').textContent] = titles(call);
  const seconds = call ? Math.floor(call.seconds) : 0;
  $('clock').textContent = call && call.state !== 'ringing'
    ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}` : '';
  $('answer').textContent = call && call.state !== 'ringing' && !is_in ? 'Rejoin' : 'Answer';
  $('answer').disabled = !call || is_in;
  $('hangup').disabled = !call;
  for (const id of ['mute', 'leave']) $(id).disabled = !is_in;
  for (const key of $('keypad').children) key.disabled = !is_in;
  renderProtection(call);
}

function renderProtection(call) {
  const scope = call ? call.scope : '';
  $('scope').textContent = scope === 'none' || !call ? 'nothing agreed yet' : scope;
  $('scope').className = `badge ${scope === 'end to end' ? 'good' : scope.startsWith('hop') ? 'warn' : ''}`;
  const names = ['phone', 'browser'];
  names.forEach((name, i) => {
    const hop = call && call.hops[i];
    const element = $(`hop-${name}`);
    const is_ready = Boolean(hop && hop.encrypted && hop.suite !== 'none');
    element.className = `hop ${is_ready ? (hop.peer_verified ? 'good' : 'warn') : ''}`;
    element.querySelector('.suite').textContent = is_ready ? hop.suite.replaceAll('_', ' ') : 'not connected';
    element.querySelector('.how').textContent = is_ready
      ? `keys by ${hop.keys}, peer ${hop.peer ? `${hop.peer} ` : ''}${hop.peer_verified ? 'verified' : 'not verified'}` : '';
    const cells = $(`row-${name}`).querySelectorAll('td');
    const ms = (value) => (value === null ? '–' : `${value.toFixed(1)} ms`);
    const texts = hop && hop.packets_in + hop.packets_out > 0
      ? [hop.codec, share(hop.lost_in, hop.packets_in), share(hop.lost_out, hop.packets_out), ms(hop.jitter_ms), ms(hop.rtt_ms)]
      : ['–', '–', '–', '–', '–'];
    cells.forEach((cell, at) => { cell.textContent = texts[at]; });
  });
  const stages = call ? call.stages[0] : '';
  $('opened').textContent = stages ? `opens the audio: ${stages.replaceAll(',', ', ')}` : 'opens the audio';
  const plain = call && call.plaintext_us;
  $('plaintext').textContent = plain && plain.p50 !== null
    ? `Inside the gateway a packet is open for ${plain.p50.toFixed(0)} µs, one in a thousand for more than ${plain.p999.toFixed(0)} µs.` : '';
}

function share(lost, packets) {
  return lost === 0 ? '0' : `${lost} (${(100 * lost / (lost + packets)).toFixed(1)} %)`;
}

// ---- Fingerprints: what this browser's own handshake used, beside what the gateway says

// Proquints, arXiv:0901.4016: five letters for 16 bits.
function words(hex) {
  const bytes = hex.split(':').map((byte) => parseInt(byte, 16));
  const word = (bits) => 'bdfghjklmnprstvz'[bits >> 12 & 15] + 'aiou'[bits >> 10 & 3] + 'bdfghjklmnprstvz'[bits >> 6 & 15] +
    'aiou'[bits >> 4 & 3] + 'bdfghjklmnprstvz'[bits & 15];
  return Array.from({length: 6}, (_, i) => word(bytes[2 * i] << 8 | bytes[2 * i + 1])).join('-');
}

async function renderFingerprints() {
  if (!page.peer || page.peer.connectionState !== 'connected' || !page.call) {
    if (!page.peer) {
      $('words-gateway').textContent = $('words-browser').textContent = '–';
      badge('no handshake yet', '');
    }
    return;
  }
  const stats = await page.peer.getStats();
  const transport = [...stats.values()].find((entry) => entry.type === 'transport');
  const used = (id) => (transport && stats.get(id) ? stats.get(id).fingerprint.toUpperCase() : null);
  const gateway = used(transport && transport.remoteCertificateId);
  const browser = used(transport && transport.localCertificateId);
  if (!gateway || !browser || !page.call) return;
  $('words-gateway').textContent = words(gateway);
  $('words-browser').textContent = words(browser);
  const is_same = gateway === page.call.gateway.sha256 && browser === page.call.browser.sha256;
  badge(is_same ? 'both ends agree' : 'the ends differ', is_same ? 'good' : 'bad');
}

function badge(text, kind) {
  $('match').textContent = text;
  $('match').className = `badge ${kind}`;
}

// ---- Begin

for (const digit of kDigits) {
  const key = document.createElement('button');
  key.textContent = digit;
  key.disabled = true;
  key.onclick = () => press(digit);
  $('keypad').append(key);
}
$('answer').onclick = answer;
$('leave').onclick = leave;
$('hangup').onclick = hangUp;
$('mute').onclick = () => setMuted($('mute').getAttribute('aria-pressed') !== 'true');
setInterval(drawLevels, 60);
setInterval(refresh, kStateMs);
setInterval(renderFingerprints, kStateMs);
refresh().then(() => {
  // Loaded anew in the middle of a call: back into it.
  if (page.call && page.call.state !== 'ringing' && sessionStorage.getItem('call') === String(page.call.id)) answer();
});
