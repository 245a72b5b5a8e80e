import { CALLS } from './calls.ts';
import { DECLARED_ERRORS } from './declared-errors.ts';
import { type Answer, answerOf, cellsOf, type PlayedCell, Player } from './play.ts';
import { provocationOf } from './provocations.ts';
import { standingStill } from './standing-still.ts';
import { Workshop } from './subjects.ts';

/** An error that an operation declares, and what came of provoking it. */
export interface PlayedError {
  readonly operation: string;
  /** Without `Exception`. */
  readonly error: string;
  /** Why it was not provoked; undefined when it was. */
  readonly reason: string | undefined;
  /** What the provocation led to; undefined when there was none. */
  readonly answer: Answer | undefined;
}

export interface Conformance {
  readonly cells: readonly PlayedCell[];
  readonly errors: readonly PlayedError[];
}

/** Plays every cell of the guide, and provokes every error that can be, on local KMS of its own. Takes some seconds. */
export async function playConformance(): Promise<Conformance> {
  const kms = await standingStill();
  const workshop = new Workshop(kms);
  try {
    const player = new Player(workshop);
    const cells: PlayedCell[] = [];
    for (const cell of Object.keys(CALLS).flatMap(cellsOf)) cells.push(await player.play(cell));
    const errors: PlayedError[] = [];
    for (const [operation, error] of declaredErrors()) {
      const provocation = provocationOf(operation, error);
      const isProvoked = typeof provocation === 'function';
      errors.push({
        operation,
        error,
        reason: isProvoked ? undefined : provocation?.reason,
        answer: isProvoked ? await answerOf(provocation({ kms, workshop }, operation)) : undefined,
      });
    }
    return { cells, errors };
  } finally {
    await kms.close();
  }
}

const declaredErrors = () =>
  Object.entries(DECLARED_ERRORS).flatMap(([operation, errors]) =>
    errors.split(' ').map((error) => [operation, error] as const),
  );

/** Provoked, and the error that it should be; or not provoked, with a reason. */
export function isAsDeclared({ error, reason, answer }: PlayedError): boolean {
  if (answer === undefined) return reason !== undefined;
  return answer !== 'ok' && answer.code === `${error}Exception`;
}
