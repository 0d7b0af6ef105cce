import { createResource, For, Show } from 'solid-js';
import { sizeText } from './figure';
import { ask } from './mediaApi';
import type { GuildShares as Shares } from './mediaWire';
import { c } from './text';

/** The guilds whose files take most, beside what one may have. */
export function GuildShares() {
  const [shares] = createResource(() => ask<Shares>('GET', '/guilds').catch(() => null));
  return (
    <Show when={shares()}>
      {(found) => (
        <section class="console-part" aria-label={c('guilds')}>
          <h2>{c('guilds')}</h2>
          <p class="console-lead">{c('guildsLead', { size: sizeText(found().bytes_max) })}</p>
          <Show when={found().guilds.length > 0} fallback={<p class="console-lead">{c('guildsNone')}</p>}>
            <table class="console-table">
              <thead>
                <tr>
                  <th scope="col">{c('guild')}</th>
                  <th scope="col" class="figure">
                    {c('size')}
                  </th>
                </tr>
              </thead>
              <tbody>
                <For each={found().guilds}>
                  {(guild) => (
                    <tr>
                      <th scope="row">{guild.name}</th>
                      <td class="figure" data-label={c('size')}>
                        {sizeText(guild.size_bytes)}
                      </td>
                    </tr>
                  )}
                </For>
              </tbody>
            </table>
          </Show>
        </section>
      )}
    </Show>
  );
}
