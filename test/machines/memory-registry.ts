import { createRegistry, type Registry } from '../../lambdas/adapters/registry/registry.ts';
import { memoryTable } from './memory-table.ts';

/** The registry itself over a table in memory: every condition of a commit is judged as DynamoDB would. */
export function memoryRegistry(): Registry {
  return createRegistry({ client: memoryTable(), tableName: 'memory' });
}
