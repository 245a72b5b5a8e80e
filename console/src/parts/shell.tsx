import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useRef } from 'react';
import type { SessionShown } from '../../../lambdas/approvals/portal/contract.ts';
import { api } from '../api.ts';
import { OurLink } from './our-link.tsx';
import { forgetTyped } from './typed.ts';

/** What stands around every page: where one can go, and who is signed in. */
export function Shell({
  session,
  children,
}: {
  readonly session?: SessionShown;
  readonly children: ReactNode;
}) {
  const queries = useQueryClient();
  const main = useRef<HTMLElement>(null);
  const signOut = useMutation({
    mutationFn: api.signOut,
    onSuccess: () => {
      forgetTyped();
      return queries.resetQueries();
    },
  });
  return (
    <>
      <a
        className="skip"
        href="#main"
        onClick={(event) => {
          // Followed, it would lead to the <base> of the page.
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the content
      </a>
      <nav className="top" aria-label="Keyward">
        <strong>Keyward</strong>
        <OurLink to=".">Waiting for me</OurLink>
        <OurLink to="custody">Stop a key</OurLink>
        <OurLink to="absences">Absences</OurLink>
        <OurLink to="passkeys">Passkeys</OurLink>
        <OurLink to="slack-link">Slack</OurLink>
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
      <main ref={main} id="main" className="page" tabIndex={-1}>
        {children}
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
