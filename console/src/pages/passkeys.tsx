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
import { api } from '../api.ts';
import { useFaults } from '../parts/faults.ts';
import { Outcome } from '../parts/outcome.tsx';
import { PageTitle } from '../parts/page-title.tsx';
import { Waiting } from '../parts/shell.tsx';
import { timeText } from '../parts/time.ts';
import { Trouble } from '../parts/trouble.tsx';
import { makePasskey } from '../passkey.ts';

/** The passkeys with which whoever is signed in signs approvals. */
export function PasskeysPage() {
  const queries = useQueryClient();
  const list = useQuery({ queryKey: ['passkeys'], queryFn: api.passkeys });
  const remove = useMutation({
    mutationFn: api.removePasskey,
    onSuccess: (left) => queries.setQueryData(['passkeys'], left),
  });
  return (
    <SpaceBetween size="l">
      <PageTitle description="Some approvals are signed with a passkey: proof that does not rest on Keyward.">
        Passkeys
      </PageTitle>
      {list.isPending ? <Waiting /> : undefined}
      {list.isError ? <Trouble error={list.error} backTo="passkeys" /> : undefined}
      {remove.isSuccess ? <Outcome>Removed. It signs nothing any more.</Outcome> : undefined}
      {remove.isError ? <Trouble error={remove.error} backTo="passkeys" /> : undefined}
      {list.data?.passkeys.length === 0 ? <Box variant="p">You have none yet.</Box> : undefined}
      {list.data?.passkeys.map(({ credentialId, name, fingerprint, createdAt }) => (
        <Container
          key={credentialId}
          header={
            <Header
              variant="h2"
              actions={
                <Button ariaLabel={`Remove ${name}`} onClick={() => remove.mutate(credentialId)}>
                  Remove
                </Button>
              }
            >
              {name}
            </Header>
          }
        >
          <KeyValuePairs
            columns={2}
            items={[
              { label: 'Enrolled', value: timeText(createdAt) },
              { label: 'Fingerprint, for your auditors', value: fingerprint },
            ]}
          />
        </Container>
      ))}
      <Enrolment />
    </SpaceBetween>
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
