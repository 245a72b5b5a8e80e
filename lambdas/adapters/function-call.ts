import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod';
import { BackendBusy, BackendRefused } from '../domain/errors.ts';
import { awsCall } from './aws-call.ts';
import { timeouts } from './timeouts.ts';

/** A function may take as long as its own time; a call that is lost is made again. */
export function lambdaClient(): LambdaClient {
  return new LambdaClient({ maxAttempts: 3, requestHandler: { ...timeouts, requestTimeout: 30_000 } });
}

const failure = z.object({
  errorType: z.string().default('Unexpected'),
  errorMessage: z.string().default(''),
});

/** Names of what a later call may not meet, thrown by a function that is called. */
const passing: ReadonlySet<string> = new Set([
  'BackendBusy',
  'NotSettled',
  'RowConflict',
  'Sandbox.Timedout',
]);

/**
 * Calls another function and waits for what it answers. Throws BackendBusy when it could not be reached or failed for the
 * moment, else BackendRefused with its error's name.
 */
export function functionCaller(client: Pick<LambdaClient, 'send'>, functionName: string) {
  return async (payload: object): Promise<unknown> => {
    const { Payload: answer, FunctionError: failed } = await awsCall('lambda:Invoke', () =>
      client.send(
        new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(payload)) }),
      ),
    );
    const body: unknown = JSON.parse(Buffer.from(answer ?? []).toString() || 'null');
    if (failed === undefined) return body;
    const { errorType, errorMessage } = failure.parse(body ?? {});
    const details = { awsCode: errorType };
    throw passing.has(errorType)
      ? new BackendBusy(`${functionName} did not go through: ${errorMessage}`, details)
      : new BackendRefused(`${functionName} failed with ${errorType}: ${errorMessage}`, details);
  };
}
