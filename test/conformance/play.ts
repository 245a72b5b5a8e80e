import { CALLS } from './calls.ts';
import { type Expectation, expectationOf, type Kind, type State } from './guide.ts';
import { type Subject, statesOf, type Workshop } from './subjects.ts';

/** One operation on one kind of key in one state, and what AWS says of it. */
export interface Cell {
  readonly operation: string;
  readonly kind: Kind;
  readonly state: State;
  readonly expected: Expectation;
}

/** What the local KMS did: `ok`, or the error that it gave. */
export type Answer = 'ok' | { readonly code: string; readonly message: string };

export interface PlayedCell extends Cell {
  /** Undefined when the call is not possible on such a key. */
  readonly answer: Answer | undefined;
  /** What is not as AWS says; undefined when all is. */
  readonly deviation: string | undefined;
}

/** Every cell of the guide for every kind of key that the operation is about. */
export function cellsOf(operation: string): Cell[] {
  const { kinds = [] } = CALLS[operation] ?? {};
  return kinds.flatMap((kind) =>
    statesOf(kind).flatMap((state) => {
      const expected = expectationOf(operation, kind, state);
      return expected === undefined ? [] : [{ operation, kind, state, expected }];
    }),
  );
}

/** Plays cells one after the other, each on a key of its kind in its state, which is used again as long as it stays so. */
export class Player {
  readonly #workshop: Workshop;
  readonly #subjects = new Map<string, Subject>();

  constructor(workshop: Workshop) {
    this.#workshop = workshop;
  }

  async play(cell: Cell): Promise<PlayedCell> {
    const call = CALLS[cell.operation];
    if (call === undefined) throw new Error(`There is no call of ${cell.operation}.`);
    const name = `${cell.kind.family} ${cell.kind.form} ${cell.state}`;
    const subject = this.#subjects.get(name) ?? (await this.#workshop.subject(cell.kind, cell.state));
    this.#subjects.set(name, subject);
    if (call.isImpossible?.(subject) === true) return { ...cell, answer: undefined, deviation: undefined };
    const answer = await answerOf(call.send(subject, () => this.#workshop.newAliasName()));
    if (answer === 'ok' && !call.leavesAsItWas) this.#subjects.delete(name);
    return { ...cell, answer, deviation: deviationOf(cell.expected, answer, subject.arn) };
  }
}

/** What came of a call. */
export async function answerOf(call: Promise<unknown>): Promise<Answer> {
  try {
    await call;
    return 'ok';
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { code: error.name, message: error.message };
  }
}

function deviationOf({ refusals }: Expectation, answer: Answer, arn: string): string | undefined {
  if (answer === 'ok') return refusals.length === 0 ? undefined : `succeeds, and not ${codesOf(refusals)}`;
  const fits = refusals.some(
    ({ code, text }) => code === answer.code && (text === undefined || answer.message === `${arn} ${text}`),
  );
  if (fits) return undefined;
  const what = `${answer.code}: ${answer.message}`;
  return refusals.length === 0 ? `is refused with ${what}` : `${what}, and not ${codesOf(refusals)}`;
}

const codesOf = (refusals: Expectation['refusals']) =>
  refusals.map(({ code, text }) => (text === undefined ? code : `${code} "${text}"`)).join(' or ');
