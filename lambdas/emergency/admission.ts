import { type Authorization, assertAllowed } from '../adapters/authorization.ts';
import type { Directory } from '../adapters/directory.ts';
import { asOfNow } from '../approvals/take-decision.ts';
import { assertCustodian, isCustodian } from '../domain/emergency.ts';
import { ClassUnknown } from '../domain/errors.ts';
import { type Admit, notFound } from './stop-key.ts';

interface AdmissionDependencies {
  readonly directory: Pick<Directory, 'groupsOf'>;
  readonly authorization: Authorization;
}

/**
 * Lets in the custodians of a key's class who have signed in with a second factor, by the groups that they are in now,
 * where the organisation's policies agree. The directory is asked whether or not there is such a key, and whoever may not
 * see it hears KeyNotFound whatever else is amiss: the answer is no oracle. Throws Forbidden, MfaRequired, ClassForbids,
 * ClassUnknown, and BackendBusy when the directory does not answer.
 */
export function admitCustodian({ directory, authorization }: AdmissionDependencies): Admit {
  return async (custodian, key, keyClass) => {
    const custodians = (keyClass?.emergency?.custodians ?? []).map((group) =>
      group === 'owner' ? (key?.owner ?? group) : group,
    );
    const among = [...(key === undefined ? [] : [key.owner]), ...custodians, ...authorization.groups];
    const person = await asOfNow(directory, custodian, among);
    if (key === undefined) throw notFound();
    const { keyId, owner, className } = key;
    const mayKnow = person.groups.includes(owner) || isCustodian(keyClass ?? {}, person, owner);
    if (!mayKnow) throw notFound();
    if (keyClass === undefined) throw new ClassUnknown(`There is no key class ${className} any more.`);
    assertCustodian(keyClass, person, owner);
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
