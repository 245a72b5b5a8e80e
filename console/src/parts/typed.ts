import { useEffect, useState } from 'react';

/**
 * What somebody has typed, kept for this tab until it is sent: a sign-in in between loses nothing. It goes by the page
 * it was typed on, such as `requests/req_...`, or by what of it: `custody/key_...`.
 */
export function useTyped<T extends Readonly<Record<string, string>>>(
  name: string,
  empty: T,
): readonly [T, (change: Partial<T>) => void, () => void] {
  const [typed, setTyped] = useState<T>(() => ({ ...empty, ...kept(name, empty) }));
  useEffect(() => {
    if (Object.values(typed).some((value) => value !== '')) {
      sessionStorage.setItem(name, JSON.stringify(typed));
    } else sessionStorage.removeItem(name);
  }, [name, typed]);
  return [
    typed,
    (change) => setTyped((before) => ({ ...before, ...change })),
    () => {
      setTyped(empty);
      // At once: what it was typed into may be gone before the effect runs.
      sessionStorage.removeItem(name);
    },
  ];
}

/** Whether something that was typed on this page is there again when the page is opened anew. */
export function isTypedKept(page: string): boolean {
  return Object.keys(sessionStorage).some((name) => name === page || name.startsWith(`${page}/`));
}

/** For whoever comes next in this tab. */
export function forgetTyped(): void {
  sessionStorage.clear();
}

function kept<T extends Readonly<Record<string, string>>>(name: string, empty: T): Partial<T> {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(name) ?? '{}');
    if (typeof stored !== 'object' || stored === null) return {};
    return Object.fromEntries(
      Object.entries(stored).filter(([field, value]) => field in empty && typeof value === 'string'),
    ) as Partial<T>;
  } catch {
    return {};
  }
}
