/** A short notice at the edge of the screen. */
export interface Notice {
  kind: 'info' | 'problem';
  text: string;
  action?: { label: string; run: () => void };
}

const waiting: Notice[] = [];
let show: ((notice: Notice) => void) | null = null;
let open: (() => void) | null = null;

/** Say what brings the view of notices on; it is loaded at the first one. */
export const onFirstNotice = (run: () => void): void => void (open = run);

/** The view is there: it takes what waited, and from now on every notice. */
export function showNoticesWith(view: (notice: Notice) => void): void {
  show = view;
  for (const notice of waiting.splice(0)) view(notice);
}

function tell(kind: Notice['kind'], text: string, action?: Notice['action']): void {
  const notice: Notice = { kind, text, ...(action ? { action } : {}) };
  if (show) return show(notice);
  waiting.push(notice);
  open?.();
}

export const toast = {
  info: (text: string, action?: Notice['action']) => tell('info', text, action),
  problem: (text: string, action?: Notice['action']) => tell('problem', text, action),
  /** Show what an error says; for failures that have no better place. */
  error: (error: unknown) => tell('problem', error instanceof Error ? error.message : String(error)),
};
