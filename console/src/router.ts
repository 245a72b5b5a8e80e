import { useEffect, useSyncExternalStore } from 'react';

/** Where the page is below its base: `requests/req_...`, and the query after it. */
export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

const changed = new EventTarget();

function here(): string {
  return location.href.slice(new URL('.', document.baseURI).href.length).replace(/#.*$/, '');
}

/** Goes to another page of ours without loading it anew. */
export function go(to: string): void {
  history.pushState(undefined, '', new URL(to, document.baseURI));
  changed.dispatchEvent(new Event('change'));
  scrollTo(0, 0);
}

function subscribe(listener: () => void): () => void {
  addEventListener('popstate', listener);
  changed.addEventListener('change', listener);
  return () => {
    removeEventListener('popstate', listener);
    changed.removeEventListener('change', listener);
  };
}

export function usePlace(): Place {
  const address = useSyncExternalStore(subscribe, here);
  const [path = '', query = ''] = address.split('?');
  return { path: path.replace(/\/$/, ''), query: new URLSearchParams(query) };
}

/** Names the document after its page, and puts the focus where the page begins: a reader hears where they are. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} – Keyward`;
    document.querySelector<HTMLElement>('h1')?.focus();
  }, [title]);
}
