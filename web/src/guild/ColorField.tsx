import { createUniqueId, For } from 'solid-js';
import { hexColor } from '~/state/select';
import { t } from '~/text';

/** Colours that read well as a name on both grounds. 0 is none. */
const COLORS = [
  0, 0x0f8f84, 0x2d8a4e, 0x2878c8, 0x6a5fd0, 0x9a4fb8, 0xc0417e, 0xc8453a, 0xc2661c, 0xa87a00, 0x7a828c,
] as const;

interface ColorFieldProps {
  label: string;
  value: number;
  disabled?: boolean;
  onChange: (color: number) => void;
}

/** A colour out of a few good ones, or any other. */
export function ColorField(props: ColorFieldProps) {
  const name = createUniqueId();
  const other = () => !(COLORS as readonly number[]).includes(props.value);
  return (
    <fieldset class="colors" disabled={props.disabled}>
      <legend class="field-label">{props.label}</legend>
      <For each={COLORS}>
        {(color) => (
          <label class="color" classList={{ 'color-none': color === 0 }} title={nameOf(color)}>
            <input
              type="radio"
              class="color-input"
              name={name}
              aria-label={nameOf(color)}
              checked={props.value === color}
              onChange={() => props.onChange(color)}
            />
            <span class="color-dot" style={{ 'background-color': color ? hexColor(color) : undefined }} />
          </label>
        )}
      </For>
      <label class="color color-any" classList={{ 'color-chosen': other() }}>
        <input
          type="color"
          class="color-well"
          aria-label={t('roles.colorOther')}
          value={hexColor(props.value || 0x7a828c)}
          onInput={(event) => props.onChange(Number.parseInt(event.currentTarget.value.slice(1), 16) || 1)}
        />
        <span>{t('roles.colorOther')}</span>
      </label>
    </fieldset>
  );
}

const nameOf = (color: number): string => (color === 0 ? t('roles.colorNone') : hexColor(color));
