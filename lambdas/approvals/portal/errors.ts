import { type ErrorDetails, KeywardError } from '../../domain/errors.ts';

export class PageNotFound extends KeywardError {
  constructor() {
    super(
      'PageNotFound',
      'not-found',
      'There is no such page. Check the address, or begin with the list.',
      {},
    );
  }
}

export class MethodNotAllowed extends KeywardError {
  constructor(allow: readonly string[]) {
    super(
      'MethodNotAllowed',
      'invalid',
      `This address takes ${allow.join(', ')}. Opening an address decides nothing.`,
      { allow: allow.join(', ') },
    );
  }
}

export class SessionEnded extends KeywardError {
  constructor() {
    super(
      'SessionEnded',
      'unauthenticated',
      'Your sign-in is over and nothing was recorded. Sign in again, and decide then.',
      {},
    );
  }
}

export class FormForged extends KeywardError {
  constructor() {
    super(
      'FormForged',
      'forbidden',
      'This does not come from the page that belongs to your sign-in. Nothing was recorded. Open the page again and decide there.',
      {},
    );
  }
}

export class BodyUnreadable extends KeywardError {
  constructor(why: string, options?: ErrorOptions) {
    super('BodyUnreadable', 'invalid', `${why} Nothing was recorded. Use the page.`, {}, options);
  }
}

export class SignInInterrupted extends KeywardError {
  constructor() {
    super(
      'SignInInterrupted',
      'invalid',
      'This sign-in was not begun in this browser, or took longer than ten minutes. Begin again.',
      {},
    );
  }
}

export class SignInRefused extends KeywardError {
  constructor(details: ErrorDetails) {
    super(
      'SignInRefused',
      'forbidden',
      'The sign-in of your organisation did not let you in. Begin again; if it stays so, ask whoever runs it.',
      details,
    );
  }
}

export class SecondFactorMissing extends KeywardError {
  constructor() {
    super(
      'SecondFactorMissing',
      'forbidden',
      'Your sign-in did not prove a second factor, so you are signed in as before. Begin again and use one; if you were not asked for it, tell whoever runs your sign-in. You can deny a request without.',
      {},
    );
  }
}

export class PasskeyMissing extends KeywardError {
  constructor() {
    super(
      'PasskeyMissing',
      'conflict',
      'You have no passkey here. Enrol one on the page of your passkeys, then approve.',
      {},
    );
  }
}

export class EnrolmentInterrupted extends KeywardError {
  constructor() {
    super(
      'EnrolmentInterrupted',
      'conflict',
      'This enrolment was not begun in this browser, or took longer than five minutes. Begin again.',
      {},
    );
  }
}
