import { useBeforeLeave } from '@solidjs/router';
import { createSignal } from 'solid-js';
import { confirm } from '~/shell/layer';
import { t } from '~/text';

/**
 * What a form changes of `source`, before it is saved.
 *
 * Only keys whose value differs are kept, so that what others change meanwhile shows and is not overwritten.
 */
export function createEdit<T extends object>(source: () => T) {
  const [changes, setChanges] = createSignal<Partial<T>>({}, { equals: false });
  const dirty = () => Object.keys(changes()).length > 0;
  const edit = {
    changes,
    dirty,
    value: <K extends keyof T>(key: K): T[K] => (key in changes() ? (changes()[key] as T[K]) : source()[key]),
    set: <K extends keyof T>(key: K, value: T[K]): void => {
      const next = { ...changes() };
      if (value === source()[key]) delete next[key];
      else next[key] = value;
      setChanges(() => next);
    },
    reset: (): void => void setChanges(() => ({})),
  };
  return edit;
}

/** Ask before a page with unsaved changes is left. */
export function guardChanges(dirty: () => boolean, reset: () => void): void {
  useBeforeLeave((event) => {
    if (!dirty() || event.defaultPrevented) return;
    event.preventDefault();
    confirm(t('save.leaveTitle'), t('save.leaveText'), t('save.leave'), () => {
      reset();
      event.retry(true);
    });
  });
}
