import { Popover } from '@kobalte/core/popover';
import { useNavigate } from '@solidjs/router';
import { createResource, createSignal, For, Show } from 'solid-js';
import { guilds, me as meApi, users } from '~/api/calls';
import { timeOf } from '~/api/snowflake';
import { Markdown } from '~/markdown/Markdown';
import { canInGuild, displayName, hexColor, rank, sortedRoles } from '~/state/select';
import { learnUser } from '~/state/learn';
import { setStore, store } from '~/state/store';
import { toast } from '~/state/toast';
import { confirm } from '~/shell/layer';
import { setPane } from '~/shell/layout';
import { locale, t } from '~/text';
import { shortDay } from '~/text/time';
import { Avatar, hue } from '~/ui/Avatar';
import { Button } from '~/ui/Button';
import { Ban, Ellipsis, MessageCircle, Pencil } from '~/ui/icons';
import { Menu } from '~/ui/Menu';
import type { MenuEntries } from '~/ui/menuEntry';
import { closeProfile, type OpenProfile } from './profile';
import { voiceEntries } from '~/voice/moderation';
import { timeoutEntries } from './moderation';
import './member.css';
import './role-chip.css';

/** Who someone is: name, words about themselves, roles, and what one can do. */
export function ProfileCard(props: OpenProfile) {
  const navigate = useNavigate();
  const [open, setOpen] = createSignal(true);
  // Read once: when the card is gone, so are its properties. It has no trigger of its own that would take the focus back.
  const { anchor } = props;
  const user = () => store.users[props.userId];
  const member = () => (props.guildId ? store.members[props.guildId]?.[props.userId] : undefined);
  const [told] = createResource(
    () => props.userId,
    async (id) => {
      const profile = await users.profile(id, props.guildId);
      learnUser(profile.user);
      return profile;
    },
  );
  const bio = () => (told.error ? undefined : told.latest?.bio);
  const self = () => props.userId === store.me?.id;
  const roles = () => sortedRoles(props.guildId ?? '').filter((role) => member()?.roles.includes(role.id));
  const close = () => {
    setOpen(false);
    closeProfile();
  };
  const message = async () => {
    try {
      const channel = await meApi.openDirect(props.userId);
      for (const recipient of channel.recipients ?? []) learnUser(recipient);
      if (!store.channels[channel.id]) setStore('channels', channel.id, channel);
      close();
      setPane('main');
      navigate(`/direct/${channel.id}`);
    } catch (error) {
      toast.error(error);
    }
  };
  const below = () => props.guildId && store.me && rank(props.guildId, store.me.id) > rank(props.guildId, props.userId);
  const name = () => displayName(user(), props.guildId);
  const moderation = (): MenuEntries => {
    const { guildId, userId } = props;
    if (!guildId || self()) return [];
    const voice = voiceEntries(guildId, userId);
    if (!below()) return voice;
    return [
      ...voice,
      null,
      ...(canInGuild(guildId, 'MODERATE_MEMBERS') ? timeoutEntries(guildId, userId) : []),
      null,
      canInGuild(guildId, 'KICK_MEMBERS') && {
        label: t('member.kick'),
        tone: 'danger',
        run: () => {
          close();
          confirm(t('member.kickTitle', { name: name() }), t('member.kickText'), t('member.kick'), () =>
            guilds.kick(guildId, userId),
          );
        },
      },
      canInGuild(guildId, 'BAN_MEMBERS') && {
        label: t('member.ban'),
        icon: Ban,
        tone: 'danger',
        run: () => {
          close();
          confirm(t('member.banTitle', { name: name() }), t('member.banText'), t('member.ban'), () =>
            guilds.ban(guildId, userId, 0),
          );
        },
      },
    ];
  };
  return (
    <Popover
      open={open()}
      onOpenChange={(now) => !now && close()}
      anchorRef={() => props.anchor}
      placement="right-start"
      gutter={8}
      overlap
      fitViewport
    >
      <Popover.Portal>
        <Popover.Content
          class="profile no-swipe"
          aria-label={t('profile.of', { name: name() })}
          onEscapeKeyDown={() => requestAnimationFrame(() => anchor.focus())}
        >
          <div class={`profile-top hue-${hue(props.userId)}`} />
          <div class="profile-avatar">
            <Avatar
              user={user()}
              size={72}
              status={self() ? store.settings.status : (store.presences[props.userId] ?? 'offline')}
            />
          </div>
          <div class="profile-body">
            <h2>
              {name()}
              <Show when={user()?.bot}>
                <span class="tag">{t('member.bot')}</span>
              </Show>
            </h2>
            <p class="profile-username">{user()?.username}</p>
            <Show when={bio()}>{(text) => <Markdown text={text()} guildId={props.guildId} />}</Show>
            <dl class="profile-facts">
              <div>
                <dt>{t('profile.since')}</dt>
                <dd>{shortDay(timeOf(props.userId), locale())}</dd>
              </div>
              <Show when={member()?.joined_at}>
                {(joined) => (
                  <div>
                    <dt>{t('profile.joined')}</dt>
                    <dd>{shortDay(Date.parse(joined()), locale())}</dd>
                  </div>
                )}
              </Show>
            </dl>
            <Show when={roles().length > 0}>
              <ul class="role-chips" aria-label={t('profile.roles')}>
                <For each={roles()}>
                  {(role) => (
                    <li class="role-chip">
                      <span class="role-dot" style={{ background: role.color ? hexColor(role.color) : undefined }} />
                      {role.name}
                    </li>
                  )}
                </For>
              </ul>
            </Show>
            <div class="profile-actions">
              <Show
                when={self()}
                fallback={
                  <Show when={!user()?.bot}>
                    <Button kind="primary" icon={MessageCircle} onClick={() => void message()}>
                      {t('profile.message')}
                    </Button>
                  </Show>
                }
              >
                <Button
                  icon={Pencil}
                  onClick={() => {
                    close();
                    setPane('main');
                    navigate('/settings/profile');
                  }}
                >
                  {t('profile.edit')}
                </Button>
              </Show>
              <Show when={moderation().some(Boolean)}>
                <Menu
                  label={t('profile.more')}
                  trigger={<Ellipsis size={20} aria-hidden="true" />}
                  entries={moderation}
                />
              </Show>
            </div>
          </div>
        </Popover.Content>
      </Popover.Portal>
    </Popover>
  );
}
