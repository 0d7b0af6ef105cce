import { createSignal, For, Show } from 'solid-js';
import type { Role } from '~/api/wire';
import { hexColor } from '~/state/select';
import { toast } from '~/state/toast';
import { t } from '~/text';
import { IconButton } from '~/ui/Button';
import { ChevronDown, ChevronUp, GripVertical, Lock } from '~/ui/icons';
import { canTouchRole, moveRole } from './roleOrder';

interface RoleListProps {
  guildId: string;
  roles: readonly Role[];
  current: string | undefined;
  onChoose: (roleId: string) => void;
}

/** Roles from high to low. A role is moved by dragging, by its arrows, or with Alt and the arrow keys. */
export function RoleList(props: RoleListProps) {
  const [dragged, setDragged] = createSignal<string | null>(null);
  const [over, setOver] = createSignal<string | null>(null);
  const [said, setSaid] = createSignal('');
  let list!: HTMLUListElement;
  const movable = (role: Role) => role.id !== props.guildId && canTouchRole(props.guildId, role);
  const index = (id: string) => props.roles.findIndex((role) => role.id === id);
  const place = async (role: Role, to: number) => {
    const target = props.roles[to];
    if (!target || target.id === role.id || !movable(target)) return;
    setSaid(t('roles.moved', { name: role.name, place: to + 1, count: props.roles.length }));
    try {
      await moveRole(props.guildId, role.id, to);
    } catch (error) {
      toast.error(error);
    }
  };
  const step = (role: Role, by: 1 | -1) => {
    void place(role, index(role.id) + by);
    requestAnimationFrame(() => list.querySelector<HTMLElement>(`[data-role="${role.id}"]`)?.focus());
  };
  const onKey = (event: KeyboardEvent, role: Role) => {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
    event.preventDefault();
    event.stopPropagation();
    const by = event.key === 'ArrowUp' ? -1 : 1;
    if (event.altKey) {
      if (movable(role)) step(role, by);
      return;
    }
    const next = props.roles[index(role.id) + by];
    list.querySelector<HTMLElement>(`[data-role="${next?.id}"]`)?.focus();
  };
  return (
    <>
      <ul class="role-list" ref={list} aria-describedby="roles-hint">
        <For each={props.roles}>
          {(role) => (
            <li
              class="role-item"
              classList={{
                'role-current': role.id === props.current,
                'role-dragged': role.id === dragged(),
                'role-over': role.id === over() && dragged() !== null && dragged() !== role.id,
                'role-over-below': index(role.id) > index(dragged() ?? ''),
              }}
              draggable={movable(role)}
              onDragStart={(event) => {
                event.dataTransfer?.setData('text/plain', role.name);
                setDragged(role.id);
              }}
              onDragEnd={() => {
                setDragged(null);
                setOver(null);
              }}
              onDragOver={(event) => {
                if (!dragged() || !movable(role)) return;
                event.preventDefault();
                setOver(role.id);
              }}
              onDrop={(event) => {
                event.preventDefault();
                const moved = props.roles.find((one) => one.id === dragged());
                if (moved) void place(moved, index(role.id));
                setDragged(null);
                setOver(null);
              }}
            >
              <button
                type="button"
                class="role-choose"
                data-role={role.id}
                aria-current={role.id === props.current ? 'true' : undefined}
                onClick={() => props.onChoose(role.id)}
                onKeyDown={(event) => onKey(event, role)}
              >
                <span class="role-grip" aria-hidden="true">
                  <Show when={movable(role)} fallback={<Lock size={14} />}>
                    <GripVertical size={14} />
                  </Show>
                </span>
                <span
                  class="role-swatch"
                  aria-hidden="true"
                  style={{ 'background-color': role.color ? hexColor(role.color) : undefined }}
                />
                <span class="role-name">{role.name}</span>
              </button>
              <Show when={movable(role)}>
                <IconButton
                  class="role-step"
                  icon={ChevronUp}
                  size={16}
                  label={t('roles.up', { name: role.name })}
                  disabled={!movable(props.roles[index(role.id) - 1] ?? { ...role, id: props.guildId })}
                  onClick={() => step(role, -1)}
                />
                <IconButton
                  class="role-step"
                  icon={ChevronDown}
                  size={16}
                  label={t('roles.down', { name: role.name })}
                  disabled={!movable(props.roles[index(role.id) + 1] ?? { ...role, id: props.guildId })}
                  onClick={() => step(role, 1)}
                />
              </Show>
            </li>
          )}
        </For>
      </ul>
      <p class="visually-hidden" role="status">
        {said()}
      </p>
    </>
  );
}
