import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import TextContent from '@cloudscape-design/components/text-content';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Decided, RequestDetail } from '../../../lambdas/approvals/portal/contract.ts';
import { api, Problem } from '../api.ts';
import { useAsked } from '../parts/ask.tsx';
import { Confirm } from '../parts/confirm.tsx';
import { DecisionForm } from '../parts/decision-form.tsx';
import { Evidence } from '../parts/evidence.tsx';
import { PageTitle } from '../parts/page-title.tsx';
import { QueryTrouble } from '../parts/query-trouble.tsx';
import { Recorded } from '../parts/recorded.tsx';
import { Waiting } from '../parts/shell.tsx';
import { Standing } from '../parts/standing.tsx';
import { timeText } from '../parts/time.ts';
import { Trouble } from '../parts/trouble.tsx';

/** All that somebody has to know to decide a request, and the form to decide it with. */
export function RequestPage({ requestId }: { readonly requestId: string }) {
  const backTo = `requests/${requestId}`;
  const detail = useQuery({ queryKey: ['request', requestId], queryFn: () => api.request(requestId) });
  const [done, setDone] = useState<Decided['done']>();
  const [closed, setClosed] = useState<Problem>();
  const [cancelling, setCancelling] = useAsked<true>();
  const trouble = detail.isError ? <QueryTrouble error={detail.error} backTo={backTo} /> : undefined;
  // What is shown already stays while it cannot be asked for anew: somebody may be typing.
  const request = detail.data;
  if (request === undefined) {
    return (
      <SpaceBetween size="l">
        <PageTitle>Request</PageTitle>
        {trouble ?? <Waiting />}
      </SpaceBetween>
    );
  }
  return (
    <SpaceBetween size="l">
      <PageTitle description={request.alias}>{`${request.operation} ${request.key}`}</PageTitle>
      {trouble}
      {done === undefined ? undefined : <Recorded done={done} decisions={request.decisions} />}
      {/* Until then the form is there, and says so itself. */}
      {closed === undefined || request.may.decide ? undefined : (
        <Trouble error={closed} backTo={backTo} takesFocus />
      )}
      <Standing request={request} />
      <Container header={<Header variant="h2">What is asked</Header>}>
        <KeyValuePairs columns={2} items={[...request.asked]} />
      </Container>
      <Evidence evidence={request.evidence} />
      <Container header={<Header variant="h2">Who decides</Header>}>
        <SpaceBetween size="m">
          <KeyValuePairs columns={2} items={request.rule.filter(({ label }) => label !== 'Digest')} />
          <div>
            <Box variant="awsui-key-label">Digest: compare it with the one in the mail or in Slack</Box>
            <span className="digest">{request.shortDigest}</span>
            <ExpandableSection headerText="The whole digest">
              <CopyToClipboard
                variant="inline"
                textToCopy={request.digest}
                copyButtonAriaLabel="Copy the digest"
                copySuccessText="Copied"
                copyErrorText="Not copied"
              />
            </ExpandableSection>
          </div>
        </SpaceBetween>
      </Container>
      <Decisions request={request} />
      {request.may.decide ? (
        <DecisionForm request={request} onDecided={setDone} onClosed={setClosed} />
      ) : undefined}
      {request.may.cancel || cancelling !== undefined ? (
        <CancelForm request={request} asked={cancelling} setAsked={setCancelling} />
      ) : undefined}
      <ExpandableSection headerText="History" variant="container">
        <TextContent>
          <ol>
            {request.history.map(({ at, event, actor, text }) => (
              <li key={`${at} ${event} ${actor}`}>
                {timeText(at)}: <strong>{event}</strong>, {actor}
                {text === '' ? '' : `. ${text}`}
              </li>
            ))}
          </ol>
        </TextContent>
      </ExpandableSection>
    </SpaceBetween>
  );
}

function Decisions({ request: { decisions } }: { readonly request: RequestDetail }) {
  return (
    <Container header={<Header variant="h2">Decisions</Header>}>
      {decisions.length === 0 ? <Box variant="p">Nobody has decided yet.</Box> : undefined}
      <SpaceBetween size="m">
        {decisions.map(({ person, verdict, reason, channel, mfa, passkey, behalf, decidedAt, counts }) => (
          <div key={`${person} ${decidedAt}`}>
            <StatusIndicator type={!counts ? 'stopped' : verdict === 'approve' ? 'success' : 'error'}>
              <bdi>{person}</bdi> {verdict === 'approve' ? 'approved' : 'denied'}
              {behalf === undefined ? '' : ` in the place of ${behalf}`}
              {counts ? '' : ', on an earlier digest: it no longer counts'}
            </StatusIndicator>
            <Box color="text-body-secondary">
              {timeText(decidedAt)}, {channel}, {mfa ? 'second factor' : 'no second factor'}
              {passkey ? ', signed with a passkey' : ''}
            </Box>
            <div>{reason}</div>
          </div>
        ))}
      </SpaceBetween>
    </Container>
  );
}

/** Outlasts the right to cancel while it asks: what came of it is said there. */
function CancelForm({
  request: { requestId, may },
  asked,
  setAsked,
}: {
  readonly request: RequestDetail;
  readonly asked: true | undefined;
  readonly setAsked: (asked: true | undefined) => void;
}) {
  const queries = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => api.cancel(requestId),
    onSuccess: (request) => {
      setAsked(undefined);
      queries.setQueryData(['request', requestId], request);
    },
    onError: (error) => {
      if (error instanceof Problem && error.code === 'RequestClosed') {
        void queries.invalidateQueries({ queryKey: ['request', requestId] });
      }
    },
  });
  const ask = (): void => {
    cancel.reset();
    setAsked(true);
  };
  return (
    <>
      {may.cancel ? <Button onClick={ask}>Take the request back …</Button> : undefined}
      {asked === undefined ? undefined : (
        <Confirm
          header="Take the request back?"
          act="Take it back"
          leave="Leave it waiting"
          sending={cancel}
          backTo={`requests/${requestId}`}
          onAct={() => cancel.mutate()}
          close={() => setAsked(undefined)}
        >
          Nobody can approve it any more. What it asks for has to be requested anew, and approved anew.
        </Confirm>
      )}
    </>
  );
}
