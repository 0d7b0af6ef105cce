import { createMemo, createSignal, Show } from 'solid-js';
import { assetUrl } from '~/api/assets';
import type { PresenceStatus, User } from '~/api/wire';
import { t } from '~/text';
import './avatar.css';

interface AvatarProps {
  user: User | undefined;
  size?: number;
  /** Shown as a dot with its word for screen readers. */
  status?: PresenceStatus | undefined;
}

/** A person's picture, or their initial on a colour of their own while there is none. */
export function Avatar(props: AvatarProps) {
  const size = () => props.size ?? 40;
  const [broken, setBroken] = createSignal<string | null>(null);
  const url = createMemo(() => (props.user?.avatar ? assetUrl.avatar(props.user.id, props.user.avatar, size()) : null));
  const name = () => props.user?.global_name || props.user?.username || '?';
  return (
    <span
      class="avatar"
      style={{ width: `${size()}px`, height: `${size()}px`, 'font-size': `${Math.round(size() * 0.42)}px` }}
    >
      <Show
        when={url() && url() !== broken()}
        fallback={
          <span class={`avatar-initial hue-${hue(props.user?.id)}`} aria-hidden="true">
            {initial(name())}
          </span>
        }
      >
        <img src={url() ?? ''} alt="" width={size()} height={size()} loading="lazy" onError={() => setBroken(url())} />
      </Show>
      <Show when={props.status}>
        {(status) => <span class={`status status-${status()}`} role="img" aria-label={statusWord(status())} />}
      </Show>
    </span>
  );
}

export const statusWord = (status: PresenceStatus): string => t(`status.${status}`);

/** One of eight colours, the same for the same id everywhere. */
export const hue = (id: string | undefined): number =>
  Number(BigInt(id && /^\d+$/.test(id) ? id : '0') >> 22n) % 8 || 0;

export const initial = (name: string): string => [...name.trim()][0]?.toUpperCase() ?? '?';

/** A guild's icon, or the initials of its name. */
export function GuildIcon(props: { id: string; name: string; icon: string | null; size?: number }) {
  const size = () => props.size ?? 44;
  const initials = () =>
    props.name
      .split(/\s+/)
      .map((word) => [...word][0] ?? '')
      .join('')
      .slice(0, 3);
  return (
    <span
      class="guild-icon"
      style={{ width: `${size()}px`, height: `${size()}px`, 'font-size': `${Math.round(size() * 0.34)}px` }}
    >
      <Show when={props.icon} fallback={<span class={`guild-initials hue-${hue(props.id)}`}>{initials()}</span>}>
        {(icon) => <img src={assetUrl.icon(props.id, icon(), size())} alt="" width={size()} height={size()} />}
      </Show>
    </span>
  );
}
