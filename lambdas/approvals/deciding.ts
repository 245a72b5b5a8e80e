import { type ApprovalKey, createApprovalKey } from '../adapters/approval-key.ts';
import { type Authorization, bundledAuthorization } from '../adapters/authorization.ts';
import { type Directory, directoryOfEnvironment } from '../adapters/directory.ts';
import { environment } from '../adapters/environment.ts';
import { kmsClient } from '../adapters/kms/client.ts';
import { createPasskeys, type Passkeys } from '../adapters/passkeys.ts';

/** What every Lambda that takes decisions is wired with, beside the registry, the clock and the policies. */
export function deciding(): {
  readonly directory: Directory;
  readonly approvalKey: ApprovalKey;
  readonly passkeys: Passkeys;
  readonly authorization: Authorization;
} {
  return {
    directory: directoryOfEnvironment(),
    approvalKey: createApprovalKey(kmsClient(), environment('APPROVAL_KEY_ARN')),
    authorization: bundledAuthorization(),
    passkeys: createPasskeys({ origin: new URL(environment('PORTAL_URL')).origin }),
  };
}
