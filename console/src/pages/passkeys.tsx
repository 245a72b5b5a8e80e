import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Form from '@cloudscape-design/components/form';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { PasskeyList } from '../../../lambdas/approvals/portal/contract.ts';
import { api } from '../api.ts';
import { useAsked } from '../parts/ask.tsx';
import { Confirm } from '../parts/confirm.tsx';
import { useFaults } from '../parts/faults.ts';
import { Fingerprint } from '../parts/fingerprint.tsx';
import { Outcome } from '../parts/outcome.tsx';
import { PageTitle } from '../parts/page-title.tsx';
import { QueryTrouble } from '../parts/query-trouble.tsx';
import { Waiting } from '../parts/shell.tsx';
import { timeText } from '../parts/time.ts';
import { Trouble } from '../parts/trouble.tsx';
import { makePasskey } from '../passkey.ts';

type Passkey = PasskeyList['passkeys'][number];

/** The passkeys with which whoever is signed in signs approvals. */
export function PasskeysPage() {
  const queries = useQueryClient();
  const list = useQuery({ queryKey: ['passkeys'], queryFn: api.passkeys });
  const [asked, setAsked] = useAsked<Passkey>();
  const remove = useMutation({
    mutationFn: api.removePasskey,
    onSuccess: (left) => {
      setAsked(undefined);
      queries.setQueryData(['passkeys'], left);
    },
  });
  const ask = (passkey: Passkey): void => {
    remove.reset();
    setAsked(passkey);
  };
  return (
    <SpaceBetween size="l">
      <PageTitle description="Some approvals are signed with a passkey: proof that does not rest on Keyward.">
        Passkeys
      </PageTitle>
      {list.isPending ? <Waiting /> : undefined}
      <QueryTrouble error={list.error} backTo="passkeys" />
      {remove.isSuccess ? <Outcome>Removed. It signs nothing any more.</Outcome> : undefined}
      {list.data?.passkeys.length === 0 ? <Box variant="p">You have none yet.</Box> : undefined}
      {list.data === undefined || list.data.passkeys.length === 0 ? undefined : (
        <Box variant="p">
          A fingerprint is what an auditor compares with{' '}
          <Box variant="code">npm run verify -- --passkeys</Box>: read yours out to them, face to face or over
          a line that you both trust.
        </Box>
      )}
      {list.data?.passkeys.map((passkey) => (
        <Enrolled key={passkey.credentialId} passkey={passkey} remove={() => ask(passkey)} />
      ))}
      <Enrolment />
      {asked === undefined ? undefined : (
        <Confirm
          header={`Remove ${asked.name}?`}
          act="Remove it"
          leave="Keep it"
          sending={remove}
          backTo="passkeys"
          onAct={() => remove.mutate(asked.credentialId)}
          close={() => setAsked(undefined)}
        >
          You can sign nothing with it any more. To enrol the same device again makes another passkey, with
          another fingerprint.
        </Confirm>
      )}
    </SpaceBetween>
  );
}

function Enrolled({
  passkey: { name, fingerprint, createdAt },
  remove,
}: {
  readonly passkey: Passkey;
  readonly remove: () => void;
}) {
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            <Button ariaLabel={`Remove ${name}`} onClick={remove}>
              Remove …
            </Button>
          }
        >
          {name}
        </Header>
      }
    >
      <KeyValuePairs
        columns={1}
        items={[
          { label: 'Enrolled', value: timeText(createdAt) },
          {
            label: 'Fingerprint, for your auditors',
            value: <Fingerprint of={name} fingerprint={fingerprint} />,
          },
        ]}
      />
    </Container>
  );
}

function Enrolment() {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const enrol = useMutation({
    mutationFn: async () => {
      const { options } = await api.enrolmentOptions();
      const response = await makePasskey(options);
      return api.enrol({ name: name.trim(), response: { ...response } });
    },
    onSuccess: (list) => {
      queries.setQueryData(['passkeys'], list);
      setName('');
    },
  });
  const { form, mark, trouble } = useFaults(['/name'], enrol);
  return (
    <form
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        enrol.mutate();
      }}
    >
      <Form
        actions={
          <Button variant="primary" loading={enrol.isPending} disabled={name.trim() === ''}>
            Enrol a passkey
          </Button>
        }
      >
        <Container header={<Header variant="h2">Enrol another</Header>}>
          <SpaceBetween size="m">
            {enrol.isSuccess ? (
              <Outcome>
                Enrolled. Read its fingerprint to your auditors, so that they know it is yours.
              </Outcome>
            ) : undefined}
            {trouble === undefined ? undefined : <Trouble error={trouble} backTo="passkeys" />}
            <FormField
              label="Name"
              description="What you call it, such as the device it is in."
              {...mark('/name')}
            >
              <Input value={name} onChange={({ detail }) => setName(detail.value)} />
            </FormField>
          </SpaceBetween>
        </Container>
      </Form>
    </form>
  );
}
