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
      'A decision is sent with the form of its request. Opening an address decides nothing.',
      { allow: allow.join(', ') },
    );
  }
}

export class SessionEnded extends KeywardError {
  constructor() {
    super(
      'SessionEnded',
      'unauthenticated',
      'Your sign-in is over and nothing was recorded. Open the request again to sign in, and decide then.',
      {},
    );
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
