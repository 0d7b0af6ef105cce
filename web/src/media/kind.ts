import { type Attachment, MessageFlag } from '~/api/wire';

export type ShownKind = 'picture' | 'video' | 'audio' | 'file';

const PICTURES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/bmp']);
const VIDEOS = /^video\/(mp4|webm|ogg|quicktime)$/;

/** Whether browsers show a picture of this type by themselves, before the server has made something of it. */
export const isPreviewed = (type: string): boolean => PICTURES.has(type) || type === 'image/svg+xml';

/** Photos that no browser here shows, but the server makes pictures of. */
const SERVED_PICTURES = new Set(['image/heic', 'image/heif', 'image/tiff', 'image/jxl', 'image/apng']);
/** The same by their names: on most systems browsers do not know these types. */
const SERVED_ENDINGS = /\.(heic|heif|tiff?|jxl)$/i;

/** What becomes of a file that is still here, as far as its type and its name tell. */
export const expectedKind = (type: string, name: string): ShownKind =>
  SERVED_PICTURES.has(type) || (type === '' && SERVED_ENDINGS.test(name)) ? 'picture' : kindOf(type);

/** How a file is shown: as the server found it to be, else as its type says. */
export function shownKind(file: Attachment): ShownKind {
  const type = file.content_type?.split(';')[0]?.trim() ?? '';
  switch (file.media?.kind) {
    case 'image':
    case 'animation':
      return 'picture';
    case 'video':
    case 'audio':
    case 'file':
      return file.media.kind;
  }
  return kindOf(type);
}

function kindOf(type: string): ShownKind {
  if (PICTURES.has(type)) return 'picture';
  if (VIDEOS.test(type)) return 'video';
  return type.startsWith('audio/') ? 'audio' : 'file';
}

/** Whether a picture moves. */
export const moves = (file: Attachment): boolean =>
  file.media?.kind === 'animation' || (file.media === undefined && file.content_type === 'image/gif');

/** Whether the server still works on a file, so that there is nothing to show yet. */
export const isProcessing = (file: Attachment): boolean => file.media?.state === 'processing';

/** Whether the server refused it, or keeps it back until somebody looked at it; nobody can fetch it. */
export const isRefused = (file: Attachment): boolean =>
  file.media?.state === 'refused' || file.media?.state === 'review';

const SPOILER = /^SPOILER_/;
/** Whether a file is hidden until somebody asks to see it; the name says so, as everywhere in this API. */
export const isSpoiler = (file: { filename: string }): boolean => SPOILER.test(file.filename);
export const spoilerName = (name: string, spoiler: boolean): string =>
  `${spoiler ? 'SPOILER_' : ''}${name.replace(SPOILER, '')}`;

export const isVoiceMessage = (message: { flags?: number }): boolean =>
  ((message.flags ?? 0) & MessageFlag.VoiceMessage) !== 0;

/** A file's name as it is shown. */
export const shownName = (name: string): string => name.replace(SPOILER, '');
