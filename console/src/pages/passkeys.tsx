import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Form from '@cloudscape-design/components/form';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { startRegistration } from '@simplewebauthn/browser';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, Problem, signInLink } from '../api.ts';
import { PageTitle } from '../parts/page-title.tsx';
import { Waiting } from '../parts/shell.tsx';
import { timeText } from '../parts/time.ts';
import { Trouble } from '../parts/trouble.tsx';

type CreationOptions = Parameters<typeof startRegistration>[0]['optionsJSON'];

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
      {remove.isError ? <Trouble error={remove.error} backTo="passkeys" /> : undefined}
      {list.data?.passkeys.length === 0 ? <p>You have none yet.</p> : undefined}
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
      const response = await startRegistration({ optionsJSON: options as unknown as CreationOptions });
      return api.enrol({ name: name.trim(), response: { ...response } });
    },
    onSuccess: (list) => {
      queries.setQueryData(['passkeys'], list);
      setName('');
    },
  });
  const needsFactor = enrol.error instanceof Problem && enrol.error.code === 'MfaRequired';
  return (
    <form
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
              <div role="status">
                <Alert type="success">
                  Enrolled. Read its fingerprint to your auditors, so that they know it is yours.
                </Alert>
              </div>
            ) : undefined}
            {needsFactor ? (
              <Alert
                type="warning"
                action={<Button href={signInLink('passkeys', true)}>Sign in with a second factor</Button>}
              >
                Enrolling takes a sign-in with a second factor.
              </Alert>
            ) : enrol.isError ? (
              <PasskeyTrouble error={enrol.error} />
            ) : undefined}
            <FormField label="Name" description="What you call it, such as the device it is in.">
              <Input value={name} onChange={({ detail }) => setName(detail.value)} />
            </FormField>
          </SpaceBetween>
        </Container>
      </Form>
    </form>
  );
}

/** What a browser says when nobody answered its question is nothing of ours. */
export function PasskeyTrouble({
  error,
  backTo = 'passkeys',
}: {
  readonly error: Error;
  readonly backTo?: string;
}) {
  if (error instanceof Problem) return <Trouble error={error} backTo={backTo} />;
  return (
    <div role="alert">
      <Alert type="error" header="Your passkey did not answer">
        It was cancelled, took too long, or this device has none that fits. Try again.
      </Alert>
    </div>
  );
}
