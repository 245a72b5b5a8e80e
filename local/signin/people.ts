/** Someone of the made-up organisation that the local AWS belongs to. */
export type Person = {
  /** What they type to sign in, and the subject of their tokens. */
  readonly name: string;
  readonly fullName: string;
  readonly email: string;
  readonly groups: readonly string[];
};

/** Everyone's password. The sign-in page shows it: these people are for development only. */
export const DEVELOPMENT_PASSWORD = 'local-only';

const person = (name: string, fullName: string, ...groups: string[]): Person => ({
  name,
  fullName,
  email: `${name}@example.test`,
  groups,
});

export const people: readonly Person[] = [
  person('alice', 'Alice Arnesen', 'payments'),
  person('bob', 'Bob Bakke', 'security'),
  person('carol', 'Carol Castro', 'payments-owner', 'security'),
  person('dave', 'Dave Dahl', 'security'),
  person('erin', 'Erin Eide', 'auditors'),
  person('frank', 'Frank Fossum', 'security', 'custodians'),
  person('grace', 'Grace Gao', 'custodians'),
  person('mallory', 'Mallory Moe'),
];

/** The person with this name; undefined for a stranger. */
export function findPerson(name: string): Person | undefined {
  return people.find((each) => each.name === name);
}
