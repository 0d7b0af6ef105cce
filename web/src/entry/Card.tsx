import type { JSX } from 'solid-js';
import './entry.css';

/** The page before the app: one card in the middle, the instance's mark above it. */
export function Card(props: { title: string; lead?: JSX.Element; children: JSX.Element }) {
  return (
    <main class="entry">
      <img class="entry-mark" src="/icon.svg" alt="" width="48" height="48" />
      <section class="entry-card">
        <h1>{props.title}</h1>
        {props.lead && <p class="entry-lead">{props.lead}</p>}
        {props.children}
      </section>
    </main>
  );
}
