export const action = {
  'action.cancel': 'Cancel',
  'action.close': 'Close',
  'action.copied': 'Copied',
  'action.copy': 'Copy',
  'action.copyText': 'Copy text',
  'action.create': 'Create',
  'action.delete': 'Delete',
  'action.discard': 'Discard',
  'action.dismiss': 'Dismiss',
  'action.no': 'No',
  'action.retry': 'Try again',
  'action.yes': 'Yes',
} as const;
