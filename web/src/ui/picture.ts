/** Pictures are brought to this many pixels a side before they travel. */
const SIDE_PX = 512;
/** Bytes up to which a GIF or WebP stays as it is, since it may move. */
const MOVING_BYTES = 2 * 1024 * 1024;
const MOVING = new Set(['image/gif', 'image/webp']);

interface Shape {
  /** Pixels of the longest side. */
  side?: number;
  /** Cut the middle square out of it. */
  square?: boolean;
  movingBytes?: number;
}

/** Return `file` as a data URI, made small enough to be shown. Rejects what is no picture. */
export async function readPicture(file: File, shape: Shape = {}): Promise<string> {
  const { side = SIDE_PX, square = true, movingBytes = MOVING_BYTES } = shape;
  const bitmap = await createImageBitmap(file);
  try {
    if (MOVING.has(file.type) && file.size <= movingBytes) return await dataUri(file);
    const cut = Math.min(bitmap.width, bitmap.height);
    const [width, height] = square ? [cut, cut] : [bitmap.width, bitmap.height];
    const scale = Math.min(1, side / Math.max(width, height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const context = canvas.getContext('2d');
    if (!context) throw new Error('no canvas');
    context.imageSmoothingQuality = 'high';
    const [left, top] = [(bitmap.width - width) / 2, (bitmap.height - height) / 2];
    context.drawImage(bitmap, left, top, width, height, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL('image/png');
  } finally {
    bitmap.close();
  }
}

function dataUri(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error('unreadable'));
    reader.readAsDataURL(file);
  });
}
