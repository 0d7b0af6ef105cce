import type { Snowflake } from '~/api/wire';
import type { KeptUpload } from './uploads';

/** Text not yet sent, by channel, kept in this browser so that it survives a reload. */
const PREFIX = 'hubbub.draft.';

export const readDraft = (channelId: Snowflake): string => {
  try {
    return localStorage.getItem(PREFIX + channelId) ?? '';
  } catch {
    return '';
  }
};

export const writeDraft = (channelId: Snowflake, text: string): void => {
  try {
    if (text === '') localStorage.removeItem(PREFIX + channelId);
    else localStorage.setItem(PREFIX + channelId, text);
  } catch {
    // A full or forbidden storage loses the draft at reload, nothing more.
  }
};

const FILES = `${PREFIX}files.`;

/** Files not yet sent that are at the server already, so that they need not travel again. */
export const readFiles = (channelId: Snowflake): KeptUpload[] => {
  try {
    return JSON.parse(localStorage.getItem(FILES + channelId) ?? '[]') as KeptUpload[];
  } catch {
    return [];
  }
};

export const writeFiles = (channelId: Snowflake, files: readonly KeptUpload[]): void => {
  try {
    if (files.length === 0) localStorage.removeItem(FILES + channelId);
    else localStorage.setItem(FILES + channelId, JSON.stringify(files));
  } catch {
    // As above: they are lost at reload, nothing more.
  }
};

/** Drafts belong to a person, not to the browser. */
export const forgetDrafts = (): void => {
  for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
};
