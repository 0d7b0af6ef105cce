/** What becomes of a transfer; exactly one of `answered` and `lost` is called unless it is aborted. */
export interface TransferListener {
  progress(loadedBytes: number, totalBytes: number): void;
  answered(status: number, body: unknown, retryAfter: string | null): void;
  lost(): void;
}

/** A network that swallows everything gives no error; files may take as long as they need. */
const TEXT_TIMEOUT_MS = 20_000;

/**
 * POST `body` and report its progress; returns a function that aborts.
 *
 * XMLHttpRequest, because fetch does not tell how much of a body has been sent.
 */
export function post(
  url: string,
  headers: Record<string, string>,
  body: FormData | string,
  listener: TransferListener,
): () => void {
  const xhr = new XMLHttpRequest();
  let aborted = false;
  xhr.open('POST', url);
  for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
  if (typeof body === 'string') {
    xhr.setRequestHeader('Content-Type', 'application/json');
    xhr.timeout = TEXT_TIMEOUT_MS;
  } else xhr.upload.onprogress = (event) => listener.progress(event.loaded, event.lengthComputable ? event.total : 0);
  xhr.onload = () => {
    let answer: unknown;
    try {
      answer = JSON.parse(xhr.responseText);
    } catch {
      answer = undefined;
    }
    listener.answered(xhr.status, answer, xhr.getResponseHeader('Retry-After'));
  };
  xhr.onerror = xhr.ontimeout = () => {
    if (!aborted) listener.lost();
  };
  xhr.send(body);
  return () => {
    aborted = true;
    xhr.abort();
  };
}
