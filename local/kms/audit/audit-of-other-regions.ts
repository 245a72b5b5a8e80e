import type { CloudTrailRecord } from '../../cloudtrail/record.ts';
import type { LocatedKey } from '../multi-region.ts';
import { recordedMetadata } from '../operations/key-metadata.ts';
import { type FinishedCall, recordOfCall } from './audit.ts';
import { CallIds } from './call-ids.ts';
import { recordedFields } from './recorded-fields.ts';

/** ReplicateKey is recorded once more in the Region of the replica: as the CreateKey that made it. */
export function recordOfReplicaCreation({ kms, key }: LocatedKey, call: FinishedCall): CloudTrailRecord {
  const { description, spec, usage, origin, policy } = key;
  return recordOfCall({
    ...elsewhere(call, { kms, key }),
    operationName: 'CreateKey',
    userAgent: 'AWS Internal',
    requestParameters: recordedFields({
      Policy: policy,
      Description: description,
      KeySpec: spec,
      CustomerMasterKeySpec: spec,
      KeyUsage: usage,
      Origin: origin,
      MultiRegion: true,
    }),
    result: { responseElements: { keyMetadata: recordedMetadata(kms, key) }, createdKey: key },
  });
}

/** UpdatePrimaryRegion is recorded once more in the new primary Region, where AWS KMS calls it for the caller. */
export function recordOfNewPrimary({ kms, key }: LocatedKey, call: FinishedCall): CloudTrailRecord {
  const { tlsDetails: _ofNoConnection, ...record } = recordOfCall({
    ...elsewhere(call, { kms, key }),
    userAgent: 'AWS Internal',
    requestParameters: { keyId: key.arn, primaryRegion: kms.account.region },
    result: { responseElements: { keyId: key.arn } },
  });
  return { ...record, userIdentity: { ...record.userIdentity, invokedBy: 'kms.amazonaws.com' } };
}

/** The call as the Region of the key has it: by the same request, with another event id. */
function elsewhere(call: FinishedCall, { kms }: LocatedKey): FinishedCall {
  const ids = new CallIds();
  return {
    ...call,
    eventIdIn: (accountId) => ids.eventIdIn(accountId),
    caller: { ...call.caller, account: kms.account },
    touches: [],
  };
}
