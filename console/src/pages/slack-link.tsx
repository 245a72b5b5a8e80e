import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { SlackLink } from '../../../lambdas/approvals/portal/contract.ts';
import { api } from '../api.ts';
import { useAsked } from '../parts/ask.tsx';
import { Confirm } from '../parts/confirm.tsx';
import { Outcome } from '../parts/outcome.tsx';
import { PageTitle } from '../parts/page-title.tsx';
import { QueryTrouble } from '../parts/query-trouble.tsx';
import { Waiting } from '../parts/shell.tsx';
import { timeText } from '../parts/time.ts';
import { Trouble } from '../parts/trouble.tsx';

/** The Slack account that stands for whoever is signed in, or the code by which one comes to. */
export function SlackLinkPage() {
  const queries = useQueryClient();
  const account = useQuery({ queryKey: ['slack-link'], queryFn: api.slackLink });
  const [asked, setAsked] = useAsked<SlackLink['linked']>();
  const unlink = useMutation({
    mutationFn: api.unlinkSlack,
    onSuccess: (now) => {
      setAsked(undefined);
      queries.setQueryData(['slack-link'], now);
    },
  });
  const linked = account.data?.linked;
  const ask = (): void => {
    unlink.reset();
    setAsked(linked);
  };
  return (
    <SpaceBetween size="l">
      <PageTitle description="What is decided in Slack by an account that you have linked counts as decided by you.">
        Slack account
      </PageTitle>
      {account.isPending ? <Waiting /> : undefined}
      <QueryTrouble error={account.error} backTo="slack-link" />
      {unlink.isSuccess && linked === undefined ? (
        <Outcome>Unlinked. Nothing is decided for you in Slack any more.</Outcome>
      ) : undefined}
      {linked === undefined ? undefined : <Linked account={linked} unlink={ask} />}
      {account.data !== undefined && linked === undefined ? <NewCode /> : undefined}
      {asked === undefined ? undefined : (
        <Confirm
          header={`Unlink ${asked.user}?`}
          act="Unlink it"
          leave="Keep it linked"
          sending={unlink}
          backTo="slack-link"
          onAct={() => unlink.mutate()}
          close={() => setAsked(undefined)}
        >
          Nothing is decided for you in Slack any more, until you link an account anew with a code from here.
        </Confirm>
      )}
    </SpaceBetween>
  );
}

function Linked({
  account: { user, team, since },
  unlink,
}: {
  readonly account: NonNullable<SlackLink['linked']>;
  readonly unlink: () => void;
}) {
  return (
    <SpaceBetween size="m">
      <Box variant="p">
        <bdi>
          <strong>{user}</strong>
        </bdi>{' '}
        in the workspace{' '}
        <bdi>
          <strong>{team}</strong>
        </bdi>{' '}
        is linked to you since {timeText(since)}. If that account is not yours, unlink it.
      </Box>
      <Button onClick={unlink}>Unlink it …</Button>
    </SpaceBetween>
  );
}

function NewCode() {
  const make = useMutation({ mutationFn: api.slackCode });
  return (
    <SpaceBetween size="m">
      <Box variant="p">
        None is linked. Make a code here, press «Review» in Slack, and type the code there.
      </Box>
      {make.isError ? <Trouble error={make.error} backTo="slack-link" /> : undefined}
      {make.isSuccess ? (
        <Outcome type="info" header="Your code">
          <span className="digest">{inTwo(make.data.code)}</span>
          <br />
          Type it in Slack until {timeText(make.data.until)}. Give it to nobody: whoever types it decides in
          your name.
        </Outcome>
      ) : undefined}
      <Button variant="primary" loading={make.isPending} onClick={() => make.mutate()}>
        {make.isSuccess ? 'Make another code' : 'Make a code'}
      </Button>
    </SpaceBetween>
  );
}

/** Easier to type: what separates the two is left out of account in Slack. */
function inTwo(code: string): string {
  const middle = Math.ceil(code.length / 2);
  return `${code.slice(0, middle)}-${code.slice(middle)}`;
}
