import { useNavigate } from '@solidjs/router';
import { t } from '~/text';
import { Button } from '~/ui/Button';
import { Search } from '~/ui/icons';

/** What an address shows that leads nowhere: that it does, and the way back. */
export function Nowhere() {
  const navigate = useNavigate();
  return (
    <main class="pane-main empty-pane" id="messages" tabindex="-1">
      <div class="empty">
        <span class="empty-icon" aria-hidden="true">
          <Search size={28} />
        </span>
        <h1>{t('nowhere.title')}</h1>
        <p>{t('nowhere.text')}</p>
        <div class="empty-actions">
          <Button kind="primary" onClick={() => navigate('/direct')}>
            {t('nowhere.home')}
          </Button>
        </div>
      </div>
    </main>
  );
}
