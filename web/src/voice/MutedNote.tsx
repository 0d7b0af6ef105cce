import { Show } from 'solid-js';
import { t } from '~/text';
import { Button, IconButton } from '~/ui/Button';
import { MicOff, X } from '~/ui/icons';
import { dismissHint, toggleMute } from './door';
import { prefs } from './prefs';
import { call } from './store';
import './muted-note.css';

/** Says that the person talks and is muted; read out politely, and above what it lies on. */
export function MutedNote() {
  let place!: HTMLDivElement;
  /** The note goes at once, and whoever uses the keyboard goes on at what it was about. */
  const end = () => {
    const next = place.parentElement?.querySelector<HTMLElement>('.controls button');
    dismissHint();
    if (document.activeElement === document.body) next?.focus();
  };
  return (
    <div class="muted-note-place" role="status" ref={place}>
      <Show when={call.talksMuted}>
        <div class="muted-note">
          <MicOff size={18} aria-hidden="true" />
          <p>{prefs.deafened ? t('voice.talksDeafened') : t('voice.talksMuted')}</p>
          <Button
            onClick={() => {
              toggleMute();
              end();
            }}
          >
            {t('voice.unmute')}
          </Button>
          <IconButton icon={X} size={18} label={t('voice.dismiss')} onClick={end} />
        </div>
      </Show>
    </div>
  );
}
