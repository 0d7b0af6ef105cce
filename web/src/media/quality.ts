import { createEffect, createSignal, on, onCleanup, onMount } from 'solid-js';
import { ownPath } from '~/api/assets';
import type { Attachment } from '~/api/wire';
import { attachStream, type Stream } from './hls';

interface Playable {
  file: () => Attachment;
  /** Where the one file is. */
  url: () => string;
  start: () => void;
}

/**
 * What plays in `video`: the stream when there is one, else the file; a stream that fails gives way to the file.
 *
 * The server makes a video's qualities after the first form of it that plays. Who watches that one by then goes on in
 * the stream, from the same moment.
 */
export function createQuality(video: () => HTMLVideoElement, playable: Playable) {
  const [stream, setStream] = createSignal<Stream | null>(null);
  const [height, setHeight] = createSignal(0);
  const [plain, setPlain] = createSignal(false);
  const [still, setStill] = createSignal<string>();
  let over = false;
  let tried = false;
  const end = () => {
    stream()?.end();
    setStream(null);
  };
  const attach = async (source: string): Promise<boolean> => {
    tried = true;
    const from = { playing: false };
    const listener = {
      shows: setHeight,
      failed: () => setPlain(true),
      takes: () => {
        from.playing = !video().paused;
        setStill(picture(video()));
        setPlain(false);
      },
    };
    // What fails before it began is null, and what fails later says so itself.
    const found = await attachStream(video(), ownPath(source), listener).catch(() => null);
    if (over) found?.end();
    if (over || !found) return false;
    setStream(found);
    if (from.playing) playable.start();
    return true;
  };
  onMount(async () => {
    const source = playable.file().media?.hls;
    if (source && (await attach(source))) return playable.start();
    if (!over) setPlain(true);
  });
  createEffect(
    on(
      () => playable.file().media?.hls,
      (source) => source && plain() && !tried && void attach(source),
      { defer: true },
    ),
  );
  createEffect(
    on([plain, playable.url], ([isPlain, url]) => {
      if (!isPlain) return;
      const from = video().currentTime;
      end();
      video().src = url;
      if (from > 0) video().currentTime = from;
      playable.start();
    }),
  );
  onCleanup(() => {
    over = true;
    end();
  });
  return {
    stream,
    height,
    /** Whether the one file plays. */
    plain,
    /** What the file showed when the stream took its place, shown until that has a picture; else undefined. */
    still,
    choose: (value: string) => stream()?.choose(value === '' ? null : Number(value)),
  };
}

/** What a video shows now, as an address of its own; undefined while it shows nothing. */
function picture(video: HTMLVideoElement): string | undefined {
  if (video.currentTime === 0 || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return undefined;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  return canvas.toDataURL('image/jpeg');
}
