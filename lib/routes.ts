/** Who comes through a door: people with a token of the issuer, machines with a signed request. */
export type Door = 'people' | 'machines';

export type RouteLambda = 'Api' | 'Decisions' | 'EmergencyRevoke' | 'Portal' | 'SlackDoor';

export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly lambda: RouteLambda;
  readonly doors: readonly Door[];
  /** Why the gateway lets anybody through to this route. Without it the door's authorization applies. */
  readonly openBecause?: string;
}

const both: readonly Door[] = ['people', 'machines'];
const peopleOnly: readonly Door[] = ['people'];

const ownSession = 'The page signs people in itself, and its Lambda checks the session of every request.';

/** Every route of the stack. */
export const routes: readonly Route[] = [
  { method: 'POST', path: '/v1/keys', lambda: 'Api', doors: both },
  { method: 'GET', path: '/v1/keys', lambda: 'Api', doors: both },
  { method: 'GET', path: '/v1/keys/{keyId}', lambda: 'Api', doors: both },
  { method: 'POST', path: '/v1/keys/{keyId}/rotate', lambda: 'Api', doors: both },
  { method: 'POST', path: '/v1/keys/{keyId}/revoke', lambda: 'Api', doors: both },
  {
    method: 'POST',
    path: '/v1/keys/{keyId}/emergency-revoke',
    lambda: 'EmergencyRevoke',
    doors: peopleOnly,
  },
  { method: 'POST', path: '/v1/keys/{keyId}/reinstate', lambda: 'Api', doors: both },
  { method: 'POST', path: '/v1/keys/{keyId}/destroy', lambda: 'Api', doors: both },
  { method: 'POST', path: '/v1/keys/{keyId}/cancel-destruction', lambda: 'Api', doors: both },
  { method: 'GET', path: '/v1/keys/{keyId}/ledger', lambda: 'Api', doors: both },
  { method: 'GET', path: '/v1/keys/{keyId}/certificate', lambda: 'Api', doors: both },
  { method: 'GET', path: '/v1/keys/{keyId}/consumers', lambda: 'Api', doors: both },
  { method: 'POST', path: '/v1/keys/{keyId}/consumers', lambda: 'Api', doors: both },
  { method: 'POST', path: '/v1/keys/{keyId}/consumers/remove', lambda: 'Api', doors: both },
  { method: 'GET', path: '/v1/requests', lambda: 'Api', doors: both },
  { method: 'GET', path: '/v1/requests/{requestId}', lambda: 'Api', doors: both },
  { method: 'GET', path: '/v1/requests/{requestId}/export', lambda: 'Api', doors: both },
  { method: 'POST', path: '/v1/requests/{requestId}/cancel', lambda: 'Api', doors: both },
  // A machine never approves: its door does not lead there.
  { method: 'POST', path: '/v1/requests/{requestId}/decisions', lambda: 'Decisions', doors: peopleOnly },
  {
    method: 'GET',
    path: '/v1/openapi.json',
    lambda: 'Api',
    doors: peopleOnly,
    openBecause: 'The description of the API holds nothing of anybody and is read by tools.',
  },
  {
    method: 'POST',
    path: '/slack/interactions',
    lambda: 'SlackDoor',
    doors: peopleOnly,
    openBecause: 'Slack signs what it sends, and the Lambda looks at nothing that it did not sign.',
  },
  { method: 'GET', path: '/portal', lambda: 'Portal', doors: peopleOnly, openBecause: ownSession },
  { method: 'GET', path: '/portal/{proxy+}', lambda: 'Portal', doors: peopleOnly, openBecause: ownSession },
  { method: 'POST', path: '/portal/{proxy+}', lambda: 'Portal', doors: peopleOnly, openBecause: ownSession },
];
