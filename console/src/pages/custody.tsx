import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Textarea from '@cloudscape-design/components/textarea';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Custody } from '../../../lambdas/approvals/portal/contract.ts';
import { api, Problem, signInLink } from '../api.ts';
import { OurLink } from '../parts/our-link.tsx';
import { PageTitle } from '../parts/page-title.tsx';
import { Waiting } from '../parts/shell.tsx';
import { timeText } from '../parts/time.ts';
import { Trouble } from '../parts/trouble.tsx';

type HeldKey = Custody['keys'][number];

/** The keys that whoever is signed in may stop at once. */
export function CustodyPage() {
  const list = useQuery({ queryKey: ['custody'], queryFn: api.custody });
  const [chosen, setChosen] = useState<HeldKey>();
  return (
    <SpaceBetween size="l">
      <PageTitle description="In an emergency a custodian stops a key alone. The quorum is asked afterwards. Nothing is deleted.">
        Stop a key
      </PageTitle>
      {list.isPending ? <Waiting /> : undefined}
      {list.isError ? <Trouble error={list.error} backTo="custody" /> : undefined}
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

function StopModal({ held, close }: { readonly held: HeldKey; readonly close: () => void }) {
  const queries = useQueryClient();
  const [alias, setAlias] = useState('');
  const [reason, setReason] = useState('');
  const stop = useMutation({
    mutationFn: () => api.stop(held.keyId, { alias, reason }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['custody'] }),
  });
  const fault = (pointer: string): string | undefined =>
    stop.error instanceof Problem ? stop.error.faults.get(pointer) : undefined;
  const needsFactor = stop.error instanceof Problem && stop.error.code === 'MfaRequired';
  return (
    <Modal
      visible
      onDismiss={close}
      closeAriaLabel="Close"
      header={`Stop ${held.key}`}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button onClick={close}>{stop.isSuccess ? 'Close' : 'Leave it running'}</Button>
            {stop.isSuccess ? undefined : (
              <Button variant="primary" loading={stop.isPending} onClick={() => stop.mutate()}>
                Stop it now
              </Button>
            )}
          </SpaceBetween>
        </Box>
      }
    >
      {stop.isSuccess ? (
        <div role="status">
          <Alert type="success" header="Stopped">
            Nothing can use the key any more.{' '}
            {stop.data.ratification === undefined ? (
              'The quorum is asked within a minute.'
            ) : (
              <OurLink to={`requests/${stop.data.ratification}`}>The quorum is asked to ratify it.</OurLink>
            )}
          </Alert>
        </div>
      ) : (
        <SpaceBetween size="m">
          {needsFactor ? (
            <Alert
              type="warning"
              action={<Button href={signInLink('custody', true)}>Sign in with a second factor</Button>}
            >
              Stopping a key takes a sign-in with a second factor.
            </Alert>
          ) : stop.isError ? (
            <Trouble error={stop.error} backTo="custody" />
          ) : undefined}
          <p>
            Everything that uses this key fails at once, until it is reinstated under its rule. The ledger
            says that it was you.
          </p>
          <FormField label="Reason" errorText={fault('/reason')}>
            <Textarea value={reason} onChange={({ detail }) => setReason(detail.value)} rows={3} />
          </FormField>
          <FormField label={`To stop it, type its alias: ${held.alias}`} errorText={fault('/alias')}>
            <Input value={alias} onChange={({ detail }) => setAlias(detail.value)} spellcheck={false} />
          </FormField>
        </SpaceBetween>
      )}
    </Modal>
  );
}
