// A page that talks or listens in a room by LiveKit's client, told what to do by the benchmark.
const connections = [];
let detour = null;

// Candidates of a server that is to be reached another way name that way; only UDP is left.
const candidates = (text) =>
  text
    .split('\r\n')
    .filter((line) => !/candidate:\S+ \d+ tcp /i.test(line))
    .map((line) => (detour ? line.replace(/(candidate:\S+ \d+ udp \d+ )\S+ \d+/i, `$1${detour}`) : line))
    .join('\r\n');

window.RTCPeerConnection = class extends window.RTCPeerConnection {
  constructor(...more) {
    super(...more);
    connections.push(this);
  }
  setRemoteDescription(description) {
    return super.setRemoteDescription({ type: description.type, sdp: candidates(description.sdp) });
  }
  addIceCandidate(candidate) {
    if (!candidate?.candidate) return super.addIceCandidate(candidate);
    const text = candidates(candidate.candidate);
    return text ? super.addIceCandidate({ ...candidate, candidate: text }) : Promise.resolve();
  }
};

// A voice that never pauses, so that whatever is missing is heard to be.
function voice() {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  for (const hz of [180, 421, 733, 1310]) {
    const tone = new OscillatorNode(context, { type: 'sawtooth', frequency: hz });
    const loud = new GainNode(context, { gain: 0.1 });
    const swing = new OscillatorNode(context, { frequency: hz / 100 });
    const depth = new GainNode(context, { gain: 0.05 });
    swing.connect(depth).connect(loud.gain);
    tone.connect(loud).connect(out);
    swing.start();
    tone.start();
  }
  return out.stream.getAudioTracks()[0];
}

window.join = async (url, token, via) => {
  detour = via;
  const { Room, RoomEvent } = LivekitClient;
  window.room = new Room({ adaptiveStream: false, dynacast: true });
  room.on(RoomEvent.TrackSubscribed, (track) => document.body.append(track.attach()));
  await room.connect(url, token, { maxRetries: 5 });
};

window.share = async () => {
  const { LocalAudioTrack, Track, createLocalVideoTrack } = LivekitClient;
  const microphone = new LocalAudioTrack(voice(), undefined, true);
  const source = Track.Source.Microphone;
  await room.localParticipant.publishTrack(microphone, { source, dtx: true, red: true });
  const camera = await createLocalVideoTrack({ resolution: { width: 640, height: 360, frameRate: 20 } });
  await room.localParticipant.publishTrack(camera, { simulcast: true, videoCodec: 'vp8' });
};

window.reports = async () => {
  const found = [];
  for (const connection of connections.filter((each) => each.connectionState !== 'closed'))
    for (const report of (await connection.getStats()).values())
      if (report.type === 'inbound-rtp' || report.type === 'outbound-rtp') found.push(report);
  return found;
};
