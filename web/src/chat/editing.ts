/** Let a text area be as tall as its text, up to what its style allows. */
export function autosize(area: HTMLTextAreaElement): void {
  area.style.height = 'auto';
  area.style.height = `${area.scrollHeight}px`;
}

/** Put `text` where the caret is, keeping the browser's undo. */
export function insertAt(area: HTMLTextAreaElement, text: string): void {
  area.setRangeText(text, area.selectionStart, area.selectionEnd, 'end');
}

/** The files of a paste. A picture copied together with text (from an office program) stays text. */
export function pastedFiles(event: ClipboardEvent): File[] {
  const data = event.clipboardData;
  if (data?.getData('text/plain') !== '') return [];
  return [...data.files].map((file) =>
    file.name === 'image.png' ? new File([file], `picture-${stamp()}.png`, { type: file.type }) : file,
  );
}

const stamp = (): string => new Date().toISOString().slice(0, 19).replaceAll(/[:T]/g, '-');
