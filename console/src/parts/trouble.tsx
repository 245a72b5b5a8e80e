import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import { Problem, signInLink } from '../api.ts';

/** What went wrong, what to do, and the reference to tell whoever runs Keyward. */
export function Trouble({ error, backTo }: { readonly error: Error; readonly backTo: string }) {
  if (error instanceof Problem && error.isSignedOut) {
    return (
      <div role="alert">
        <Alert
          type="warning"
          header="You are not signed in"
          action={<Button href={signInLink(backTo)}>Sign in</Button>}
        >
          Sign in with your organisation, and you come back to this page. What you typed is kept here.
        </Alert>
      </div>
    );
  }
  const known = error instanceof Problem ? error : undefined;
  return (
    <div role="alert">
      <Alert type="error" header={known === undefined ? 'This cannot be shown' : titleOf(known)}>
        {known?.message ?? 'The answer is not what this page expects. Load it again.'}
        {known?.reference === undefined ? undefined : (
          <p>
            <small>
              {known.code}, reference {known.reference}
            </small>
          </p>
        )}
      </Alert>
    </div>
  );
}

function titleOf({ status }: Problem): string {
  if (status === 404) return 'Not found';
  if (status === 403) return 'Not allowed';
  return status >= 500 ? 'This did not work' : 'Not recorded';
}
