import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { SessionShown } from '../../../lambdas/approvals/portal/contract.ts';
import { api } from '../api.ts';
import { OurLink } from './our-link.tsx';

/** What stands around every page: where one can go, and who is signed in. */
export function Shell({
  session,
  children,
}: {
  readonly session?: SessionShown;
  readonly children: ReactNode;
}) {
  const queries = useQueryClient();
  const signOut = useMutation({ mutationFn: api.signOut, onSuccess: () => queries.resetQueries() });
  return (
    <>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <nav className="top" aria-label="Keyward">
        <strong>Keyward</strong>
        <OurLink to=".">Waiting for me</OurLink>
        <OurLink to="custody">Stop a key</OurLink>
        <OurLink to="absences">Absences</OurLink>
        <OurLink to="passkeys">Passkeys</OurLink>
        {session === undefined ? undefined : (
          <span className="who">
            <SpaceBetween direction="horizontal" size="xs" alignItems="center">
              <span>
                {session.person.name}
                {session.mfa ? ', second factor' : ''}
              </span>
              <Button variant="inline-link" onClick={() => signOut.mutate()}>
                Sign out
              </Button>
            </SpaceBetween>
          </span>
        )}
      </nav>
      <main id="main" className="page" tabIndex={-1}>
        {children ?? <Waiting />}
      </main>
    </>
  );
}

export function Waiting() {
  return (
    <p role="status">
      <Spinner /> One moment …
    </p>
  );
}
