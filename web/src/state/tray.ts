import { createSignal } from 'solid-js';
import type { Snowflake } from '~/api/wire';
import { hasArrived } from '~/upload/file';
import { readFiles, writeFiles } from './draft';
import { onForget } from './store';
import { Upload } from './uploads';

/** The files that go with the next message to a channel, on their way already. */
export interface Tray {
  files: () => readonly Upload[];
  /** Send files on their way. */
  add: (files: readonly File[]) => void;
  remove: (upload: Upload) => void;
  /** Hand the files over to a send. */
  take: () => readonly Upload[];
}

/** Trays stay while the person looks elsewhere; what is at the server stays after a reload too. */
const trays = new Map<Snowflake, Tray>();
onForget(() => trays.clear());

export function trayOf(channelId: Snowflake): Tray {
  const tray = trays.get(channelId) ?? createTray(channelId);
  trays.set(channelId, tray);
  return tray;
}

function createTray(channelId: Snowflake): Tray {
  const [files, setFiles] = createSignal<readonly Upload[]>([]);
  const watches = new Map<Upload, () => void>();
  const keep = () => {
    const arrived = files().filter((upload) => hasArrived(upload.state()));
    writeFiles(
      channelId,
      arrived.flatMap((upload) => upload.kept ?? []),
    );
  };
  const change = (next: readonly Upload[]) => {
    setFiles(next);
    for (const [upload, end] of watches) {
      if (next.includes(upload)) continue;
      end();
      watches.delete(upload);
    }
    for (const upload of next)
      if (!watches.has(upload))
        watches.set(
          upload,
          upload.onChange(() => {
            // What an earlier page sent and the server let go of since is just not there: it cannot be sent again.
            if (upload.file === null && upload.state().name === 'refused') remove(upload);
            else keep();
          }),
        );
    keep();
  };
  const remove = (upload: Upload) => {
    change(files().filter((other) => other !== upload));
    upload.remove();
  };
  change(readFiles(channelId).map((kept) => Upload.found(channelId, kept)));
  return {
    files,
    add: (more) => change([...files(), ...more.map((file) => Upload.begin(channelId, file))]),
    remove,
    take: () => {
      const taken = files();
      change([]);
      return taken;
    },
  };
}
