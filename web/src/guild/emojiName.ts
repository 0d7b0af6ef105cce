/** A name that may stand between colons, made of a file's name. */
export function emojiName(fileName: string): string {
  const name = fileName
    .replace(/\.[^.]*$/, '')
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9_]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 32);
  return name.length >= 2 ? name : `emoji_${name || '1'}`;
}
