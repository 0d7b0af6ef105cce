import { For } from 'solid-js';
import { type TextKey, t } from '~/text';
import { Dialog } from '~/ui/Dialog';
import './switcher.css';

const COMMAND = /mac/i.test(navigator.platform) ? '⌘' : 'Ctrl';

const SHORTCUTS: readonly [TextKey, string[]][] = [
  ['shortcuts.switcher', [COMMAND, 'K']],
  ['shortcuts.channel', ['Alt', '↑ ↓']],
  ['shortcuts.unread', ['Alt', 'Shift', '↑ ↓']],
  ['shortcuts.guild', [COMMAND, 'Alt', '↑ ↓']],
  ['shortcuts.send', ['Enter']],
  ['shortcuts.line', ['Shift', 'Enter']],
  ['shortcuts.edit', ['↑']],
  ['shortcuts.read', ['Esc']],
  ['shortcuts.mute', [COMMAND, 'Shift', 'M']],
  ['shortcuts.deafen', [COMMAND, 'Shift', 'D']],
  ['shortcuts.list', ['↑ ↓']],
  ['shortcuts.sheet', ['?']],
];

/** What the keyboard can do. */
export function Shortcuts(props: { onClose: () => void }) {
  return (
    <Dialog open onClose={props.onClose} title={t('shortcuts.title')}>
      <dl class="shortcuts">
        <For each={SHORTCUTS}>
          {([text, keys]) => (
            <div>
              <dt>{t(text)}</dt>
              <dd>
                <For each={keys}>{(key) => <kbd>{key}</kbd>}</For>
              </dd>
            </div>
          )}
        </For>
      </dl>
    </Dialog>
  );
}
