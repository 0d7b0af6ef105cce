import { createSignal } from 'solid-js';
import { ownPath } from '~/api/assets';
import { attachments } from '~/api/calls';
import type { Snowflake } from '~/api/wire';
import { isPreviewed, spoilerName } from '~/media/kind';
import { BEGIN, type FileEffect, type FileInput, type FileState, type FileStep, FOUND, stepFile } from '~/upload/file';
import { look, type Pace, secondsLeft, startPace } from '~/upload/pace';
import { asRefusal, lookAfter, travel, withdraw } from '~/upload/transfer';
import { onForget } from './store';

/** So many files travel at a time; the others wait, so that the page can still ask for other things meanwhile. */
const TRAVELLING_MAX = 3;
/** Between two questions about a file, each of which the server answers once there is something new. */
const LOOK_MS = 250;
/** The same while it does not answer. */
const LOST_LOOK_MS = 5_000;
/** Pictures of this page stay until those of the server stand in their place. */
const PREVIEW_MS = 10_000;

/** What a recording says of itself. */
export interface Voice {
  durationS: number;
  waveform: string;
}

/** What is kept of a file in the browser, so that it need not be sent again after a reload. */
export interface KeptUpload {
  name: string;
  size: number;
  type: string;
  url: string;
  key: string;
  spoiler: boolean;
  /** What it shows, in words; absent in what earlier versions kept. */
  description?: string;
}

const all = new Set<Upload>();
const queue: Upload[] = [];
let travelling = 0;
onForget(() => {
  for (const upload of [...all]) upload.remove();
});

/** The connection is back: what broke off goes on now. */
export function hurryUploads(): void {
  for (const upload of all) upload.feed({ name: 'server-back' });
}

/** One file that was chosen for a message, on its way from the moment on. */
export class Upload {
  readonly state: () => FileState;
  readonly pace: () => Pace;
  readonly spoiler: () => boolean;
  /** What it shows, for those who do not see it; empty when nobody said. */
  readonly description: () => string;
  readonly previewUrl: string | null;
  readonly #setState: (state: FileState) => void;
  readonly #setPace: (pace: Pace) => void;
  readonly #setSpoiler: (spoiler: boolean) => void;
  readonly #setDescription: (text: string) => void;
  readonly #listeners = new Set<() => void>();
  #url: string | null = null;
  #key: string | null = null;
  #halt: (() => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watching = false;

  private constructor(
    readonly channelId: Snowflake,
    readonly name: string,
    readonly size: number,
    readonly type: string,
    /** Null for a file of an earlier page, which is at the server already. */
    readonly file: File | null,
    readonly voice: Voice | null,
    [state]: FileStep,
  ) {
    const [read, write] = createSignal<FileState>(state);
    const [pace, setPace] = createSignal(startPace(performance.now(), 0));
    const [spoiler, setSpoiler] = createSignal(false);
    const [description, setDescription] = createSignal('');
    [this.state, this.pace, this.spoiler, this.description] = [read, pace, spoiler, description];
    this.#setState = write;
    this.#setPace = setPace;
    this.#setSpoiler = setSpoiler;
    this.#setDescription = setDescription;
    this.previewUrl = file && isPreviewed(file.type) ? URL.createObjectURL(file) : null;
    all.add(this);
  }

  /** Send `file` on its way. */
  static begin(channelId: Snowflake, file: File, voice: Voice | null = null): Upload {
    const upload = new Upload(channelId, file.name, file.size, file.type, file, voice, BEGIN);
    for (const effect of BEGIN[1]) upload.#perform(effect);
    return upload;
  }

  /** Take up a file that an earlier page sent. */
  static found(channelId: Snowflake, kept: KeptUpload): Upload {
    const upload = new Upload(channelId, kept.name, kept.size, kept.type, null, null, FOUND);
    upload.#url = kept.url;
    upload.#key = kept.key;
    upload.#setSpoiler(kept.spoiler);
    upload.#setDescription(kept.description ?? '');
    for (const effect of FOUND[1]) upload.#perform(effect);
    return upload;
  }

  /** What a message calls it by; null until all of it is at the server. */
  get key(): string | null {
    return this.#key;
  }

  /** The name that it gets in the message. */
  get sentName(): string {
    return this.spoiler() ? spoilerName(this.name, true) : this.name;
  }

  get loaded(): number {
    const state = this.state();
    return 'loaded' in state ? state.loaded : this.size;
  }

