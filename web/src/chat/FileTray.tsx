import { createSignal, For, Match, Show, Switch } from 'solid-js';
import { fileSize } from '~/api/assets';
import { expectedKind } from '~/media/kind';
import type { Upload } from '~/state/uploads';
import { locale, t } from '~/text';
import { IconButton } from '~/ui/Button';
import {
  AudioLines,
  Eye,
  EyeOff,
  FileIcon,
  ImageIcon,
  Pause,
  Play,
  RotateCw,
  TriangleAlert,
  Video,
  X,
} from '~/ui/icons';
import { DESCRIPTION_MAX, isOnItsWay } from '~/upload/file';
import type { Chat } from './chat';
import { TimeLeft } from './TimeLeft';
import './tray.css';

/** The files that go with the next message, each on its way already. */
export function FileTray(props: { chat: Chat }) {
  return (
    <Show when={props.chat.files().length > 0}>
      <ul class="file-tray no-swipe" aria-label={t('upload.chosen')}>
        <For each={props.chat.files()}>
          {(upload) => <Card upload={upload} onRemove={() => props.chat.removeFile(upload)} />}
        </For>
      </ul>
    </Show>
  );
}

/** What those who do not see it can be told of in words. */
const DESCRIBED: ReadonlySet<string> = new Set(['picture', 'video']);
const ICONS = { picture: ImageIcon, file: FileIcon, video: Video, audio: AudioLines } as const;

function Card(props: { upload: Upload; onRemove: () => void }) {
  const { upload } = props;
  const { name } = upload;
  const state = upload.state;
  const refused = () => {
    const now = state();
    return now.name === 'refused' ? now : null;
  };
  const kind = expectedKind(upload.type, name);
  const [unseen, setUnseen] = createSignal(false);
  const Icon = ICONS[kind];
  return (
    <li class="file-card" classList={{ 'file-card-refused': refused() !== null }}>
      <div class="file-card-picture" classList={{ 'file-card-spoiler': upload.spoiler() }}>
        <Show when={!unseen() && upload.previewUrl} fallback={<Icon size={28} aria-hidden="true" />}>
          {(url) => <img src={url()} alt={upload.description()} onError={() => setUnseen(true)} />}
        </Show>
      </div>
      <span class="file-card-name" title={name}>
        {name}
      </span>
      <Show when={!refused() && DESCRIBED.has(kind)}>
        <input
          class="file-card-said"
          maxlength={DESCRIPTION_MAX}
          placeholder={t('upload.describe')}
          aria-label={t('upload.describeName', { name })}
          value={upload.description()}
          onInput={(event) => upload.describe(event.currentTarget.value)}
        />
      </Show>
      <Show when={!refused()}>
        <progress
          aria-label={t('upload.progressName', { name })}
          classList={{ 'file-card-done': state().name === 'ready' }}
          max={along(upload).whole}
          value={along(upload).done}
        />
      </Show>
      <span class="file-card-size" role={refused() ? 'alert' : undefined}>
        <Told upload={upload} />
      </span>
      <div class="file-card-actions">
        <Show when={isOnItsWay(state())}>
          <Show
            when={state().name === 'paused'}
            fallback={
              <IconButton icon={Pause} size={15} label={t('upload.pauseName', { name })} onClick={upload.pause} />
            }
          >
            <IconButton icon={Play} size={15} label={t('upload.goOnName', { name })} onClick={upload.resume} />
          </Show>
        </Show>
        <Show when={refused()?.again && upload.file}>
          <IconButton icon={RotateCw} size={15} label={t('upload.retryName', { name })} onClick={upload.resume} />
        </Show>
        <Show when={!refused() && DESCRIBED.has(kind)}>
          <IconButton
            icon={upload.spoiler() ? EyeOff : Eye}
            size={15}
            pressed={upload.spoiler()}
            label={t('upload.hide', { name })}
            onClick={() => upload.hide(!upload.spoiler())}
          />
        </Show>
        <IconButton icon={X} size={15} label={t('upload.remove', { name })} onClick={props.onRemove} />
      </div>
    </li>
  );
}

/** What the bar shows: bytes on their way, then the server's work. */
function along(upload: Upload): { done: number; whole: number } {
  const now = upload.state();
  return now.name === 'processing'
    ? { done: now.progress, whole: 100 }
    : { done: now.name === 'ready' ? Math.max(1, upload.size) : upload.loaded, whole: Math.max(1, upload.size) };
}

/** Where a file is, in words. */
function Told(props: { upload: Upload }) {
  const state = () => props.upload.state();
  const size = (bytes: number) => fileSize(bytes, locale());
  const of = () => t('upload.of', { loaded: size(props.upload.loaded), total: size(props.upload.size) });
  const processing = () => {
    const now = state();
    return now.name === 'processing' ? now : null;
  };
  const sentence = () => {
    const now = state();
    return now.name === 'refused' ? now.sentence : null;
  };
  return (
    <Switch fallback={t('upload.there', { size: size(props.upload.size) })}>
      <Match when={state().name === 'travelling'}>
        {of()}
        <TimeLeft seconds={props.upload.secondsLeft} />
      </Match>
      <Match when={state().name === 'paused'}>
        {of()} · {t('upload.paused')}
      </Match>
      <Match when={state().name === 'waiting'}>{t('send.waiting')}</Match>
      <Match when={processing()}>{(now) => <>{t('media.processing', { progress: now().progress })}</>}</Match>
      <Match when={sentence()}>
        {(text) => (
          <>
            <TriangleAlert size={13} aria-hidden="true" />
            <span>{text()}</span>
          </>
        )}
      </Match>
    </Switch>
  );
}
