const GAP_PX = 8;
const TITLE_PX = 28;

/** One picture of several plots with their titles, one below the other. */
export function stack(plots: readonly { title: string; canvas: HTMLCanvasElement }[]): Promise<Blob | null> {
  const scale = devicePixelRatio;
  const style = getComputedStyle(document.documentElement);
  const whole = document.createElement('canvas');
  const step = (GAP_PX + TITLE_PX) * scale;
  whole.width = Math.max(1, ...plots.map(({ canvas }) => canvas.width));
  whole.height = Math.max(
    1,
    plots.reduce((sum, { canvas }) => sum + canvas.height + step, 0),
  );
  const ctx = whole.getContext('2d');
  if (!ctx) return Promise.resolve(null);
  ctx.fillStyle = style.getPropertyValue('--ground').trim();
  ctx.fillRect(0, 0, whole.width, whole.height);
  let y = 0;
  for (const { title, canvas } of plots) {
    ctx.fillStyle = style.getPropertyValue('--ink').trim();
    ctx.font = `600 ${14 * scale}px ${style.getPropertyValue('--font').trim()}`;
    ctx.textBaseline = 'middle';
    ctx.fillText(title, GAP_PX * scale, y + step / 2);
    ctx.drawImage(canvas, 0, y + step);
    y += step + canvas.height;
  }
  return new Promise((resolve) => whole.toBlob(resolve, 'image/png'));
}

/** Let the browser save `blob` as `name`. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
