export const notice = {
  'error.network': 'The server did not answer. Check your connection and try again.',
  'error.unexpected': 'Something went wrong on the server. Nothing was changed; try again in a moment.',
  'nowhere.title': 'There is nothing here',
  'nowhere.text': 'The address may be mistyped, or what was here is gone.',
  'nowhere.home': 'Go to your messages',
  'toast.region': 'Notices',
  'update.ready': 'A newer version is ready.',
  'update.reload': 'Reload',
} as const;
