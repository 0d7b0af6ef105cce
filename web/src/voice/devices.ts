import { createSignal, onCleanup } from 'solid-js';

/** What the browser tells of cameras, microphones and speakers. Without permission it tells no names. */
export interface Devices {
  inputs: MediaDeviceInfo[];
  outputs: MediaDeviceInfo[];
  cameras: MediaDeviceInfo[];
  named: boolean;
}

const NONE: Devices = { inputs: [], outputs: [], cameras: [], named: false };

/** The system's own choices are in the list under these ids, and are offered once, as no choice. */
const isAlias = (device: MediaDeviceInfo): boolean => /^(default|communications|)$/.test(device.deviceId);

/** The devices there are, for as long as the component lives that asks. */
export function createDevices() {
  const [devices, setDevices] = createSignal<Devices>(NONE);
  const look = async () => {
    const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    const of = (kind: MediaDeviceKind) => all.filter((device) => device.kind === kind && !isAlias(device));
    setDevices({
      inputs: of('audioinput'),
      outputs: of('audiooutput'),
      cameras: of('videoinput'),
      named: all.some((device) => device.label !== ''),
    });
  };
  void look();
  navigator.mediaDevices?.addEventListener('devicechange', look);
  onCleanup(() => navigator.mediaDevices?.removeEventListener('devicechange', look));
  return { devices, look };
}

/** Whether sound can be sent to a chosen device. */
export const canChooseOutput = 'setSinkId' in HTMLMediaElement.prototype;
