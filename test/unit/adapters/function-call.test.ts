import { expect, test } from 'vitest';
import { functionCaller } from '../../../lambdas/adapters/function-call.ts';

/** A function that answers so, and what it was called with. */
function functionOf(answer: { readonly body: unknown; readonly failed?: string }) {
  const sent: unknown[] = [];
  const client = {
    send: async (command: {
      readonly input: { readonly Payload?: Uint8Array; readonly FunctionName?: string };
    }) => {
      const { FunctionName: name, Payload: payload } = command.input;
      sent.push([name, JSON.parse(Buffer.from(payload ?? []).toString())]);
      return {
        Payload: Buffer.from(answer.body === undefined ? '' : JSON.stringify(answer.body)),
        FunctionError: answer.failed,
      };
    },
  };
  const call = functionCaller(client, 'probe');
  return { sent, call };
}

test('hands over what is given, and gives back what is answered', async () => {
  const { sent, call } = functionOf({ body: { probed: [1] } });
  expect(await call({ requestId: 'r' })).toEqual({ probed: [1] });
  expect(sent).toEqual([['probe', { requestId: 'r' }]]);
  expect(await functionOf({ body: undefined }).call({})).toBeNull();
});

test.each(['BackendBusy', 'NotSettled', 'RowConflict', 'Sandbox.Timedout'])(
  'says that %s may go through later',
  async (errorType) => {
    const { call } = functionOf({ body: { errorType, errorMessage: 'Not yet.' }, failed: 'Unhandled' });
    await expect(call({})).rejects.toMatchObject({ code: 'BackendBusy', kind: 'transient' });
  },
);

test.each([
  [{ errorType: 'LeaseLost', errorMessage: 'Another has it.' }, 'LeaseLost'],
  [{}, 'Unexpected'],
  [undefined, 'Unexpected'],
])('never takes a failure for an answer: %j', async (body, awsCode) => {
  const { call } = functionOf({ body, failed: 'Unhandled' });
  await expect(call({})).rejects.toMatchObject({
    code: 'BackendRefused',
    kind: 'fault',
    details: { awsCode },
  });
});
