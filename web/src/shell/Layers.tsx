import { lazy, Match, Suspense, Switch } from 'solid-js';
import { withRoomTexts } from '~/text';
import { loadAhead } from '~/ui/part';
import { closeLayer, type Layer, layer } from './layer';

const AddGuild = lazy(async () => ({ default: (await withRoomTexts(import('~/guild/AddGuild'))).AddGuild }));
const CreateChannel = lazy(async () => ({ default: (await import('~/guild/CreateChannel')).CreateChannel }));
const ChannelSettings = lazy(async () => ({
  default: (await withRoomTexts(import('~/guild/ChannelSettings'))).ChannelSettings,
}));
const InvitePeople = lazy(async () => ({ default: (await import('~/guild/InvitePeople')).InvitePeople }));
const LeaveGuild = lazy(async () => ({ default: (await import('~/guild/LeaveGuild')).LeaveGuild }));
const Switcher = lazy(async () => ({ default: (await import('./Switcher')).Switcher }));
const Shortcuts = lazy(async () => ({ default: (await import('./Shortcuts')).Shortcuts }));
const Confirm = lazy(async () => ({ default: (await import('./Confirm')).Confirm }));
loadAhead(() => import('./Switcher'));
const PictureViewer = lazy(async () => ({ default: (await import('~/chat/PictureViewer')).PictureViewer }));

type Named<N extends Layer['name']> = Extract<Layer, { name: N }>;

/** Whatever dialog is open, loaded when it first opens. */
export function Layers() {
  const is = <N extends Layer['name']>(name: N): Named<N> | null => {
    const now = layer();
    return now?.name === name ? (now as Named<N>) : null;
  };
  return (
    <Suspense>
      <Switch>
        <Match when={is('add-guild')}>{(open) => <AddGuild join={open().join ?? false} onClose={closeLayer} />}</Match>
        <Match when={is('create-channel')}>
          {(open) => (
            <CreateChannel
              guildId={open().guildId}
              parentId={open().parentId ?? null}
              category={open().category ?? false}
              onClose={closeLayer}
            />
          )}
        </Match>
        <Match when={is('channel-settings')}>
          {(open) => <ChannelSettings channel={open().channel} onClose={closeLayer} />}
        </Match>
        <Match when={is('invite')}>
          {(open) => <InvitePeople channelId={open().channelId} onClose={closeLayer} />}
        </Match>
        <Match when={is('leave-guild')}>{(open) => <LeaveGuild guildId={open().guildId} onClose={closeLayer} />}</Match>
        <Match when={is('switcher')}>
          <Switcher onClose={closeLayer} />
        </Match>
        <Match when={is('shortcuts')}>
          <Shortcuts onClose={closeLayer} />
        </Match>
        <Match when={is('confirm')}>{(open) => <Confirm {...open()} onClose={closeLayer} />}</Match>
        <Match when={is('picture')}>
          {(open) => <PictureViewer pictures={open().pictures} index={open().index} onClose={closeLayer} />}
        </Match>
      </Switch>
    </Suspense>
  );
}
