import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { RequestDetail } from '../../../lambdas/approvals/portal/contract.ts';
import { List } from './list.tsx';
import { timeText } from './time.ts';

type Shown = NonNullable<RequestDetail['evidence']>;

/** What was looked at, what will fail, and, as plainly, what is not known. */
export function Evidence({ evidence }: { readonly evidence: RequestDetail['evidence'] }) {
  if (evidence === undefined) return undefined;
  const { collectedAt, kmsKeys, consumers, consequences, gaps } = evidence;
  const hasGaps = gaps.length > 0;
  return (
    <Container
      header={
        <Header variant="h2" description={`As of ${timeText(collectedAt)}`}>
          Evidence
        </Header>
      }
    >
      <SpaceBetween size="l">
        <Alert type={consequences.length > 0 || hasGaps ? 'warning' : 'info'} header="What will fail">
          <List
            items={consequences}
            none={
              hasGaps
                ? 'Nothing was found. That does not say that nothing fails: not all could be looked at.'
                : 'Nothing was found.'
            }
          />
        </Alert>
        <Alert type={hasGaps ? 'warning' : 'info'} header="What is not known">
          <List items={gaps} none="Nothing is said to be unknown." />
        </Alert>
        {kmsKeys.map((kmsKey) => (
          <KmsKey key={kmsKey.kmsKeyArn} kmsKey={kmsKey} />
        ))}
        <div>
          <Box variant="h3">Registered consumers</Box>
          {consumers.length === 0 ? <NoConsumer hasGaps={hasGaps} /> : undefined}
          {consumers.map(({ name, contact, uses }) => (
            <Box variant="p" key={name}>
              <bdi>
                <strong>{name}</strong>
              </bdi>{' '}
              (<bdi>{contact}</bdi>): <bdi>{uses}</bdi>
            </Box>
          ))}
        </div>
      </SpaceBetween>
    </Container>
  );
}

function NoConsumer({ hasGaps }: { readonly hasGaps: boolean }) {
  if (!hasGaps) return <Box variant="p">None is known.</Box>;
  return <StatusIndicator type="warning">None is known, and not all could be looked at.</StatusIndicator>;
}

function KmsKey({ kmsKey }: { readonly kmsKey: Shown['kmsKeys'][number] }) {
  const { version, kmsKeyArn, keyState, aliases, grants, principals, lastUse } = kmsKey;
  return (
    <div>
      <Box variant="h3">Version {version}</Box>
      <KeyValuePairs
        columns={2}
        items={[
          { label: 'State in KMS', value: keyState },
          { label: 'Last use', value: lastUse },
          { label: 'Aliases', value: <List items={aliases} none="None" /> },
          { label: 'Let in by the key policy', value: <List items={principals} none="Nobody" /> },
          {
            label: 'Grants',
            value: (
              <List
                items={grants.map(({ grantee, operations }) => `${grantee}: ${operations.join(', ')}`)}
                none="None"
              />
            ),
          },
          { label: 'KMS key', value: kmsKeyArn },
        ]}
      />
    </div>
  );
}
