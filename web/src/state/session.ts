import { ApiError } from '~/api/errors';
import { auth, instance, me } from '~/api/calls';
import type { OwnUser } from '~/api/wire';
import { Connection, type VoiceWish } from '~/connection/executor';
import { applyDispatch } from './apply';
import { forgetDrafts } from './draft';
import { forgetSends, hurrySends } from './send';
import { hurryUploads } from './uploads';
import { forgetPerson, setStore, store } from './store';
import { hearVoice } from './voice';

let connection: Connection | null = null;

const TELLS_SETTINGS: ReadonlySet<string> = new Set(['READY', 'USER_SETTINGS_UPDATE']);

const gatewayUrl = (): string => {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return `${scheme}//${location.host}/gateway/?v=10&encoding=json`;
};

/** Find out who is signed in, and connect if someone is. Called once at start. */
export async function boot(): Promise<void> {
  void instance.get().then(
    (told) => setStore('instance', told),
    () => undefined,
  );
  for (let wait = 1000; ; wait = Math.min(wait * 2, 15_000)) {
    try {
      return signedIn(await me.get());
    } catch (error) {
      if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
        setStore('phase', 'signed-out');
        return;
      }
      setStore('connection', { name: 'waiting', attempt: 1, delayMs: wait, resumable: null });
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

/** Start the person's session: from here on the gateway keeps the store true. */
export function signedIn(user: OwnUser): void {
  setStore('me', user);
  setStore('phase', 'signed-in');
  connection?.stop();
  connection = new Connection(gatewayUrl(), {
    onState: (state) => {
      setStore('connection', state);
      if (state.name === 'ready') {
        hurryUploads();
        hurrySends();
      }
    },
    onDispatch: (type, data) => {
      applyDispatch(type, data);
      hearVoice(type, data);
      // The settings may tell another status than the one that this page came with: from another browser, another day.
      if (TELLS_SETTINGS.has(type)) connection?.setStatus(store.settings.status);
    },
    onSignedOut: () => signedOut(),
  });
  connection.setStatus(store.settings.status);
  connection.start();
}

/** Forget the person here; their cookie is gone or worthless. */
export function signedOut(): void {
  connection?.stop();
  connection = null;
  forgetSends();
  forgetDrafts();
  forgetPerson();
}

/** End the login session on the server, then forget the person here. */
export async function signOut(): Promise<void> {
  await auth.logout();
  signedOut();
}

export const gateway = {
  retryNow: () => connection?.retryNow(),
  setStatus: (status: string) => connection?.setStatus(status),
  sendVoice: (wish: VoiceWish) => connection?.sendVoice(wish) ?? false,
  requestMembers: (guildId: string, query: string, limit: number) =>
    connection?.requestMembers({ guild_id: guildId, query, limit, presences: true }) ?? false,
  requestUsers: (guildId: string, userIds: string[]) =>
    connection?.requestMembers({ guild_id: guildId, user_ids: userIds, limit: 0, presences: true }) ?? false,
};
