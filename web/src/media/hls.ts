import type { Level } from 'hls.js';

/** One quality of a video. */
export interface Quality {
  /** Its place in the stream's own list. */
  index: number;
  /** Lines of the picture. */
  height: number;
}

export interface Stream {
  qualities: Quality[];
  /** Take one quality, or the best that the connection bears when it is null. */
  choose: (index: number | null) => void;
  end: () => void;
}

interface Listener {
  /** What plays in the video gives way now. */
  takes?: () => void;
  /** Lines of the picture that is shown from now on. */
  shows: (height: number) => void;
  /** Nothing more comes from this stream. */
  failed: () => void;
}

/** One entry of each height, the largest first: the stream may have one height in several codecs. */
export function qualities(levels: readonly Pick<Level, 'height'>[]): Quality[] {
  const found = new Map<number, Quality>();
  levels.forEach(({ height }, index) => {
    if (height > 0 && !found.has(height)) found.set(height, { index, height });
  });
  return [...found.values()].sort((a, b) => b.height - a.height);
}

/**
 * Play `url` in `video`, from where that is; resolves when its qualities are known, to null where this browser cannot
 * or nothing is there. Until then `video` is left alone, so that what plays in it plays on.
 */
export async function attachStream(video: HTMLVideoElement, url: string, listener: Listener): Promise<Stream | null> {
  const { default: Hls } = await import('hls.js');
  if (!Hls.isSupported()) return null;
  // A worker would be a script of no origin, which the page forbids; fragments are played as they are, there is no work for it.
  const hls = new Hls({ enableWorker: false, autoStartLoad: false, capLevelToPlayerSize: true, backBufferLength: 30 });
  /** The quality that somebody who stopped waits to see. */
  let wanted: number | null = null;
  const stream: Stream = {
    qualities: [],
    choose: (index) => {
      // Who stopped to look at something sees it better at once; who watches on is not interrupted.
      wanted = video.paused ? index : null;
      if (wanted === null) hls.nextLevel = index ?? -1;
      else hls.currentLevel = wanted;
    },
    end: () => hls.destroy(),
  };
  return new Promise((resolve) => {
    hls.on(Hls.Events.MANIFEST_PARSED, () => {
      stream.qualities = qualities(hls.levels);
      listener.takes?.();
      const from = video.currentTime;
      hls.attachMedia(video);
      hls.startLoad(from > 0 ? from : -1);
      resolve(stream);
    });
    hls.on(Hls.Events.LEVEL_SWITCHED, (_, { level }) => listener.shows(hls.levels[level]?.height ?? 0));
    hls.on(Hls.Events.FRAG_BUFFERED, (_, { frag }) => {
      const at = video.currentTime;
      if (frag.type !== 'main' || frag.level !== wanted || at < frag.start || at > frag.end) return;
      wanted = null;
      // A picture that stands is decoded anew only when it is gone to.
      video.currentTime = at;
    });
    hls.on(Hls.Events.ERROR, (_, problem) => {
      if (!problem.fatal) return;
      if (problem.type === Hls.ErrorTypes.MEDIA_ERROR && stream.qualities.length > 0) return hls.recoverMediaError();
      hls.destroy();
      resolve(null);
      listener.failed();
    });
    hls.loadSource(url);
  });
}
