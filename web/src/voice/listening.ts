import { type LocalAudioTrack, type RemoteAudioTrack, Track } from 'livekit-client';
import { levelOf } from './gate';
import { prefs, volumeOf } from './prefs';
import { judge, type Quality, type Sample } from './quality';
import { call, setCall, setPerson } from './store';

/** How often rings follow voices: quick enough to see syllables, slow enough to cost nothing. */
const RING_MS = 100;
/** From this level (linear, of full scale: -46 dBFS) sound counts as speech, and for how long after. */
const SPEECH_LEVEL = 0.005;
const SPEECH_HOLD_MS = 350;
const QUALITY_MS = 2_000;

interface Voice {
  userId: string;
  /** When the last packet arrived by the receiver's own count, and when that changed here. */
  stamp: number;
  movedAt: number;
  loudAt: number;
  element: HTMLMediaElement;
  /** What measures the sound itself, where packets tell no level; its source is kept, or it would be collected. */
  meter: { node: AnalyserNode; source: MediaStreamAudioSourceNode } | null;
}

/** Samples of one look at the sound: 5 ms at 48 kHz, enough to tell speech from silence. */
const METER_SAMPLES = 256;

/** What is heard of a room: who speaks, how loud each is, and how good the connection is. */
export class Listening {
  serverComplains = false;
  sender: LocalAudioTrack | null = null;
  readonly #voices = new Map<RemoteAudioTrack, Voice>();
  #rings: ReturnType<typeof setInterval> | undefined;
  #looks: ReturnType<typeof setInterval> | undefined;
  #before: Sample | null = null;
  #boost: AudioContext | null = null;
  #metering: AudioContext | null = null;
  readonly #samples = new Float32Array(METER_SAMPLES);

  start(): void {
    this.#rings = setInterval(() => this.#ring(performance.now()), RING_MS);
    this.#looks = setInterval(() => void this.#look(), QUALITY_MS);
  }

  stop(): void {
    clearInterval(this.#rings);
    clearInterval(this.#looks);
    for (const track of [...this.#voices.keys()]) this.remove(track);
    void this.#boost?.close();
    void this.#metering?.close();
    this.#boost = null;
    this.#metering = null;
  }

  add(userId: string, track: RemoteAudioTrack): void {
    const element = track.attach();
    element.hidden = true;
    document.body.append(element);
    this.#voices.set(track, { userId, stamp: 0, movedAt: 0, loudAt: Number.NEGATIVE_INFINITY, element, meter: null });
    this.#setVolume(userId, track);
  }

  remove(track: RemoteAudioTrack): void {
    const voice = this.#voices.get(track);
    if (!voice) return;
    this.#voices.delete(track);
    voice.meter?.source.disconnect();
    track.detach();
    voice.element.remove();
    if (track.source === Track.Source.Microphone) setPerson(voice.userId, { speaking: false });
  }

  setVolumes(): void {
    for (const [track, { userId }] of this.#voices) this.#setVolume(userId, track);
  }

  /** Elements play no louder than recorded; beyond that the sound goes through Web Audio, and only then. */
  #setVolume(userId: string, track: RemoteAudioTrack): void {
    const factor = prefs.deafened ? 0 : prefs.outputVolume * volumeOf(userId);
    if (factor > 1 && !this.#boost) {
      this.#boost = new AudioContext();
      const context = this.#boost as AudioContext & { setSinkId?: (id: string) => Promise<void> };
      if (prefs.output) void context.setSinkId?.(prefs.output).catch(() => undefined);
    }
    if (this.#boost && factor > 1) track.setAudioContext(this.#boost);
    track.setVolume(factor > 1 && !this.#boost ? 1 : factor);
  }

  #ring(now: number): void {
    for (const [track, voice] of this.#voices) {
      if (track.source !== Track.Source.Microphone) continue;
      if (this.#level(track, voice, now) > SPEECH_LEVEL) voice.loudAt = now;
      const speaking = now - voice.loudAt < SPEECH_HOLD_MS;
      if (call.people[voice.userId]?.speaking !== speaking) setPerson(voice.userId, { speaking });
    }
  }

  /** The level of a voice now, linear: as its packets say, else as it sounds. */
  #level(track: RemoteAudioTrack, voice: Voice, now: number): number {
    const [source] = track.receiver?.getSynchronizationSources?.() ?? [];
    if (!source) return 0;
    if (source.timestamp !== voice.stamp) {
      voice.stamp = source.timestamp;
      voice.movedAt = now;
    }
    if (now - voice.movedAt >= SPEECH_HOLD_MS) return 0;
    if (typeof source.audioLevel === 'number') return source.audioLevel;
    voice.meter ??= this.#meter(track);
    voice.meter.node.getFloatTimeDomainData(this.#samples);
    return 10 ** (levelOf(this.#samples) / 20);
  }

  #meter(track: RemoteAudioTrack): NonNullable<Voice['meter']> {
    this.#metering ??= new AudioContext();
    const node = new AnalyserNode(this.#metering, { fftSize: METER_SAMPLES });
    const source = this.#metering.createMediaStreamSource(new MediaStream([track.mediaStreamTrack]));
    source.connect(node);
    return { node, source };
  }

  async #look(): Promise<void> {
    const sample = await this.#sample();
    const quality = judge(this.#before, sample);
    this.#before = sample;
    setCall('quality', this.#complained(quality));
  }

  #complained(quality: Quality): Quality {
    return this.serverComplains && quality.grade === 'good' ? { ...quality, grade: 'fair', reason: 'server' } : quality;
  }

  async #sample(): Promise<Sample> {
    const sample: Sample = {
      at: Date.now(),
      roundTripMs: null,
      lossOut: null,
      received: 0,
      lost: 0,
      played: 0,
      concealed: 0,
    };
    const reports = await Promise.all([
      this.sender?.getRTCStatsReport(),
      ...[...this.#voices.keys()].map((track) => track.getRTCStatsReport()),
    ]);
    for (const report of reports) report?.forEach((entry: Figures) => void addFigures(sample, entry));
    return sample;
  }
}

/** The figures of RTCStats entries that count here; of each kind of entry, other ones are there. */
interface Figures {
  type: string;
  kind?: string;
  nominated?: boolean;
  currentRoundTripTime?: number;
  fractionLost?: number;
  packetsReceived?: number;
  packetsLost?: number;
  totalSamplesReceived?: number;
  concealedSamples?: number;
  silentConcealedSamples?: number;
}

/** Add one entry of WebRTC's statistics. Silence that was made up is no gap: senders pause when nobody speaks. */
function addFigures(sample: Sample, entry: Figures): void {
  if (entry.type === 'candidate-pair' && entry.nominated && entry.currentRoundTripTime !== undefined) {
    sample.roundTripMs = Math.max(sample.roundTripMs ?? 0, entry.currentRoundTripTime * 1000);
  } else if (entry.type === 'remote-inbound-rtp' && entry.kind === 'audio') {
    sample.lossOut = entry.fractionLost ?? null;
  } else if (entry.type === 'inbound-rtp' && entry.kind === 'audio') {
    sample.received += entry.packetsReceived ?? 0;
    sample.lost += Math.max(0, entry.packetsLost ?? 0);
    sample.played += entry.totalSamplesReceived ?? 0;
    sample.concealed += Math.max(0, (entry.concealedSamples ?? 0) - (entry.silentConcealedSamples ?? 0));
  }
}
