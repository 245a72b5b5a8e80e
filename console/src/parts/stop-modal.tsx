import Box from '@cloudscape-design/components/box';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Custody, Stopped } from '../../../lambdas/approvals/portal/contract.ts';
import { api } from '../api.ts';
import { Ask } from './ask.tsx';
import { useFaults } from './faults.ts';
import { OurLink } from './our-link.tsx';
import { Outcome } from './outcome.tsx';
import { Trouble } from './trouble.tsx';
import { useTyped } from './typed.ts';

/** Stops a key at once. The reason outlives a sign-in in between; the alias is typed for this once. */
export function StopModal({
  held,
  close,
}: {
  readonly held: Custody['keys'][number];
  readonly close: () => void;
}) {
  const queries = useQueryClient();
  const [typed, setTyped, forget] = useTyped(`custody/${held.keyId}`, { reason: '' });
  const [alias, setAlias] = useState('');
  const stop = useMutation({
    mutationFn: () => api.stop(held.keyId, { alias: alias.trim(), reason: typed.reason }),
    onSuccess: () => {
      forget();
      return queries.invalidateQueries({ queryKey: ['custody'] });
    },
  });
  const { form, mark, trouble, isComplete } = useFaults(['/reason', '/alias'], stop);

  const submit = (): void => {
    const complete = isComplete({
      '/reason': typed.reason.trim() === '' && 'Say why: it is kept in the ledger.',
      '/alias': alias.trim() !== held.alias && 'Type the alias exactly as it stands above.',
    });
    if (complete) stop.mutate();
  };

  return (
    <Ask
      header={`Stop ${held.key}`}
      act={stop.isSuccess ? undefined : 'Stop it now'}
      leave={stop.isSuccess ? 'Close' : 'Leave it running'}
      isPending={stop.isPending}
      form={form}
      onAct={submit}
      close={close}
    >
      {stop.isSuccess ? (
        <IsStopped stopped={stop.data} />
      ) : (
        <SpaceBetween size="m">
          {trouble === undefined ? undefined : <Trouble error={trouble} backTo="custody" />}
          <Box variant="p">
            Everything that uses this key fails at once, until it is reinstated under its rule. The ledger
            says that it was you.
          </Box>
          <FormField label="Reason" {...mark('/reason')}>
            <Textarea
              value={typed.reason}
              ariaRequired
              onChange={({ detail }) => setTyped({ reason: detail.value })}
              rows={3}
            />
          </FormField>
          <FormField label={`To stop it, type its alias: ${held.alias}`} {...mark('/alias')}>
            <Input
              value={alias}
              ariaRequired
              onChange={({ detail }) => setAlias(detail.value)}
              spellcheck={false}
              autoComplete={false}
            />
          </FormField>
        </SpaceBetween>
      )}
    </Ask>
  );
}

function IsStopped({ stopped: { ratification } }: { readonly stopped: Stopped }) {
  return (
    <Outcome header="Stopped">
      Nothing can use the key any more.{' '}
      {ratification === undefined ? (
        'The quorum is asked within a minute.'
      ) : (
        <OurLink to={`requests/${ratification}`}>The quorum is asked to ratify it.</OurLink>
      )}
    </Outcome>
  );
}
