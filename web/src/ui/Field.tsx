import { TextField } from '@kobalte/core/text-field';
import { createUniqueId, type JSX, Show, splitProps } from 'solid-js';
import './field.css';

interface FieldProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
  hint?: JSX.Element;
  problem?: string | undefined;
  type?: 'text' | 'password' | 'email' | 'url';
  multiline?: boolean;
  required?: boolean;
  autofocus?: boolean;
  autocomplete?: string;
  placeholder?: string;
  maxLength?: number;
  disabled?: boolean;
  name?: string;
}

/** A labelled text field whose problem stands beside it and is read out with it. */
export function Field(props: FieldProps) {
  const [own, input] = splitProps(
    props,
    ['label', 'value', 'onInput', 'hint', 'problem', 'multiline', 'autofocus'],
    ['type', 'autocomplete', 'placeholder', 'maxLength', 'name'],
  );
  const focus = (element: HTMLElement) => {
    if (own.autofocus) requestAnimationFrame(() => element.focus());
  };
  return (
    <TextField
      class="field"
      value={own.value}
      onChange={own.onInput}
      validationState={own.problem ? 'invalid' : 'valid'}
      required={props.required}
      disabled={props.disabled}
    >
      <TextField.Label class="field-label">{own.label}</TextField.Label>
      <Show
        when={own.multiline}
        fallback={<TextField.Input class="field-input" ref={focus} type={input.type ?? 'text'} {...input} />}
      >
        <TextField.TextArea
          class="field-input field-area"
          ref={focus}
          autoResize
          placeholder={input.placeholder}
          maxLength={input.maxLength}
        />
      </Show>
      <Show when={own.hint && !own.problem}>
        <TextField.Description class="field-hint">{own.hint}</TextField.Description>
      </Show>
      <TextField.ErrorMessage class="field-problem">{own.problem}</TextField.ErrorMessage>
    </TextField>
  );
}

interface SwitchRowProps {
  label: string;
  hint?: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}

/** A setting that is on or off, with its sentence. */
export function SwitchRow(props: SwitchRowProps) {
  const id = createUniqueId();
  return (
    <div class="switch-row">
      <div class="switch-text">
        <label for={id}>{props.label}</label>
        <Show when={props.hint}>
          <p class="field-hint" id={`${id}-hint`}>
            {props.hint}
          </p>
        </Show>
      </div>
      <input
        id={id}
        type="checkbox"
        role="switch"
        aria-checked={props.checked}
        class="switch"
        aria-describedby={props.hint ? `${id}-hint` : undefined}
        checked={props.checked}
        disabled={props.disabled}
        onChange={(event) => {
          const { checked } = event.currentTarget;
          event.currentTarget.checked = props.checked;
          props.onChange(checked);
          event.currentTarget.checked = props.checked;
        }}
      />
    </div>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
  disabled?: boolean;
}

/** One of a few: the system's own list, so that phones show their own picker. */
export function Choice<T extends string>(props: ChoiceProps<T>) {
  const id = createUniqueId();
  return (
    <div class="field">
      <label class="field-label" for={id}>
        {props.label}
      </label>
      <select
        id={id}
        class="field-input"
        disabled={props.disabled}
        onChange={(event) => props.onChange(event.currentTarget.value as T)}
      >
        {props.options.map((option) => (
          <option value={option.value} selected={option.value === props.value}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  );
}

/** What went wrong with a whole form, beside its button. */
export function FormProblem(props: { text: string | null | undefined }) {
  return (
    <Show when={props.text}>
      <p class="form-problem" role="alert">
        {props.text}
      </p>
    </Show>
  );
}
