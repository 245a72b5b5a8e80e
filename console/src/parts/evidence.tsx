import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { RequestDetail } from '../../../lambdas/approvals/portal/contract.ts';
import { timeText } from './time.ts';

type Shown = NonNullable<RequestDetail['evidence']>;

/** What was looked at, what will fail, and, as plainly, what is not known. */
export function Evidence({ evidence }: { readonly evidence: RequestDetail['evidence'] }) {
  if (evidence === undefined) return undefined;
  const { collectedAt, kmsKeys, consumers, consequences, gaps } = evidence;
  return (
    <Container
      header={
        <Header variant="h2" description={`As of ${timeText(collectedAt)}`}>
          Evidence
        </Header>
      }
    >
      <SpaceBetween size="l">
        <Alert type="warning" header="What will fail">
          <List items={consequences} />
        </Alert>
        <Alert type="warning" header="What is not known">
          <List items={gaps} />
        </Alert>
        {kmsKeys.map((kmsKey) => (
          <KmsKey key={kmsKey.kmsKeyArn} kmsKey={kmsKey} />
        ))}
        <div>
          <Box variant="h3">Registered consumers</Box>
          {consumers.length === 0 ? <p>None has registered.</p> : undefined}
          {consumers.map(({ name, contact, uses }) => (
            <p key={name}>
              <strong>{name}</strong> ({contact}): {uses}
            </p>
          ))}
        </div>
      </SpaceBetween>
    </Container>
  );
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

function List({
  items,
  none = 'Nothing was found.',
}: {
  readonly items: readonly string[];
  readonly none?: string;
}) {
  if (items.length === 0) return <span>{none}</span>;
  return (
    <ul>
      {items.map((item) => (
        <li key={item}>{item}</li>
      ))}
    </ul>
  );
}
