import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import { type ReactNode, useEffect, useRef } from 'react';
import { Problem, signInLink } from '../api.ts';
import { PasskeyFailure } from '../passkey.ts';
import { isTypedKept } from './typed.ts';

/** What went wrong, what to do, and the code and reference to tell whoever runs Keyward. */
export function Trouble({
  error,
  backTo,
  takesFocus = false,
}: {
  readonly error: Error;
  readonly backTo: string;
  /** Where what it is about is gone: otherwise the form that it stands in leads here. */
  readonly takesFocus?: boolean;
}) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (takesFocus) place.current?.focus();
  }, [takesFocus]);
  return (
    <div ref={place} role="alert" tabIndex={-1} data-trouble="">
      {said(error, backTo)}
    </div>
  );
}

function said(error: Error, backTo: string): ReactNode {
  if (error instanceof PasskeyFailure) {
    return (
      <Alert type="error" header="Your passkey did not answer">
        {error.message}
      </Alert>
    );
  }
  if (!(error instanceof Problem)) {
    return (
      <Alert type="error" header="This cannot be shown">
        The answer is not what this page expects. Load it again.
      </Alert>
    );
  }
  const kept = isTypedKept(backTo) ? ' What you typed is kept here.' : '';
  if (error.isSignedOut) {
    return (
      <Alert
        type="warning"
        header="You are not signed in"
        action={<Button href={signInLink(backTo)}>Sign in</Button>}
      >
        Sign in with your organisation, and you come back to this page.{kept}
      </Alert>
    );
  }
  if (error.code === 'MfaRequired') {
    return (
      <Alert
        type="warning"
        action={<Button href={signInLink(backTo, true)}>Sign in with a second factor</Button>}
      >
        {error.message}
        {kept}
      </Alert>
    );
  }
  return (
    <Alert type="error" header={titleOf(error)}>
      {error.message}
      <Box variant="small" display="block" padding={{ top: 'xxs' }}>
        {error.code}
        {error.reference === undefined ? '' : `, reference ${error.reference}`}
      </Box>
    </Alert>
  );
}

function titleOf({ status }: Problem): string {
  if (status === 404) return 'Not found';
  if (status === 403) return 'Not allowed';
  return status >= 500 ? 'This did not work' : 'Not recorded';
}
