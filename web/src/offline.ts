import { t } from './text';
import { toast } from './state/toast';

/** Keep the shell for offline use, and offer a newer version when the server has one. */
export function registerOffline(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator) || !isSecureContext) return;
  void import('virtual:pwa-register').then(({ registerSW }) => {
    const update = registerSW({
      onNeedRefresh: () => toast.info(t('update.ready'), { label: t('update.reload'), run: () => void update(true) }),
    });
  });
}
