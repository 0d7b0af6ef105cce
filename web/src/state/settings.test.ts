import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { me } from '~/api/calls';
import { applyDispatch } from './apply';
import { isMuted, toggleMuted } from './mute';
import { saveSettings } from './settings';
import { forgetPerson, setStore, store } from './store';

vi.mock('~/api/calls', () => ({ me: { saveSettings: vi.fn() }, messages: {}, channels: {}, guilds: {} }));

interface Answer {
  save: () => void;
  refuse: () => void;
}
/** Let the next change be answered by hand, as a network does that takes its time. */
function hold(): Answer {
  let answer!: Answer;
  vi.mocked(me.saveSettings).mockReturnValueOnce(
    new Promise((resolve, reject) => {
      answer = { save: () => resolve({}), refuse: () => reject(new Error('The house is full.')) };
    }),
  );
  return answer;
}
const tell = (muted: string[]) =>
  applyDispatch('USER_SETTINGS_UPDATE', { notifications: { desktop: false, title: true, muted } });

beforeEach(() => setStore('phase', 'signed-in'));
afterEach(forgetPerson);

it('keeps what was changed last while the server still tells of what was changed before', async () => {
  const answers = [hold(), hold()];
  const saving = [toggleMuted('1'), toggleMuted('2')];
  tell(['1']);
  expect([isMuted('1'), isMuted('2')]).toEqual([true, true]);
  tell(['1', '2']);
  for (const answer of answers) answer.save();
  await Promise.all(saving);
  expect(store.settings.notifications.muted).toEqual(['1', '2']);
});

it('takes back what is refused, and nothing else', async () => {
  const answers = [hold(), hold()];
  const saving = [saveSettings({ theme: 'dark' }), saveSettings({ density: 'compact' })];
  answers[1]?.save();
  await saving[1];
  answers[0]?.refuse();
  await expect(saving[0]).rejects.toThrow();
  expect([store.settings.theme, store.settings.density]).toEqual(['system', 'compact']);
});
