import * as z from 'zod';

const transition = z.object({ Next: z.string() });

const state = z.object({
  Type: z.string(),
  Next: z.string().optional(),
  Default: z.string().optional(),
  Choices: z.array(transition).optional(),
  Catch: z.array(transition.extend({ ErrorEquals: z.array(z.string()) })).optional(),
});

const machine = z.object({ Comment: z.string(), StartAt: z.string(), States: z.record(z.string(), state) });

export interface Diagram {
  readonly comment: string;
  /** A Mermaid state diagram: solid lines are the way forward, `fault` marks where a Catch leads. */
  readonly mermaid: string;
}

/** Draws a state machine from its Amazon States Language, so that the picture cannot differ from what runs. */
export function machineDiagram(asl: string): Diagram {
  const { Comment: comment, StartAt: start, States: states } = machine.parse(JSON.parse(asl));
  const lines = [`  [*] --> ${start}`];
  for (const [
    name,
    { Type: type, Next: next, Default: fallback, Choices: choices, Catch: catches },
  ] of Object.entries(states)) {
    if (type === 'Choice') lines.push(`  state ${name} <<choice>>`);
    const ways = new Set(
      [...(choices ?? []).map((choice) => choice.Next), next, fallback].filter((way) => way !== undefined),
    );
    for (const way of ways) lines.push(`  ${name} --> ${way}`);
    for (const { ErrorEquals: errors, Next: way } of catches ?? []) {
      lines.push(`  ${name} --> ${way}: ${errors.includes('States.ALL') ? 'fault' : errors.join(', ')}`);
    }
    if (type === 'Succeed' || type === 'Fail') lines.push(`  ${name} --> [*]`);
  }
  return { comment, mermaid: ['stateDiagram-v2', '  direction TB', ...lines].join('\n') };
}
