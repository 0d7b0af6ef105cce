import type { JSX } from 'solid-js';
import { onMount } from 'solid-js';

/** What a trigger of Kobalte would put on the button that it makes. */
export interface TriggerProps {
  ref?: (element: HTMLElement) => void;
  'aria-describedby'?: string | undefined;
  [name: `on${string}`]: ((event: Event) => void) | undefined;
}

/**
 * Return what a trigger of Kobalte takes for `as` where its button is in the page before Kobalte is: it makes no button
 * but takes `element` for its own, to place things at it and to give it the focus back. `then` runs once all is ready.
 */
export function adopt(element: HTMLElement, then?: (trigger: TriggerProps) => void): (props: object) => JSX.Element {
  return (props) => {
    const trigger = props as TriggerProps;
    trigger.ref?.(element);
    onMount(() => then?.(trigger));
    return null;
  };
}
