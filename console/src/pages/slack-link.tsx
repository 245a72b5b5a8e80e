import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useMutation, useQuery } from '@tanstack/react-query';
import { api } from '../api.ts';
import { PageTitle } from '../parts/page-title.tsx';
import { Waiting } from '../parts/shell.tsx';
import { Trouble } from '../parts/trouble.tsx';

/** Links a Slack account to whoever is signed in: once, and knowingly. */
export function SlackLinkPage({ nonce }: { readonly nonce: string }) {
  const account = useQuery({ queryKey: ['slack-link', nonce], queryFn: () => api.slackLink(nonce) });
  const link = useMutation({ mutationFn: () => api.linkSlack(nonce) });
  const backTo = `slack-link?nonce=${encodeURIComponent(nonce)}`;
  return (
    <SpaceBetween size="l">
      <PageTitle>Link your Slack account</PageTitle>
      {account.isPending ? <Waiting /> : undefined}
      {account.isError ? <Trouble error={account.error} backTo={backTo} /> : undefined}
      {link.isError ? <Trouble error={link.error} backTo={backTo} /> : undefined}
      {link.isSuccess ? (
        <div role="status">
          <Alert type="success">Linked. Go back to Slack and press «Review» once more.</Alert>
        </div>
      ) : undefined}
      {account.data !== undefined && !link.isSuccess ? (
        <>
          <p>
            What is decided in Slack as <strong>{account.data.user}</strong> in the workspace{' '}
            <strong>{account.data.team}</strong> will count as decided by you. Do this only if that account is
            yours.
          </p>
          <Button variant="primary" loading={link.isPending} onClick={() => link.mutate()}>
            It is mine: link it
          </Button>
        </>
      ) : undefined}
    </SpaceBetween>
  );
}
