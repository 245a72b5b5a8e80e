import { BackendBusy } from '../../domain/errors.ts';
import { awsCall, refusedWith } from '../aws-call.ts';

/** One DynamoDB call. What DynamoDB asks to try again later becomes BackendBusy like everywhere else. */
export async function tableCall<T>(name: string, call: () => Promise<T>): Promise<T> {
  try {
    return await awsCall(name, call);
  } catch (error) {
    if (
      refusedWith(
        error,
        'ProvisionedThroughputExceededException',
        'TransactionInProgressException',
        'TransactionConflictException',
      )
    ) {
      throw new BackendBusy(`${name} did not go through; it is tried again.`, {}, { cause: error });
    }
    throw error;
  }
}
