import type * as z from 'zod';
import * as contract from '../../lambdas/approvals/portal/contract.ts';

/** What the other side refused with: see `problem` in the contract. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly reference: string | undefined;
  /** By pointer, such as `/reason`. */
  readonly faults: ReadonlyMap<string, string>;

  constructor({ code, detail, status, requestId, errors = [] }: contract.Problem) {
    super(detail);
    this.name = code;
    this.status = status;
    this.code = code;
    this.reference = requestId;
    this.faults = new Map(errors.map(({ pointer, detail: fault }) => [pointer, fault]));
  }

  get isSignedOut(): boolean {
    return this.status === 401;
  }
}

/** Of what was sent nobody can say then whether it has arrived. */
const unreachable = (sends: boolean): Problem =>
  new Problem({
    code: 'Unreachable',
    title: 'No answer',
    detail: sends
      ? 'Keyward does not answer: what you sent has arrived, or it has not. Look at your connection and try again.'
      : 'Keyward does not answer. Look at your connection and try again.',
    status: 503,
  });

let formToken = '';

async function call<S extends z.ZodType>(path: string, schema: S, body?: object): Promise<z.output<S>> {
  const noAnswer = (): Problem => unreachable(body !== undefined);
  const response = await fetch(new URL(`api/${path}`, document.baseURI), {
    method: body === undefined ? 'GET' : 'POST',
    credentials: 'same-origin',
    headers: {
      Accept: 'application/json',
      ...(body === undefined
        ? {}
        : { 'Content-Type': 'application/json', [contract.formTokenHeader]: formToken }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch(() => {
    throw noAnswer();
  });
  const answer: unknown = await response.json().catch(() => {
    throw noAnswer();
  });
  if (!response.ok) {
    const problem = contract.problem.safeParse(answer);
    throw problem.success ? new Problem(problem.data) : noAnswer();
  }
  return schema.parse(answer);
}

const at = (id: string): string => encodeURIComponent(id);

/** Everything the page asks of its Lambda. Each throws Problem. */
export const api = {
  async session() {
    const session = await call('session', contract.session);
    formToken = session.formToken;
    return session;
  },
  signOut: () => call('sign-out', contract.nothing, {}),
  waiting: () => call('requests', contract.waitingList),
  request: (id: string) => call(`requests/${at(id)}`, contract.requestDetail),
  decide: (id: string, body: contract.DecisionBody) =>
    call(`requests/${at(id)}/decisions`, contract.decided, body),
  cancel: (id: string) => call(`requests/${at(id)}/cancel`, contract.requestDetail, {}),
  signingOptions: (id: string) => call(`requests/${at(id)}/passkey-options`, contract.passkeyOptions, {}),
  passkeys: () => call('passkeys', contract.passkeyList),
  enrolmentOptions: () => call('passkeys/options', contract.passkeyOptions, {}),
  enrol: (body: contract.Enrolment) => call('passkeys', contract.passkeyList, body),
  removePasskey: (id: string) => call(`passkeys/${at(id)}/remove`, contract.passkeyList, {}),
  absences: () => call('absences', contract.absenceList),
  addAbsence: (body: contract.AbsenceBody) => call('absences', contract.absenceList, body),
  endAbsence: (id: string) => call(`absences/${at(id)}/end`, contract.absenceList, {}),
  custody: () => call('custody', contract.custody),
  stop: (keyId: string, body: contract.StopBody) => call(`custody/${at(keyId)}/stop`, contract.stopped, body),
  slackLink: () => call('slack-link', contract.slackLink),
  slackCode: () => call('slack-link/code', contract.slackCodeShown, {}),
  unlinkSlack: () => call('slack-link/unlink', contract.slackLink, {}),
} as const;

/** Where to sign in, to come back to a page; with `stepUp` with a second factor. */
export function signInLink(to: string, stepUp = false): string {
  const query = new URLSearchParams({ to, ...(stepUp ? { stepUp: 'mfa' } : {}) });
  return new URL(`sign-in?${query}`, document.baseURI).href;
}