  get secondsLeft(): number | null {
    return this.state().name === 'travelling' ? secondsLeft(this.pace(), this.loaded, this.size) : null;
  }

  get kept(): KeptUpload | null {
    const { name, size, type } = this;
    const said = { spoiler: this.spoiler(), description: this.description() };
    return this.#url && this.#key ? { name, size, type, url: this.#url, key: this.#key, ...said } : null;
  }

  pause = (): void => this.feed({ name: 'pause' });
  resume = (): void => this.feed({ name: 'resume' });
  hide = (spoiler: boolean): void => {
    this.#setSpoiler(spoiler);
    this.#tell();
  };

  describe = (text: string): void => {
    this.#setDescription(text);
    this.#tell();
  };

  /** Let go of the file, here and at the server. */
  remove = (): void => {
    this.feed({ name: 'remove' });
    this.release();
  };

  /** Let go of the file here: a message has it, or nobody wants it. */
  release(): void {
    this.#watching = false;
    clearTimeout(this.#timer);
    this.#listeners.clear();
    all.delete(this);
    const { previewUrl } = this;
    if (previewUrl) setTimeout(() => URL.revokeObjectURL(previewUrl), PREVIEW_MS);
  }

  /** Be told of every change; returns a function that ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  feed(input: FileInput): void {
    const [state, effects] = stepFile(this.state(), input);
    if (state === this.state()) return;
    if (state.name === 'travelling') {
      const now = performance.now();
      const goesOn = this.state().name === 'travelling' && input.name === 'progress';
      this.#setPace(goesOn ? look(this.pace(), now, state.loaded) : startPace(now, state.loaded));
    }
    this.#setState(state);
    for (const effect of effects) this.#perform(effect);
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #perform(effect: FileEffect): void {
    switch (effect.name) {
      case 'travel':
        queue.push(this);
        return nextInLine();
      case 'halt':
        return this.#halt?.();
      case 'start-wait':
        this.#timer = setTimeout(() => this.feed({ name: 'due' }), effect.delayMs);
        return;
      case 'stop-wait':
        return clearTimeout(this.#timer);
      case 'watch':
        this.#watching = true;
        return void this.#watch();
      case 'stop-watch':
        this.#watching = false;
        return clearTimeout(this.#timer);
      case 'forget-address':
        this.#url = this.#key = null;
        return;
      case 'withdraw':
        if (this.#url) withdraw(this.#url);
        return;
    }
  }

  /** Ask for an address unless there is one, and send what is missing; one of `TRAVELLING_MAX` at a time. */
  async travel(): Promise<void> {
    if (this.state().name !== 'travelling' || !this.file) return nextInLine();
    travelling++;
    let over = false;
    const end = (input: FileInput | null) => {
      if (over) return;
      over = true;
      travelling--;
      this.#halt = null;
      if (input) this.feed(input);
      nextInLine();
    };
    this.#halt = () => end(null);
    if (!this.#url) {
      try {
        const { attachments: begun } = await attachments.begin(this.channelId, this.name, this.size);
        const [first] = begun;
        if (!first) throw new Error('the server named no address');
        [this.#url, this.#key] = [ownPath(first.upload_url), first.upload_filename];
      } catch (error) {
        const told = asRefusal(error);
        // Who may not send files here is not asked twice.
        return end(told.name === 'refused' ? { ...told, gone: false } : told);
      }
      // It was removed or paused meanwhile: what was begun at the server is taken up again, or ends by itself.
      if (over) return void (this.state().name === 'removed' && withdraw(this.#url));
    }
    const stop = travel(this.file, this.#url, (input) => (input.name === 'progress' ? this.feed(input) : end(input)));
    this.#halt = () => {
      stop();
      end(null);
    };
  }

  async #watch(): Promise<void> {
    const told = this.#url ? await lookAfter(this.#url) : null;
    if (!this.#watching || !told) return;
    if (told.name !== 'lost') this.feed(told);
    if (this.state().name !== 'processing') return;
    const next = told.name === 'told-to-wait' ? told.delayMs : told.name === 'lost' ? LOST_LOOK_MS : LOOK_MS;
    this.#timer = setTimeout(() => void this.#watch(), next);
  }
}

function nextInLine(): void {
  while (travelling < TRAVELLING_MAX) {
    const next = queue.shift();
    if (!next) return;
    if (next.state().name === 'travelling') return void next.travel();
  }
}
