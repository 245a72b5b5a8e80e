import { KeywardError } from '../domain/errors.ts';

class EnvironmentIncomplete extends KeywardError {
  constructor(name: string) {
    super(
      'EnvironmentIncomplete',
      'fault',
      `The environment variable ${name} is missing. Deploy the stack again.`,
      {
        name,
      },
    );
  }
}

/** A variable that the stack sets on the function. Throws EnvironmentIncomplete at the cold start, not at first use. */
export function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new EnvironmentIncomplete(name);
  return value;
}
