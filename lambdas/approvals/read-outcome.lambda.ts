import { clock } from '#clock';
import { environment } from '../adapters/environment.ts';
import { documentClient } from '../adapters/registry/client.ts';
import { createRegistry } from '../adapters/registry/registry.ts';
import { step } from '../adapters/step.ts';
import { outcomeInput, readOutcome } from './read-outcome.ts';

const registry = createRegistry({ client: documentClient(), tableName: environment('TABLE_NAME') });

export const handler = step(outcomeInput, readOutcome({ registry, clock }));
