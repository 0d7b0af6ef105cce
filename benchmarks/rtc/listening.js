// A page in which somebody speaks or listens by LiveKit's client, told what to do by the benchmark.
// Notes when each piece of sound arrives, before any buffer: statistics would be renewed every 50 ms only.
const arrivals = [];
const noted = new WeakSet();
const ENCODED = { encodedInsertableStreams: true };
if (location.hash === '#listener') {
  window.RTCPeerConnection = class extends window.RTCPeerConnection {
    constructor(settings, ...more) {
      super({ ...settings, ...ENCODED }, ...more);
      this.addEventListener('track', ({ receiver }) => {
        if (noted.has(receiver)) return;
        noted.add(receiver);
        const note = new TransformStream({
          transform(frame, next) {
            arrivals.push(performance.now());
            next.enqueue(frame);
          },
        });
        const { readable, writable } = receiver.createEncodedStreams();
        readable.pipeThrough(note).pipeTo(writable).catch(() => {});
      });
    }
    setConfiguration(settings) {
      super.setConfiguration({ ...settings, ...ENCODED });
    }
  };
}

let room = null;
let marked = 0;
let reconnected = 0;

// How soon the web client tries again, see web/src/voice/room.ts; LiveKit's own choice waits seconds after few attempts.
const reconnectPolicy = {
  nextRetryDelayInMs: ({ retryCount }) => Math.min(600, retryCount === 0 ? 0 : 150 * 1.7 ** retryCount),
};

async function enter(url, token) {
  room = new LivekitClient.Room({ adaptiveStream: false, dynacast: false, reconnectPolicy });
  room.on('reconnected', () => reconnected++);
  arrivals.length = 0;
  marked = performance.now();
  await room.connect(url, token);
  return performance.now() - marked;
}

async function speak(url, token) {
  await enter(url, token);
  await room.localParticipant.setMicrophoneEnabled(true, {}, { dtx: false, red: false });
}

// Milliseconds from `connect` to the first piece of sound.
async function hear(url, token) {
  await enter(url, token);
  while (arrivals.length === 0) await new Promise((done) => setTimeout(done, 2));
  return arrivals[0] - marked;
}

function mark() {
  marked = performance.now();
  reconnected = 0;
}

const since = () => [marked, ...arrivals.filter((at) => at > marked)];

// The longest time without sound since the mark, in milliseconds.
function gap() {
  const times = since();
  return Math.max(...times.slice(1).map((at, index) => at - times[index]));
}

// Milliseconds from the mark until sound was back after its last long pause; null while it is not back for good.
function back(pause_ms, steady) {
  const times = since();
  for (let index = times.length - 1; index > 0; index--)
    if (times[index] - times[index - 1] > pause_ms)
      return times.length - index >= steady ? times[index] - marked : null;
  return null;
}
