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
import { api, Problem } from '../api.ts';
import { PageTitle } from '../parts/page-title.tsx';
import { Waiting } from '../parts/shell.tsx';
import { timeText } from '../parts/time.ts';
import { Trouble } from '../parts/trouble.tsx';

/** When whoever is signed in is away, and whom they stand in for. */
export function AbsencesPage() {
  const queries = useQueryClient();
  const keep = (list: AbsenceList): void => void queries.setQueryData(['absences'], list);
  const list = useQuery({ queryKey: ['absences'], queryFn: api.absences });
  const end = useMutation({ mutationFn: api.endAbsence, onSuccess: keep });
  return (
    <SpaceBetween size="l">
      <PageTitle description="While you are away you are not counted on, and your substitute decides with your groups.">
        Absences
      </PageTitle>
      {list.isPending ? <Waiting /> : undefined}
      {list.isError ? <Trouble error={list.error} backTo="absences" /> : undefined}
      {end.isError ? <Trouble error={end.error} backTo="absences" /> : undefined}
      {list.data === undefined ? undefined : (
        <>
          <Container header={<Header variant="h2">Mine</Header>}>
            {list.data.mine.length === 0 ? <p>You are not away.</p> : undefined}
            <SpaceBetween size="m">
              {list.data.mine.map(({ absenceId, from, until, substitute }) => (
                <div key={absenceId}>
                  {timeText(from)} to {timeText(until)},{' '}
                  {substitute === undefined ? 'nobody stands in for you' : `${substitute} stands in for you`}.{' '}
                  <Button
                    ariaLabel={`End the absence until ${timeText(until)}`}
                    onClick={() => end.mutate(absenceId)}
                  >
                    I am back
                  </Button>
                </div>
              ))}
            </SpaceBetween>
          </Container>
          <Container header={<Header variant="h2">I stand in for</Header>}>
            {list.data.standingIn.length === 0 ? <p>Nobody.</p> : undefined}
            {list.data.standingIn.map(({ absenceId, person, from, until }) => (
              <p key={absenceId}>
                {person}, {timeText(from)} to {timeText(until)}
              </p>
            ))}
          </Container>
          <NewAbsence colleagues={list.data.colleagues} keep={keep} />
        </>
      )}
    </SpaceBetween>
  );
}

const NOBODY = { value: '', label: 'Nobody' };

function NewAbsence({
  colleagues,
  keep,
}: {
  readonly colleagues: AbsenceList['colleagues'];
  readonly keep: (list: AbsenceList) => void;
}) {
  const [from, setFrom] = useState('');
  const [until, setUntil] = useState('');
  const [substitute, setSubstitute] = useState('');
  const options = [NOBODY, ...colleagues.map(({ id, name }) => ({ value: id, label: name }))];
  const add = useMutation({
    mutationFn: () =>
      api.addAbsence({
        from: `${from}T00:00:00.000Z`,
        // To the end of the last day.
        until: `${until}T23:59:59.999Z`,
        ...(substitute === '' ? {} : { substitute }),
      }),
    onSuccess: keep,
  });
  const fault = (pointer: string): string | undefined =>
    add.error instanceof Problem ? add.error.faults.get(pointer) : undefined;
  return (
    <form
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
            {add.isError ? <Trouble error={add.error} backTo="absences" /> : undefined}
            <FormField label="First day (UTC)" errorText={fault('/from')} constraintText="YYYY/MM/DD">
              <DatePicker
                value={from}
                onChange={({ detail }) => setFrom(detail.value)}
                placeholder="YYYY/MM/DD"
                openCalendarAriaLabel={() => 'Choose the first day'}
              />
            </FormField>
            <FormField label="Last day (UTC)" errorText={fault('/until')} constraintText="YYYY/MM/DD">
              <DatePicker
                value={until}
                onChange={({ detail }) => setUntil(detail.value)}
                placeholder="YYYY/MM/DD"
                openCalendarAriaLabel={() => 'Choose the last day'}
              />
            </FormField>
            <FormField
              label="Who stands in for you"
              errorText={fault('/substitute')}
              description="Somebody of your own groups. Never for what you have asked for yourself."
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
