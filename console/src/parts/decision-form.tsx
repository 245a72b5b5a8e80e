import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Form from '@cloudscape-design/components/form';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import RadioGroup from '@cloudscape-design/components/radio-group';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import { startAuthentication } from '@simplewebauthn/browser';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { DecisionBody, RequestDetail } from '../../../lambdas/approvals/portal/contract.ts';
import { api, Problem, signInLink } from '../api.ts';
import { PasskeyTrouble } from '../pages/passkeys.tsx';
import { useTyped } from './typed.ts';

const LONGEST_REASON = 1024;

/** Approves or denies, on the digest that this page shows. What was typed outlives the loss of a session. */
export function DecisionForm({ request }: { readonly request: RequestDetail }) {
  const { requestId, digest, may, alias } = request;
  const queries = useQueryClient();
  const [typed, setTyped, forget] = useTyped(`decision ${requestId}`, { verdict: '', reason: '', alias: '' });
  const [missing, setMissing] = useState<ReadonlyMap<string, string>>(new Map());
  const form = useRef<HTMLFormElement>(null);
  const approves = typed.verdict === 'approve';

  const decide = useMutation({
    mutationFn: async (verdict: DecisionBody['verdict']) => {
      const body = {
        verdict,
        reason: typed.reason,
        digest,
        ...(may.needsAlias ? { alias: typed.alias } : {}),
      };
      if (verdict === 'deny' || !may.needsPasskey) return api.decide(requestId, body);
      const { options } = await api.signingOptions(requestId);
      const passkey = await startAuthentication({ optionsJSON: options });
      return api.decide(requestId, { ...body, passkey: { ...passkey } });
    },
    onSuccess: ({ request: now }) => {
      forget();
      queries.setQueryData(['request', requestId], now);
      void queries.invalidateQueries({ queryKey: ['waiting'] });
    },
    onError: (error) => {
      // The request is another than was shown: it is shown anew, and decided anew.
      if (error instanceof Problem && error.code === 'DigestChanged') {
        void queries.invalidateQueries({ queryKey: ['request', requestId] });
      }
    },
  });
  const refused = decide.error instanceof Problem ? decide.error.faults : new Map<string, string>();
  const fault = (field: string): string | undefined => missing.get(`/${field}`) ?? refused.get(`/${field}`);
  const anyFault = fault('verdict') ?? fault('reason') ?? fault('alias');

  // Whoever cannot see the whole form hears and reaches the first thing to correct.
  useEffect(() => {
    if (anyFault !== undefined) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [anyFault]);

  const submit = (): void => {
    const faults = new Map<string, string>();
    if (typed.verdict === '') faults.set('/verdict', 'Choose one.');
    if (typed.reason.trim() === '') faults.set('/reason', 'Say why: it is kept in the ledger.');
    if (approves && may.needsAlias && typed.alias.trim() !== alias) {
      faults.set('/alias', 'Type the alias exactly as it stands above.');
    }
    setMissing(faults);
    if (faults.size === 0) decide.mutate(approves ? 'approve' : 'deny');
  };

  const obstacle = approves ? obstacleTo(request) : undefined;
  return (
    <form
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Form
        actions={
          <Button variant="primary" loading={decide.isPending} disabled={obstacle !== undefined}>
            {approves && may.needsPasskey ? 'Sign with my passkey and record' : 'Record my decision'}
          </Button>
        }
      >
        <Container header={<Header variant="h2">Decide</Header>}>
          <SpaceBetween size="l">
            {decide.isError && anyFault === undefined ? (
              <PasskeyTrouble error={decide.error} backTo={`requests/${requestId}`} />
            ) : undefined}
            <FormField label="Your decision" errorText={fault('verdict')}>
              <RadioGroup
                ariaRequired
                value={typed.verdict}
                onChange={({ detail }) => setTyped({ verdict: detail.value })}
                items={[
                  { value: 'approve', label: 'Approve' },
                  { value: 'deny', label: 'Deny', description: 'One no ends the request.' },
                ]}
              />
            </FormField>
            {obstacle}
            <FormField
              label="Your reason"
              errorText={fault('reason')}
              constraintText={`${typed.reason.length} of ${LONGEST_REASON} characters, in one line`}
            >
              <Textarea
                value={typed.reason}
                ariaRequired
                rows={3}
                onChange={({ detail }) =>
                  setTyped({ reason: detail.value.replaceAll('\n', ' ').slice(0, LONGEST_REASON) })
                }
              />
            </FormField>
            {approves && may.needsAlias ? (
              <FormField label={`To approve, type the alias of the key: ${alias}`} errorText={fault('alias')}>
                <Input
                  value={typed.alias}
                  spellcheck={false}
                  autoComplete={false}
                  onChange={({ detail }) => setTyped({ alias: detail.value })}
                />
              </FormField>
            ) : undefined}
          </SpaceBetween>
        </Container>
      </Form>
    </form>
  );
}

/** What has to be done elsewhere before this person can approve. */
function obstacleTo({ requestId, may }: RequestDetail) {
  if (may.needsMfa) {
    return (
      <Alert
        type="warning"
        action={
          <Button href={signInLink(`requests/${requestId}`, true)}>Sign in with a second factor</Button>
        }
      >
        Approving this takes a sign-in with a second factor. What you typed is kept.
      </Alert>
    );
  }
  if (may.needsEnrolment) {
    return (
      <Alert
        type="warning"
        action={<Button href={new URL('passkeys', document.baseURI).href}>Enrol a passkey</Button>}
      >
        Approving this takes a passkey, and you have enrolled none yet.
      </Alert>
    );
  }
  return undefined;
}
