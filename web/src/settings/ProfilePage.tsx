import { Show } from 'solid-js';
import { me as api } from '~/api/calls';
import { createSubmission } from '~/entry/form';
import { Markdown } from '~/markdown/Markdown';
import { setStore, store } from '~/state/store';
import { t } from '~/text';
import { Avatar } from '~/ui/Avatar';
import { Field } from '~/ui/Field';
import { PictureField } from '~/ui/PictureField';
import { createEdit, guardChanges } from './edit';
import { SaveBar } from './SaveBar';

const BIO_LENGTH = 190;

interface ProfileForm {
  name: string;
  bio: string;
  avatar: string | null | undefined;
}

/** How others see the person, with a preview of their card. */
export function ProfilePage() {
  const edit = createEdit<ProfileForm>(() => ({
    name: store.me?.global_name ?? '',
    bio: store.me?.bio ?? '',
    avatar: undefined,
  }));
  const form = createSubmission();
  guardChanges(edit.dirty, edit.reset);
  const save = async () => {
    const { name, bio, avatar } = edit.changes();
    const done = await form.submit(async () => {
      const user = await api.edit({
        ...(name !== undefined ? { global_name: name.trim() || null } : {}),
        ...(bio !== undefined ? { bio: bio.trim() } : {}),
        ...(avatar !== undefined ? { avatar } : {}),
      });
      setStore('me', (before) => ({ ...before, ...user }));
    });
    if (done) edit.reset();
  };
  return (
    <div class="settings-page settings-two">
      <div class="settings-column form">
        <PictureField
          label={t('profile.avatar')}
          hint={t('profile.avatarHint')}
          value={edit.value('avatar')}
          onChange={(avatar) => edit.set('avatar', avatar)}
          removable={Boolean(store.me?.avatar)}
          empty={<Avatar user={store.me ? { ...store.me, avatar: null } : undefined} size={88} />}
          problem={form.field('avatar')}
          round
        >
          <Avatar user={store.me ?? undefined} size={88} />
        </PictureField>
        <Field
          label={t('profile.name')}
          hint={t('profile.nameHint')}
          value={edit.value('name')}
          onInput={(name) => edit.set('name', name)}
          placeholder={store.me?.username ?? ''}
          maxLength={32}
          autocomplete="nickname"
          problem={form.field('global_name', 'display_name')}
        />
        <Field
          label={t('profile.bio')}
          hint={t('profile.bioHint', { count: BIO_LENGTH - [...edit.value('bio')].length })}
          value={edit.value('bio')}
          onInput={(bio) => edit.set('bio', bio)}
          maxLength={BIO_LENGTH}
          multiline
          problem={form.field('bio')}
        />
      </div>
      <aside class="settings-column" aria-label={t('profile.preview')}>
        <h3 class="settings-subhead">{t('profile.preview')}</h3>
        <div class="preview-card">
          <Show
            when={edit.value('avatar')}
            fallback={
              <Avatar
                user={
                  store.me ? { ...store.me, ...(edit.value('avatar') === null ? { avatar: null } : {}) } : undefined
                }
                size={72}
              />
            }
          >
            {(uri) => <img class="preview-picture" src={uri()} alt="" width="72" height="72" />}
          </Show>
          <p class="preview-name">{edit.value('name').trim() || store.me?.username}</p>
          <p class="preview-username">@{store.me?.username}</p>
          <Show when={edit.value('bio').trim()}>
            {(bio) => (
              <div class="preview-bio">
                <Markdown text={bio()} />
              </div>
            )}
          </Show>
        </div>
      </aside>
      <SaveBar
        shown={edit.dirty()}
        busy={form.busy()}
        problem={form.problem()}
        onSave={() => void save()}
        onReset={() => {
          edit.reset();
          form.clear();
        }}
      />
    </div>
  );
}
