import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useQuery } from '@tanstack/react-query';
import type { Custody } from '../../../lambdas/approvals/portal/contract.ts';
import { api } from '../api.ts';
import { useAsked } from '../parts/ask.tsx';
import { PageTitle } from '../parts/page-title.tsx';
import { QueryTrouble } from '../parts/query-trouble.tsx';
import { Waiting } from '../parts/shell.tsx';
import { StopModal } from '../parts/stop-modal.tsx';
import { timeText } from '../parts/time.ts';

type HeldKey = Custody['keys'][number];

/** The keys that whoever is signed in may stop at once. */
export function CustodyPage() {
  const list = useQuery({ queryKey: ['custody'], queryFn: api.custody });
  const [chosen, setChosen] = useAsked<HeldKey>();
  return (
    <SpaceBetween size="l">
      <PageTitle description="In an emergency a custodian stops a key alone. The quorum is asked afterwards. Nothing is deleted.">
        Stop a key
      </PageTitle>
      {list.isPending ? <Waiting /> : undefined}
      <QueryTrouble error={list.error} backTo="custody" />
      {list.data?.complete === false ? (
        <Alert type="warning">
          There are more keys than can be shown here. Stop one that is missing over the API.
        </Alert>
      ) : undefined}
      {list.data?.keys.length === 0 ? (
        <Box variant="p">You are no custodian of any key. Ask for a revocation, or find a custodian.</Box>
      ) : undefined}
      {list.data?.keys.map((key) => (
        <Container
          key={key.keyId}
          header={
            <Header
              variant="h2"
              actions={
                key.state === 'active' ? (
                  <Button ariaLabel={`Stop ${key.key}`} onClick={() => setChosen(key)}>
                    Stop …
                  </Button>
                ) : undefined
              }
            >
              {key.key}
            </Header>
          }
        >
          <KeyValuePairs
            columns={3}
            items={[
              { label: 'Alias', value: key.alias },
              { label: 'Class', value: key.className },
              {
                label: 'State',
                value:
                  key.unratifiedSince === undefined ? (
                    key.state
                  ) : (
                    <StatusIndicator type="warning">
                      {key.state}, not ratified since {timeText(key.unratifiedSince)}
                    </StatusIndicator>
                  ),
              },
            ]}
          />
        </Container>
      ))}
      {chosen === undefined ? undefined : (
        <StopModal key={chosen.keyId} held={chosen} close={() => setChosen(undefined)} />
      )}
    </SpaceBetween>
  );
}
