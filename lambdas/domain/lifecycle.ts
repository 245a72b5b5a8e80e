import { StateForbids } from './errors.ts';
import type { KeyRecord, KeyState } from './key.ts';
import type { Operation, RequestParameters } from './request.ts';
import { sp80057r5 as rules } from './sp800-57-r5.ts';

/** Whether the rule table has the transition. */
export function canTransition(from: KeyState, to: KeyState): boolean {
  return rules.transitions.some((rule) => rule.from === from && rule.to === to);
}

/** Throws StateForbids when a key or version may not go from one state to the other. */
export function assertTransition(from: KeyState, to: KeyState): void {
  if (canTransition(from, to)) return;
  const allowedStates = rules.transitions.filter((rule) => rule.to === to).map((rule) => rule.from);
  throw new StateForbids(
    `A key that is ${from} cannot become ${to} (${rules.version}). ${toGetThere(allowedStates)}`,
    { keyState: from, allowedStates },
  );
}

/** Whether a version in this state may encrypt or sign. */
export function mayProtect(state: KeyState): boolean {
  return rules.use[state].protect;
}

/** Whether a version in this state may decrypt or verify. */
export function mayProcess(state: KeyState): boolean {
  return rules.use[state].process;
}

type Precondition =
  | Exclude<Operation, 'revoke'>
  | `revoke:${Extract<RequestParameters, { operation: 'revoke' }>['mode']}`;

/** The states a key must be in for an operation; a destruction narrows or is needed besides, see `assertOperationAllowed`. */
export const operationPreconditions: Readonly<Record<Precondition, readonly KeyState[]>> = {
  generate: ['pre-activation'],
  rotate: ['active'],
  'revoke:suspend': ['active'],
  'revoke:compromise': ['active', 'suspended', 'deactivated'],
  reinstate: ['suspended', 'deactivated'],
  destroy: ['active', 'suspended', 'deactivated', 'compromised'],
  'cancel-destruction': ['active', 'suspended', 'deactivated', 'compromised'],
  'emergency-revoke': ['active', 'deactivated'],
  // The quorum judges what was done, whatever has become of the key since.
  ratify: ['active', 'suspended', 'deactivated', 'compromised', 'destroyed'],
};

/**
 * Throws StateForbids, with `keyState` and `allowedStates`, when the key as it is does not allow the operation. While
 * its deletion runs only the cancellation is allowed: every other change would be undone by the deletion or undo it. A
 * ratification changes nothing of the key.
 */
export function assertOperationAllowed(key: KeyRecord, parameters: RequestParameters): void {
  const { operation } = parameters;
  const allowedStates = operationPreconditions[preconditionOf(parameters)];
  const details = { keyState: key.state, allowedStates };
  if (operation === 'cancel-destruction') {
    const status = key.destruction?.status;
    if (status !== 'scheduled' && status !== 'interrupted') {
      throw new StateForbids('No destruction of this key is under way: there is nothing to cancel.', details);
    }
  } else if (key.destruction?.status === 'scheduled' && operation !== 'ratify') {
    throw new StateForbids(
      `This key is to be deleted at ${key.destruction.deletionDate}. Cancel its destruction first (cancel-destruction).`,
      { ...details, deletionDate: key.destruction.deletionDate },
    );
  }
  if (operation === 'reinstate' && key.destruction?.status === 'interrupted' && key.destruction.dying) {
    throw new StateForbids(
      `KMS still deletes ${key.destruction.dying} of this key's KMS keys. Take them back first (cancel-destruction).`,
      { ...details, deletionDate: key.destruction.deletionDate },
    );
  }
  if (!allowedStates.includes(key.state)) {
    throw new StateForbids(
      `${operation} does not apply to a key that is ${key.state}. ${toGetThere(allowedStates)}`,
      details,
    );
  }
}

function preconditionOf(parameters: RequestParameters): Precondition {
  return parameters.operation === 'revoke' ? `revoke:${parameters.mode}` : parameters.operation;
}

/** The rule table as a Mermaid state diagram. */
export function lifecycleDiagram(): string {
  const states = Object.keys(rules.use);
  return [
    'stateDiagram-v2',
    ...states.map((state) => `  state "${state}" as ${diagramId(state)}`),
    `  [*] --> ${diagramId('pre-activation')}`,
    ...rules.transitions.map(
      ({ from, to, section }) => `  ${diagramId(from)} --> ${diagramId(to)}: ${section}`,
    ),
    `  ${diagramId('destroyed')} --> [*]`,
    '',
  ].join('\n');
}

/** Mermaid reads a hyphen in an identifier as the start of an arrow. */
function diagramId(state: string): string {
  return state.replaceAll('-', '_');
}

function toGetThere(allowedStates: readonly KeyState[]): string {
  return allowedStates.length === 0 ? 'No state leads there.' : `It must be ${allowedStates.join(' or ')}.`;
}
