import type { KeyRecord } from '../../../domain/key.ts';
import type { RequestRecord } from '../../../domain/request.ts';
import { consequencesOf } from '../../consequences.ts';
import { plain } from '../../plain.ts';
import { gapsIn, lastUseText } from '../../request-facts.ts';
import type { RequestDetail } from '../contract.ts';

/** What an approver is shown of what was looked at. What was not is said, and never shown as if there were nothing. */
export function evidenceShown(request: RequestRecord, key: KeyRecord): RequestDetail['evidence'] {
  const { evidence, parameters } = request;
  if (evidence === undefined) return undefined;
  const { collectedAt, kmsKeys, consumers = [] } = evidence;
  return {
    collectedAt,
    kmsKeys: kmsKeys.map((kmsKey) => ({
      version: kmsKey.version,
      kmsKeyArn: plain(kmsKey.kmsKeyArn),
      keyState: plain(kmsKey.keyState),
      aliases: kmsKey.aliases.map(plain),
      grants: kmsKey.grants.map(({ grantee, operations }) => ({
        grantee: plain(grantee),
        operations: operations.map(plain),
      })),
      principals: kmsKey.policyPrincipals?.map(plain) ?? ['not looked at'],
      lastUse: plain(lastUseText(kmsKey)),
    })),
    consumers: consumers.map(({ name, contact, uses }) => ({
      name: plain(name),
      contact: plain(contact),
      uses: plain(uses),
    })),
    consequences: consequencesOf({ evidence, key, parameters }).map(plain),
    gaps: gapsIn(evidence).map(plain),
  };
}
