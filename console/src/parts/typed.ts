import { useEffect, useState } from 'react';

/** What somebody has typed, kept for this tab until it is sent: a sign-in in between loses nothing. */
export function useTyped<T extends Readonly<Record<string, string>>>(
  name: string,
  empty: T,
): readonly [T, (change: Partial<T>) => void, () => void] {
  const [typed, setTyped] = useState<T>(() => ({ ...empty, ...kept(name, empty) }));
  useEffect(() => {
    sessionStorage.setItem(name, JSON.stringify(typed));
  }, [name, typed]);
  return [
    typed,
    (change) => setTyped((before) => ({ ...before, ...change })),
    () => {
      setTyped(empty);
      sessionStorage.removeItem(name);
    },
  ];
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
