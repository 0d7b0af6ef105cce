/** A short notice at the edge of the screen. */
export interface Notice {
  kind: 'info' | 'problem';
  text: string;
  action?: { label: string; run: () => void };
}

let show: (notice: Notice) => void = () => undefined;

/** The view says where notices go. */
export const showNoticesWith = (view: (notice: Notice) => void): void => void (show = view);

const tell = (kind: Notice['kind'], text: string, action?: Notice['action']): void =>
  show({ kind, text, ...(action ? { action } : {}) });

export const toast = {
  info: (text: string, action?: Notice['action']) => tell('info', text, action),
  problem: (text: string, action?: Notice['action']) => tell('problem', text, action),
  /** Show what an error says; for failures that have no better place. */
  error: (error: unknown) => tell('problem', error instanceof Error ? error.message : String(error)),
};
