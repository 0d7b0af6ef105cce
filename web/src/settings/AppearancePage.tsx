import { createUniqueId, For } from 'solid-js';
import { saveSettings } from '~/state/settings';
import { type Density, store, type Theme } from '~/state/store';
import { toast } from '~/state/toast';
import { LOCALES, type Locale, t } from '~/text';
import { Choice, SwitchRow } from '~/ui/Field';

const THEMES: readonly Theme[] = ['system', 'light', 'dark'];
const DENSITIES: readonly Density[] = ['cozy', 'compact'];

/** Colours, density and language; every choice shows at once. */
export function AppearancePage() {
  const save = (change: Parameters<typeof saveSettings>[0]) => void saveSettings(change).catch(toast.error);
  return (
    <div class="settings-page">
      <section class="settings-section">
        <Cards
          legend={t('appearance.theme')}
          options={THEMES.map((theme) => ({ value: theme, label: t(`appearance.theme.${theme}`) }))}
          value={store.settings.theme}
          onChange={(theme) => save({ theme })}
          sample={(theme) => <ThemeSample theme={theme} />}
        />
      </section>
      <section class="settings-section">
        <Cards
          legend={t('appearance.density')}
          options={DENSITIES.map((density) => ({ value: density, label: t(`appearance.density.${density}`) }))}
          value={store.settings.density}
          onChange={(density) => save({ density })}
          sample={(density) => <DensitySample density={density} />}
        />
      </section>
      <section class="settings-section">
        <Choice
          label={t('appearance.language')}
          value={store.settings.locale ?? 'auto'}
          options={[
            { value: 'auto', label: t('appearance.languageAuto') },
            ...(Object.keys(LOCALES) as Locale[]).map((locale) => ({ value: locale, label: LOCALES[locale] })),
          ]}
          onChange={(locale) => save({ locale: locale === 'auto' ? null : locale })}
        />
      </section>
      <section class="settings-section">
        <SwitchRow
          label={t('appearance.members')}
          hint={t('appearance.membersHint')}
          checked={store.settings.showMembers}
          onChange={(showMembers) => save({ showMembers })}
        />
      </section>
    </div>
  );
}

interface CardsProps<T extends string> {
  legend: string;
  options: readonly { value: T; label: string }[];
  value: T;
  onChange: (value: T) => void;
  sample: (value: T) => Element | import('solid-js').JSX.Element;
}

/** One of a few, each shown by a small picture of itself. */
function Cards<T extends string>(props: CardsProps<T>) {
  const name = createUniqueId();
  return (
    <fieldset class="cards">
      <legend>{props.legend}</legend>
      <For each={props.options}>
        {(option) => (
          <label class="card">
            <input
              type="radio"
              name={name}
              class="card-input"
              checked={props.value === option.value}
              onChange={() => props.onChange(option.value)}
            />
            <span class="card-sample" aria-hidden="true">
              {props.sample(option.value)}
            </span>
            <span class="card-label">{option.label}</span>
          </label>
        )}
      </For>
    </fieldset>
  );
}

function ThemeSample(props: { theme: Theme }) {
  return (
    <span class={`sample sample-${props.theme}`}>
      <span class="sample-side" />
      <span class="sample-main">
        <span class="sample-line sample-accent" />
        <span class="sample-line" />
        <span class="sample-line sample-short" />
      </span>
    </span>
  );
}

function DensitySample(props: { density: Density }) {
  const lines = () => (props.density === 'compact' ? [0, 1, 2, 3, 4] : [0, 1, 2]);
  return (
    <span class={`sample sample-density sample-${props.density}`}>
      <For each={lines()}>{() => <span class="sample-line" />}</For>
    </span>
  );
}
