import { type RefObject, useEffect, useRef, useState } from 'react';
import { Problem } from '../api.ts';

type Faults = ReadonlyMap<string, string>;

const none: Faults = new Map();

/** What was sent last, as TanStack Query has it. */
interface Sending {
  readonly error: Error | null;
  readonly reset: () => void;
}

/**
 * What has to be corrected in a form, found before it is sent or said by the other side. Its fields go by pointers such
 * as `/reason`. Whoever cannot see the whole form is led to the first fault, each time anew.
 */
export function useFaults<Field extends string>(fields: readonly Field[], { error, reset }: Sending) {
  const form: RefObject<HTMLFormElement | null> = useRef(null);
  const [found, setFound] = useState(none);
  const said = error instanceof Problem ? error.faults : none;
  const at = (field: Field): string | undefined => found.get(field) ?? said.get(field);

  useEffect(() => {
    if (found.size === 0 && error === null) return;
    const first = form.current?.querySelector<HTMLElement>(
      '[data-faulty="true"] :is(input, textarea, button), [data-trouble]',
    );
    first?.focus();
  }, [found, error]);

  return {
    form,
    /** For a form field. */
    mark: (field: Field) => ({ errorText: at(field), 'data-faulty': at(field) !== undefined }),
    /** What went wrong and is no field's fault. */
    trouble: error !== null && !fields.some((field) => at(field) !== undefined) ? error : undefined,
    /** Whether the form can be sent. */
    isComplete: (faults: Readonly<Partial<Record<Field, string | false>>>): boolean => {
      const missing = Object.entries(faults).filter((fault): fault is [string, string] => Boolean(fault[1]));
      setFound(missing.length === 0 ? none : new Map(missing));
      if (missing.length > 0) reset();
      return missing.length === 0;
    },
  };
}
