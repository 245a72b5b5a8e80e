import { useEffect, useSyncExternalStore } from 'react';

const changed = new EventTarget();

/** Where the page is below its base, such as `requests/req_...`. */
function here(): string {
  return location.href
    .slice(new URL('.', document.baseURI).href.length)
    .replace(/[?#].*$/, '')
    .replace(/\/$/, '');
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

export function usePath(): string {
  return useSyncExternalStore(subscribe, here);
}

/** Puts the focus where the page begins: a reader hears where they are. */
export function focusTitle(): void {
  document.querySelector<HTMLElement>('h1')?.focus();
}

/** Names the document after its page, and begins there when the page is new. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} – Keyward`;
  }, [title]);
  // Not when its title is known only later: the reader may be elsewhere by then.
  useEffect(focusTitle, []);
}
