import type { DecisionRecord } from '../lambdas/domain/request.ts';

export function nameOf({ person }: DecisionRecord): string {
  return `${person.name} (${person.id})`;
}
