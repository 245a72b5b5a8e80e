import { setTimeout as pause } from 'node:timers/promises';
import type { Registry } from '../../adapters/registry/registry.ts';
import type { Access } from '../../domain/access.ts';
import type { Clock } from '../../domain/clock.ts';
import { decide } from '../../domain/decision.ts';
import { AlreadyDecided, BackendBusy, RowConflict } from '../../domain/errors.ts';
import type { Principal } from '../../domain/principal.ts';
import { assertMayDecide } from '../../domain/quorum.ts';
import { checkedForm, type FormFault, type Typed } from './decision-form.ts';
import { type Subject, visibleRequest } from './visible-request.ts';

const MOST_ATTEMPTS = 4;

export interface DecisionDependencies {
  readonly registry: Pick<Registry, 'getRequest' | 'getKey' | 'getDecisions' | 'commit'>;
  readonly access: Access;
  readonly clock: Clock;
}

export type Recorded =
  | { readonly done: 'recorded' }
  /** The person had decided before: that decision stands, and this one changed nothing. */
  | { readonly done: 'stood' }
  | { readonly done: 'incomplete'; readonly subject: Subject; readonly faults: readonly FormFault[] };

/**
 * Records what somebody decided on the page, by the same rules as every channel.
 *
 * 1. Everything is read.
 * 2. Who may not decide is refused before what they typed is looked at.
 * 3. The decision is committed. Lost to another writer, all begins again; lost to the person's own first click, that
 *    one stands.
 *
 * Throws RequestNotFound, and what `decide` throws but AlreadyDecided.
 */
export function recordDecision(deps: DecisionDependencies) {
  return async (
    person: Principal,
    requestId: string,
    typed: Typed,
    /** The digest that the page showed. */
    digest: string,
  ): Promise<Recorded> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const subject = await visibleRequest(deps, person, requestId); // 1
        const { request, key, decisions } = subject;
        assertMayDecide({ request, principal: person, decisions }); // 2
        const checked = checkedForm(typed, request, key);
        if ('faults' in checked) return { done: 'incomplete', subject, faults: checked.faults };
        const now = await deps.clock();
        const change = decide({ now, ...subject, person, ...checked.form, digest, channel: 'page' });
        await deps.registry.commit(change); // 3
        return { done: 'recorded' };
      } catch (error) {
        if (error instanceof AlreadyDecided) return { done: 'stood' };
        const lost = error instanceof RowConflict || error instanceof BackendBusy;
        if (!lost || attempt === MOST_ATTEMPTS) throw error;
        await pause(Math.random() * 50 * attempt);
      }
    }
  };
}
