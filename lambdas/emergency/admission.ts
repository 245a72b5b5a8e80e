import { type Authorization, assertAllowed } from '../adapters/authorization.ts';
import type { Directory } from '../adapters/directory.ts';
import { asOfNow } from '../approvals/take-decision.ts';
import { assertCustodian } from '../domain/emergency.ts';
import { Forbidden } from '../domain/errors.ts';
import { emergencyRuleOf } from '../domain/key-class.ts';
import { type Admit, notFound } from './stop-key.ts';

interface AdmissionDependencies {
  readonly directory: Pick<Directory, 'groupsOf'>;
  readonly authorization: Authorization;
}

/**
 * Lets in the custodians of a key's class who have signed in with a second factor, by the groups that they are in now,
 * where the organisation's policies agree. Throws KeyNotFound for somebody who may not see the key (it is no oracle),
 * Forbidden, MfaRequired, ClassForbids, and BackendBusy when the directory does not answer.
 */
export function admitCustodian({ directory, authorization }: AdmissionDependencies): Admit {
  return async (custodian, { keyId, owner, className }, keyClass) => {
    const person = await asOfNow(directory, custodian);
    try {
      assertCustodian(keyClass, person, owner);
    } catch (error) {
      if (error instanceof Forbidden && !person.groups.includes(owner)) throw notFound();
      throw error;
    }
    const custodians = emergencyRuleOf(keyClass).custodians.map((group) =>
      group === 'owner' ? owner : group,
    );
    assertAllowed(
      authorization.authorize({
        action: 'emergency-revoke',
        principal: person,
        key: { keyId, owner, className, custodians },
      }),
      'No policy of your organisation lets you stop this key.',
    );
    return person;
  };
}
