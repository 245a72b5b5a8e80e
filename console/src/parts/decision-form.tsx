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
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Decided, DecisionBody, RequestDetail } from '../../../lambdas/approvals/portal/contract.ts';
import { api, Problem, signInLink } from '../api.ts';
import { signDigest } from '../passkey.ts';
import { useFaults } from './faults.ts';
import { Trouble } from './trouble.tsx';
import { useTyped } from './typed.ts';

const LONGEST_REASON = 1024;

/** Nothing is filled in, and on no digest. */
const empty = { verdict: '', reason: '', alias: '', digest: '' };

/** Approves or denies, on the digest that this page shows. What was typed outlives the loss of a session. */
export function DecisionForm({
  request,
  onDecided,
  onClosed,
}: {
  readonly request: RequestDetail;
  readonly onDecided: (done: Decided['done']) => void;
  /** There was nothing left to decide. */
  readonly onClosed: (problem: Problem) => void;
}) {
  const { requestId, digest, may, alias } = request;
  const backTo = `requests/${requestId}`;
  const queries = useQueryClient();
  const showAnew = () => queries.invalidateQueries({ queryKey: ['request', requestId] });
  const [typed, setTyped, forget] = useTyped(backTo, empty);
  // What was chosen was chosen on what was shown then; the reason may still hold.
  const changed = typed.digest !== '' && typed.digest !== digest;
  const verdict = changed ? '' : typed.verdict;
  const approves = verdict === 'approve';

  const decide = useMutation({
    mutationFn: async (chosen: DecisionBody['verdict']) => {
      const body = {
        verdict: chosen,
        reason: typed.reason,
        digest,
        ...(may.needsAlias ? { alias: typed.alias.trim() } : {}),
      };
      if (chosen === 'deny' || !may.needsPasskey) return api.decide(requestId, body);
      const { options } = await api.signingOptions(requestId);
      const passkey = await signDigest(digest, options);
      return api.decide(requestId, { ...body, passkey: { ...passkey } });
    },
    onSuccess: ({ done, request: now }) => {
      forget();
      onDecided(done);
      void queries.invalidateQueries({ queryKey: ['waiting'] });
      // Until it is known how the request stands, nothing is to be decided on it again.
      if (now === undefined) return showAnew();
      queries.setQueryData(['request', requestId], now);
      return undefined;
    },
    onError: (error) => {
      if (!(error instanceof Problem)) return;
      if (error.code === 'RequestClosed') onClosed(error);
      // The request is another than was shown: it is shown anew, and decided anew, or how it has ended.
      if (error.code === 'RequestClosed' || error.code === 'DigestChanged') void showAnew();
    },
  });
  const { form, mark, trouble, isComplete } = useFaults(['/verdict', '/reason', '/alias'], decide);

  const submit = (): void => {
    if (decide.isPending) return;
    const complete = isComplete({
      '/verdict': verdict === '' && 'Choose one.',
      '/reason': typed.reason.trim() === '' && 'Say why: it is kept in the ledger.',
      '/alias':
        approves &&
        may.needsAlias &&
        typed.alias.trim() !== alias &&
        'Type the alias exactly as it stands above.',
    });
    if (complete) decide.mutate(approves ? 'approve' : 'deny');
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
            {trouble === undefined ? undefined : <Trouble error={trouble} backTo={backTo} />}
            {changed && trouble === undefined ? (
              <div role="alert">
                <Alert type="warning" header="The request has changed">
                  It is another than the one you began to decide. Read it again, and choose anew. What you
                  typed is kept here.
                </Alert>
              </div>
            ) : undefined}
            <FormField label="Your decision" {...mark('/verdict')}>
              <RadioGroup
                ariaRequired
                value={verdict}
                onChange={({ detail }) => setTyped({ verdict: detail.value, digest })}
                items={[
                  { value: 'approve', label: 'Approve' },
                  { value: 'deny', label: 'Deny', description: 'One no ends the request.' },
                ]}
              />
            </FormField>
            {obstacle}
            <FormField
              label="Your reason"
              {...mark('/reason')}
              constraintText={`${typed.reason.length} of ${LONGEST_REASON} characters, in one line`}
            >
              <Textarea
                value={typed.reason}
                ariaRequired
                rows={3}
                onChange={({ detail }) =>
                  setTyped({
                    reason: detail.value.replaceAll('\n', ' ').slice(0, LONGEST_REASON),
                    digest: typed.digest === '' ? digest : typed.digest,
                  })
                }
              />
            </FormField>
            {approves && may.needsAlias ? (
              <FormField label={`To approve, type the alias of the key: ${alias}`} {...mark('/alias')}>
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
