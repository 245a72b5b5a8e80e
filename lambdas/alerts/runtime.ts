import * as z from 'zod';
import { clock } from '#clock';
import { alertPublisher, topicOfEnvironment } from '../adapters/alert-topic.ts';
import { environment } from '../adapters/environment.ts';
import { documentClient } from '../adapters/registry/client.ts';
import { createRegistry } from '../adapters/registry/registry.ts';
import type { AlertDependencies } from './dependencies.ts';

const roleArns = z.array(z.string().regex(/^arn:[\w-]+:iam::\d{12}:role\/.+$/)).min(1);

export const runtime: AlertDependencies = {
  registry: createRegistry({ client: documentClient(), tableName: environment('TABLE_NAME') }),
  publish: alertPublisher(topicOfEnvironment()),
  clock,
  stepRoles: roleArns.parse(JSON.parse(environment('STEP_ROLE_ARNS'))),
};
