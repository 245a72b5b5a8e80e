import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { type ReactNode, type RefObject, useEffect, useId, useState } from 'react';
import { focusTitle } from '../router.ts';

/** Asks in a dialog before something is done. What is under way is not left by closing it. */
export function Ask({
  header,
  act,
  leave,
  isPending,
  form,
  onAct,
  close,
  children,
}: {
  readonly header: string;
  /** What its button does; without, there is nothing left to do. */
  readonly act?: string | undefined;
  readonly leave: string;
  readonly isPending: boolean;
  readonly form: RefObject<HTMLFormElement | null>;
  readonly onAct: () => void;
  readonly close: () => void;
  readonly children: ReactNode;
}) {
  const formId = useId();
  const leaveIt = (): void => {
    if (!isPending) close();
  };
  return (
    <Modal
      visible
      onDismiss={leaveIt}
      closeAriaLabel="Close"
      header={header}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button onClick={leaveIt} disabled={isPending}>
              {leave}
            </Button>
            {act === undefined ? undefined : (
              <Button variant="primary" form={formId} loading={isPending}>
                {act}
              </Button>
            )}
          </SpaceBetween>
        </Box>
      }
    >
      <form
        id={formId}
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!isPending) onAct();
        }}
      >
        <SpaceBetween size="m">{children}</SpaceBetween>
      </form>
    </Modal>
  );
}

/** What is asked about, while it is. */
export function useAsked<T>(): readonly [T | undefined, (about: T | undefined) => void] {
  const [about, setAbout] = useState<T>();
  // The button that led to the dialog may be gone with what was done, and cannot have the focus back.
  useEffect(() => {
    if (about === undefined && document.activeElement === document.body) focusTitle();
  }, [about]);
  return [about, setAbout];
}
