import { setTimeout as pause } from 'node:timers/promises';
import { kmsClient } from '../adapters/kms/client.ts';
import { step } from '../adapters/step.ts';
import { bindAlias, bindAliasInput } from './bind-alias.ts';
import { runtime } from './runtime.ts';

export const handler = step(bindAliasInput, bindAlias({ ...runtime, kms: kmsClient(), pause }));
