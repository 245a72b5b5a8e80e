import Box from '@cloudscape-design/components/box';
import type { ReactNode } from 'react';
import { Ask } from './ask.tsx';
import { useFaults } from './faults.ts';
import { Trouble } from './trouble.tsx';

/** Asks once more before something is done that cannot be undone by the next click. */
export function Confirm({
  sending,
  backTo,
  children,
  ...asked
}: {
  readonly header: string;
  readonly act: string;
  readonly leave: string;
  /** What it does, as TanStack Query has it. */
  readonly sending: { readonly error: Error | null; readonly isPending: boolean; readonly reset: () => void };
  readonly backTo: string;
  readonly onAct: () => void;
  readonly close: () => void;
  readonly children: ReactNode;
}) {
  const { form, trouble } = useFaults([], sending);
  return (
    <Ask {...asked} form={form} isPending={sending.isPending}>
      {trouble === undefined ? undefined : <Trouble error={trouble} backTo={backTo} />}
      <Box variant="p">{children}</Box>
    </Ask>
  );
}
