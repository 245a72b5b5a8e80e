import type { KeyRecord, VersionRecord } from './key.ts';
import { appendEntry, GENESIS, type LedgerEntry, type LedgerEvent } from './ledger.ts';
import type { Actor } from './principal.ts';
import type { DecisionRecord, RequestRecord } from './request.ts';

/** An item before and after; `before` is absent for a new one. `after.rowVersion` is `before.rowVersion + 1`, or 1. */
export interface Write<T> {
  readonly before?: T;
  readonly after: T;
}

/**
 * Everything that one step of a key's life changes, committed in one transaction or not at all. A change of a key,
 * version or request always carries the ledger entries that tell of it, and the key's `ledgerSeq` and `ledgerHead`
 * after it are those of the last entry.
 */
export interface Change {
  readonly key: Write<KeyRecord>;
  readonly versions: readonly Write<VersionRecord>[];
  readonly request?: Write<RequestRecord>;
  readonly decision?: DecisionRecord;
  readonly entries: readonly LedgerEntry[];
  /** A new key reserves its alias; one that never came to life gives it back. */
  readonly alias?: 'reserve' | 'release';
}

type Bookkeeping = 'rowVersion' | 'updatedAt' | 'ledgerSeq' | 'ledgerHead';

/** What a builder says of a change; the bookkeeping is `recordChange`'s. */
export interface ChangeDraft {
  readonly now: string;
  readonly actor: Actor;
  readonly key: { readonly before?: KeyRecord; readonly after: Omit<KeyRecord, Bookkeeping> };
  readonly versions?: readonly {
    readonly before?: VersionRecord;
    readonly after: Omit<VersionRecord, 'rowVersion'>;
  }[];
  readonly request?: {
    readonly before?: RequestRecord;
    readonly after: Omit<RequestRecord, 'rowVersion' | 'updatedAt'>;
  };
  readonly decision?: DecisionRecord;
  readonly entries: readonly { readonly event: LedgerEvent; readonly details: LedgerEntry['details'] }[];
  readonly alias?: 'reserve' | 'release';
}

/** Completes a draft: row versions, times, and the ledger entries chained onto the key's head. */
export function recordChange(draft: ChangeDraft): Change {
  const { now, actor, key, request } = draft;
  let head = {
    keyId: key.after.keyId,
    ledgerSeq: key.before?.ledgerSeq ?? 0,
    ledgerHead: key.before?.ledgerHead ?? GENESIS,
  };
  const requestId = request?.after.requestId;
  const entries = draft.entries.map((entry) => {
    const link = appendEntry(head, {
      at: now,
      actor,
      classHash: key.after.classHash,
      ...(requestId === undefined ? {} : { requestId }),
      ...entry,
    });
    head = { ...head, ledgerSeq: link.seq, ledgerHead: link.hash };
    return link;
  });
  return {
    key: written(key.before, {
      ...key.after,
      updatedAt: now,
      ledgerSeq: head.ledgerSeq,
      ledgerHead: head.ledgerHead,
    }),
    versions: (draft.versions ?? []).map(({ before, after }) => written(before, after)),
    ...(request === undefined
      ? {}
      : { request: written(request.before, { ...request.after, updatedAt: now }) }),
    ...(draft.decision === undefined ? {} : { decision: draft.decision }),
    entries,
    ...(draft.alias === undefined ? {} : { alias: draft.alias }),
  };
}

function written<T extends { rowVersion: number }>(
  before: T | undefined,
  after: Omit<T, 'rowVersion'>,
): Write<T> {
  const next = { ...after, rowVersion: (before?.rowVersion ?? 0) + 1 } as T;
  return before === undefined ? { after: next } : { before, after: next };
}
