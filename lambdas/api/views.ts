import * as z from 'zod';
import { consumerRecord } from '../domain/consumer.ts';
import { hash, timestamp } from '../domain/formats.ts';
import { type KeyRecord, keyRecord, type VersionRecord, versionRecord } from '../domain/key.ts';
import { approverGroups } from '../domain/quorum.ts';
import {
  type DecisionRecord,
  decisionRecord,
  operation,
  type RequestRecord,
  requestRecord,
} from '../domain/request.ts';

/** A version as callers see it: not what it is probed with. */
export const versionView = z
  .object(versionRecord.omit({ keyId: true, probe: true, rowVersion: true }).shape)
  .meta({ id: 'KeyVersion' });

export const keyView = z
  .object({
    ...keyRecord.omit({
      className: true,
      lease: true,
      rowVersion: true,
      ledgerSeq: true,
      ledgerHead: true,
    }).shape,
    class: z.string(),
    etag: z.string().meta({ description: 'For `If-Match`.', example: '"3"' }),
    ledger: z
      .object({ length: z.int(), head: hash })
      .meta({ description: 'Where the key’s ledger ends now: what a copy of it is verified against.' }),
    versions: z.array(versionView).optional().meta({ description: 'Oldest first; not in lists.' }),
  })
  .meta({ id: 'Key' });

export const decisionView = z
  .object(decisionRecord.omit({ requestId: true, groups: true }).shape)
  .meta({ id: 'Decision' });

export const requestView = z
  .object({
    ...requestRecord.omit({
      className: true,
      approval: true,
      nonce: true,
      requesterEmail: true,
      rowVersion: true,
    }).shape,
    operation,
    class: z.string(),
    approval: z
      .object({ quorum: z.int(), groups: z.array(z.string()) })
      .meta({ description: 'How many different people of which groups have to approve.' }),
    decisions: z.array(decisionView).optional().meta({ description: 'Oldest first; not in lists.' }),
  })
  .meta({ id: 'Request' });

export const consumerView = z.object(consumerRecord.omit({ removedAt: true }).shape).meta({ id: 'Consumer' });

export const etagOf = ({ rowVersion }: Pick<KeyRecord, 'rowVersion'>): string => `"${rowVersion}"`;

export function viewKey(key: KeyRecord, versions?: readonly VersionRecord[]): z.output<typeof keyView> {
  const { className, lease: _lease, rowVersion: _rowVersion, ledgerSeq, ledgerHead, ...shown } = key;
  return {
    ...shown,
    class: className,
    etag: etagOf(key),
    ledger: { length: ledgerSeq, head: ledgerHead },
    ...(versions === undefined
      ? {}
      : {
          versions: versions.map(
            ({ keyId: _keyId, probe: _probe, rowVersion: _version, ...version }) => version,
          ),
        }),
  };
}

export function viewRequest(
  request: RequestRecord,
  decisions?: readonly DecisionRecord[],
): z.output<typeof requestView> {
  const {
    className,
    approval,
    nonce: _nonce,
    requesterEmail: _email,
    rowVersion: _rowVersion,
    ...shown
  } = request;
  return {
    ...shown,
    operation: request.parameters.operation,
    class: className,
    approval: { quorum: approval.quorum, groups: approverGroups(approval, request.owner) },
    ...(decisions === undefined
      ? {}
      : {
          decisions: decisions.map(({ requestId: _requestId, groups: _groups, ...decision }) => decision),
        }),
  };
}

export const ledgerVerification = z
  .discriminatedUnion('ok', [
    z.object({ ok: z.literal(true), length: z.int(), head: hash }),
    z.object({
      ok: z.literal(false),
      seq: z.int().meta({ description: 'The number of the entry at which the chain breaks.' }),
      problem: z.string(),
    }),
  ])
  .meta({
    id: 'LedgerVerification',
    description: 'With `verify=true`: whether the chain holds, from its first entry to its recorded end.',
  });

export const accepted = z
  .object({ request: requestView, key: keyView })
  .meta({ id: 'Accepted', description: 'The request that was taken: follow it at its `Location`.' });

const planned = z.object({
  state: keyRecord.shape.state,
  destruction: keyRecord.shape.destruction.unwrap().shape.status.optional(),
});

export const plan = z
  .object({
    operation,
    key: z.object({ before: planned.nullable(), after: planned }),
    approval: z.object({ quorum: z.int(), groups: z.array(z.string()) }),
    expiresAt: timestamp,
  })
  .meta({ id: 'Plan', description: 'What a request would do, and who would have to approve it until when.' });
