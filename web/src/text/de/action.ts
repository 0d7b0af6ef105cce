import type { action as en } from '../en/action';

export const action: Record<keyof typeof en, string> = {
  'action.cancel': 'Abbrechen',
  'action.close': 'Schließen',
  'action.copied': 'Kopiert',
  'action.copy': 'Kopieren',
  'action.copyText': 'Text kopieren',
  'action.create': 'Anlegen',
  'action.delete': 'Löschen',
  'action.discard': 'Verwerfen',
  'action.dismiss': 'Ausblenden',
  'action.no': 'Nein',
  'action.retry': 'Erneut versuchen',
  'action.yes': 'Ja',
};
