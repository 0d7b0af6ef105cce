import type { notice as en } from '../en/notice';

export const notice: Record<keyof typeof en, string> = {
  'error.network': 'Der Server hat nicht geantwortet. Prüfe deine Verbindung und versuche es noch einmal.',
  'error.unexpected': 'Auf dem Server ging etwas schief. Es wurde nichts geändert; versuche es gleich noch einmal.',
  'nowhere.title': 'Hier ist nichts',
  'nowhere.text': 'Die Adresse ist vielleicht vertippt, oder was hier war, gibt es nicht mehr.',
  'nowhere.home': 'Zu deinen Nachrichten',
  'toast.region': 'Hinweise',
  'update.ready': 'Eine neuere Version ist bereit.',
  'update.reload': 'Neu laden',
};
