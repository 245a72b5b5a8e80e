import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useQuery } from '@tanstack/react-query';
import type { RequestSummary } from '../../../lambdas/approvals/portal/contract.ts';
import { api } from '../api.ts';
import { OurLink } from '../parts/our-link.tsx';
import { PageTitle } from '../parts/page-title.tsx';
import { QueryTrouble } from '../parts/query-trouble.tsx';
import { Waiting } from '../parts/shell.tsx';
import { timeLeft, timeText } from '../parts/time.ts';

/** What waits for the decision of whoever is signed in. */
export function WaitingPage() {
  const list = useQuery({ queryKey: ['waiting'], queryFn: api.waiting, refetchInterval: 60_000 });
  return (
    <SpaceBetween size="l">
      <PageTitle description="Oldest first. Opening one decides nothing.">Waiting for me</PageTitle>
      {list.isPending ? <Waiting /> : undefined}
      <QueryTrouble error={list.error} backTo="" />
      {list.data?.complete === false ? (
        <Alert type="warning">
          There are more than can be shown here. Decide some, and load the page again.
        </Alert>
      ) : undefined}
      {list.data?.requests.length === 0 ? (
        <Box variant="p">Nothing waits for you. When something does, you are told by mail or in Slack.</Box>
      ) : undefined}
      {list.data?.requests.map((request) => (
        <Summary key={request.requestId} request={request} />
      ))}
    </SpaceBetween>
  );
}

function Summary({ request }: { readonly request: RequestSummary }) {
  const { requestId, operation, key, className, requestedBy, reason, shortDigest } = request;
  return (
    <Container
      header={
        <Header variant="h2">
          <OurLink to={`requests/${requestId}`}>
            {operation} {key}
          </OurLink>
        </Header>
      }
    >
      <KeyValuePairs
        columns={3}
        items={[
          { label: 'Reason', value: reason },
          { label: 'Requested by', value: requestedBy },
          { label: 'Ends', value: `${timeLeft(request.expiresAt)}, ${timeText(request.expiresAt)}` },
          { label: 'Approved', value: `${request.approved} of ${request.quorum}` },
          { label: 'Class', value: className },
          { label: 'Digest', value: shortDigest },
        ]}
      />
    </Container>
  );
}
