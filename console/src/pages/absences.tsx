import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import DatePicker from '@cloudscape-design/components/date-picker';
import Form from '@cloudscape-design/components/form';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { AbsenceList } from '../../../lambdas/approvals/portal/contract.ts';
import { api } from '../api.ts';
import { useFaults } from '../parts/faults.ts';
import { Outcome } from '../parts/outcome.tsx';
import { PageTitle } from '../parts/page-title.tsx';
import { QueryTrouble } from '../parts/query-trouble.tsx';
import { Waiting } from '../parts/shell.tsx';
import { timeText } from '../parts/time.ts';
import { Trouble } from '../parts/trouble.tsx';

/** When whoever is signed in is away, and whom they stand in for. */
export function AbsencesPage() {
  const queries = useQueryClient();
  // Who could be named is told only with the whole list.
  const keep = (list: AbsenceList): void =>
    void queries.setQueryData<AbsenceList>(['absences'], (before) => ({ ...before, ...list }));
  const list = useQuery({ queryKey: ['absences'], queryFn: api.absences });
  const end = useMutation({ mutationFn: api.endAbsence, onSuccess: keep });
  return (
    <SpaceBetween size="l">
      <PageTitle description="While you are away you are not counted on, and your substitute decides with your groups.">
        Absences
      </PageTitle>
      {list.isPending ? <Waiting /> : undefined}
      <QueryTrouble error={list.error} backTo="absences" />
      {end.isSuccess ? <Outcome>Ended. You are counted on again.</Outcome> : undefined}
      {end.isError ? <Trouble error={end.error} backTo="absences" /> : undefined}
      {list.data === undefined ? undefined : <Mine absences={list.data.mine} end={end.mutate} />}
      {list.data === undefined ? undefined : <StandingIn absences={list.data.standingIn} />}
      {list.data === undefined ? undefined : <NewAbsence list={list.data} keep={keep} />}
    </SpaceBetween>
  );
}

function Mine({
  absences,
  end,
}: {
  readonly absences: AbsenceList['mine'];
  readonly end: (absenceId: string) => void;
}) {
  return (
    <Container header={<Header variant="h2">Mine</Header>}>
      {absences.length === 0 ? <Box variant="p">You are not away.</Box> : undefined}
      <SpaceBetween size="m">
        {absences.map(({ absenceId, from, until, substitute }) => (
          <SpaceBetween key={absenceId} size="xs">
            <Box variant="p">
              {timeText(from)} to {timeText(until)}, <bdi>{substitute ?? 'nobody'}</bdi> stands in for you.
            </Box>
            <Button
              ariaLabel={`I am back: end the absence until ${timeText(until)}`}
              onClick={() => end(absenceId)}
            >
              I am back
            </Button>
          </SpaceBetween>
        ))}
      </SpaceBetween>
    </Container>
  );
}

function StandingIn({ absences }: { readonly absences: AbsenceList['standingIn'] }) {
  return (
    <Container header={<Header variant="h2">I stand in for</Header>}>
      {absences.length === 0 ? <Box variant="p">Nobody.</Box> : undefined}
      {absences.map(({ absenceId, person, from, until }) => (
        <Box variant="p" key={absenceId}>
          <bdi>{person}</bdi>, {timeText(from)} to {timeText(until)}
        </Box>
      ))}
    </Container>
  );
}

const NOBODY = { value: '', label: 'Nobody' };

function NewAbsence({
  list: { colleagues, colleaguesComplete },
  keep,
}: {
  readonly list: AbsenceList;
  readonly keep: (list: AbsenceList) => void;
}) {
  const [from, setFrom] = useState('');
  const [until, setUntil] = useState('');
  const [substitute, setSubstitute] = useState('');
  const options = [NOBODY, ...(colleagues ?? []).map(({ id, name }) => ({ value: id, label: name }))];
  const add = useMutation({
    mutationFn: () =>
      api.addAbsence({
        from: `${from}T00:00:00.000Z`,
        // To the end of the last day.
        until: `${until}T23:59:59.999Z`,
        ...(substitute === '' ? {} : { substitute }),
      }),
    onSuccess: (list) => {
      keep(list);
      setFrom('');
      setUntil('');
    },
  });
  const { form, mark, trouble } = useFaults(['/from', '/until', '/substitute'], add);
  return (
    <form
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate();
      }}
    >
      <Form
        actions={
          <Button variant="primary" loading={add.isPending} disabled={from === '' || until === ''}>
            I will be away
          </Button>
        }
      >
        <Container header={<Header variant="h2">A new one</Header>}>
          <SpaceBetween size="m">
            {add.isSuccess ? <Outcome>Recorded. It is among yours above.</Outcome> : undefined}
            {trouble === undefined ? undefined : <Trouble error={trouble} backTo="absences" />}
            <FormField label="First day (UTC)" {...mark('/from')} constraintText="YYYY/MM/DD">
              <DatePicker
                value={from}
                onChange={({ detail }) => setFrom(detail.value)}
                placeholder="YYYY/MM/DD"
                openCalendarAriaLabel={() => 'Choose the first day'}
              />
            </FormField>
            <FormField label="Last day (UTC)" {...mark('/until')} constraintText="YYYY/MM/DD">
              <DatePicker
                value={until}
                onChange={({ detail }) => setUntil(detail.value)}
                placeholder="YYYY/MM/DD"
                openCalendarAriaLabel={() => 'Choose the last day'}
              />
            </FormField>
            <FormField
              label="Who stands in for you"
              {...mark('/substitute')}
              description="Somebody of the groups that you decide in. Never for what you have asked for yourself."
              warningText={unlisted(colleagues, colleaguesComplete)}
            >
              <Select
                selectedOption={options.find(({ value }) => value === substitute) ?? NOBODY}
                options={options}
                onChange={({ detail }) => setSubstitute(detail.selectedOption.value ?? '')}
              />
            </FormField>
          </SpaceBetween>
        </Container>
      </Form>
    </form>
  );
}

/** Who is not in the list, and why. */
function unlisted(
  colleagues: AbsenceList['colleagues'],
  complete: AbsenceList['colleaguesComplete'],
): string | undefined {
  if (colleagues === undefined) {
    return 'The directory of your organisation does not answer: whom you could name is not known. Load the page again in a while.';
  }
  return complete === false ? 'Your groups are too large to list everybody: there are others.' : undefined;
}
