import { Popover } from '@kobalte/core/popover';
import { createSignal, createUniqueId, For, Show } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import { openProfile } from '~/member/profile';
import { displayName } from '~/state/select';
import { store } from '~/state/store';
import { t } from '~/text';
import { Avatar } from '~/ui/Avatar';
import { User } from '~/ui/icons';
import { closeCard, type OpenCard } from './card';
import { voiceEntries } from './moderation';
import { prefs, savePrefs, volumeOf } from './prefs';
import { callChannel } from './store';
import { marksOf } from './VoicePeople';
import './card.css';
import './range.css';

/** Steps of the slider, in per cent. */
const STEP = 5;
const MOST = 200;

/** Someone in voice: how loud they are to be heard here, and what a moderator can do. */
export function VoiceCard(props: OpenCard) {
  const [open, setOpen] = createSignal(true);
  const { anchor, userId, guildId } = props;
  const user = () => store.users[userId];
  const voice = () => store.voices[guildId]?.[userId];
  const name = () => displayName(user(), guildId);
  const heard = () => userId !== store.me?.id && voice() !== undefined && voice()?.channel_id === callChannel();
  const close = () => {
    setOpen(false);
    closeCard();
  };
  const goBack = () => void requestAnimationFrame(() => anchor.focus());
  return (
    <Popover
      open={open() && voice() !== undefined}
      onOpenChange={(now) => !now && close()}
      anchorRef={() => anchor}
      placement="right-start"
      gutter={8}
      overlap
      fitViewport
    >
      <Popover.Portal>
        <Popover.Content
          class="voice-card no-swipe"
          aria-label={t('voice.card', { name: name() })}
          onEscapeKeyDown={goBack}
        >
          <header class="voice-card-head">
            <Avatar user={user()} size={40} />
            <div class="voice-card-names">
              <h2>{name()}</h2>
              <Show when={voice()}>
                {(there) => <p class="voice-card-marks">{marksOf(there()).join(', ') || user()?.username}</p>}
              </Show>
            </div>
          </header>
          <Show when={heard()}>
            <Loudness userId={userId} />
          </Show>
          <ul class="voice-card-entries">
            <li>
              <button
                type="button"
                class="voice-card-entry"
                onClick={() => {
                  close();
                  openProfile(userId, guildId, anchor);
                }}
              >
                <User size={16} aria-hidden="true" />
                {t('voice.profile')}
              </button>
            </li>
            <For each={voiceEntries(guildId, userId)}>
              {(entry) => (
                <li>
                  <button
                    type="button"
                    class="voice-card-entry"
                    classList={{ 'voice-card-danger': entry.tone === 'danger' }}
                    onClick={() => {
                      close();
                      goBack();
                      entry.run();
                    }}
                  >
                    <Show when={entry.icon}>
                      {(icon) => <Dynamic component={icon()} size={16} aria-hidden="true" />}
                    </Show>
                    {entry.label}
                  </button>
                </li>
              )}
            </For>
          </ul>
        </Popover.Content>
      </Popover.Portal>
    </Popover>
  );
}

function Loudness(props: { userId: string }) {
  const id = createUniqueId();
  const percent = () => Math.round(volumeOf(props.userId) * 100);
  const save = (value: number) => {
    const { [props.userId]: _, ...others } = prefs.volumes;
    savePrefs({ volumes: value === 100 ? others : { ...others, [props.userId]: value / 100 } });
  };
  return (
    <div class="voice-card-volume">
      <label for={id}>{t('voice.volume')}</label>
      <output for={id}>{percent() === 0 ? t('voice.hushed') : `${percent()} %`}</output>
      <input
        id={id}
        class="range"
        type="range"
        min="0"
        max={MOST}
        step={STEP}
        value={percent()}
        aria-valuetext={`${percent()} %`}
        onInput={(event) => save(event.currentTarget.valueAsNumber)}
        onDblClick={() => save(100)}
      />
    </div>
  );
}
