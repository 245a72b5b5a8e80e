import type * as z from 'zod';
import type { Principal } from '../domain/principal.ts';
import type { Answer } from './answer.ts';

/** One route as its callers see it: the router reads requests by it, and the OpenAPI document is written from it. */
export interface Contract {
  readonly method: 'GET' | 'POST';
  readonly path: `/v1/${string}`;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  /** Whether anybody may ask, signed in or not. */
  readonly open?: boolean;
  readonly fields: {
    readonly path: z.ZodObject;
    readonly query: z.ZodObject;
    readonly headers: z.ZodObject;
    readonly body: z.ZodObject;
  };
  readonly answers: Readonly<Record<number, { readonly description: string; readonly schema: z.ZodType }>>;
  /** The statuses of problems that are this route's own, beside those that every route has. */
  readonly problems: readonly number[];
}

/** A request that fits its contract. */
export interface Call<C extends Contract> {
  readonly principal: Principal;
  readonly method: string;
  /** The path as it was asked for. */
  readonly target: string;
  readonly path: z.output<C['fields']['path']>;
  readonly query: z.output<C['fields']['query']>;
  readonly headers: z.output<C['fields']['headers']>;
  readonly body: z.output<C['fields']['body']>;
}

export type Handler<C extends Contract> = (call: Call<C>) => Promise<Answer>;
