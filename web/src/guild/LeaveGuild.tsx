import { useNavigate } from '@solidjs/router';
import { me } from '~/api/calls';
import { Confirm } from '~/shell/Confirm';
import { store } from '~/state/store';
import { t } from '~/text';

/** Asks before one leaves a guild. */
export function LeaveGuild(props: { guildId: string; onClose: () => void }) {
  const navigate = useNavigate();
  const name = () => store.guilds[props.guildId]?.name ?? '';
  return (
    <Confirm
      title={t('guild.leaveTitle', { name: name() })}
      text={t('guild.leaveText')}
      action={t('guild.leave')}
      onClose={props.onClose}
      run={async () => {
        await me.leaveGuild(props.guildId);
        navigate('/direct');
      }}
    />
  );
}
